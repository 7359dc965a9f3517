"""Cloud Storage's JSON interface as far as the Media port needs it, with what the Storage emulator lacks. A
write or a deletion with `ifGenerationMatch` is answered 412 where the file has another generation; so is a
change of metadata with `ifMetagenerationMatch` where the metadata have changed since. A file may be written
and read by a V4 signature, which IAM's `signBlob` makes.

Source: docs.cloud.google.com/storage/docs/authentication/{signatures,canonical-requests}.
"""

import base64
import hashlib
import itertools
import json
import re
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, quote, unquote
from wsgiref.types import StartResponse, WSGIEnvironment

import google_crc32c
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from werkzeug.wrappers import Request, Response

_OBJECT = re.compile(r"/(?:download/)?storage/v1/b/([^/]+)/o/([^/]+)")
_SIGN = re.compile(r"/v1/projects/-/serviceAccounts/([^/:]+):signBlob")
_REWRITE = re.compile(r"/storage/v1/b/([^/]+)/o/([^/]+)/rewriteTo/b/([^/]+)/o/([^/]+)")


@dataclass(frozen=True)
class Stored:
    name: str
    content: bytes
    generation: int
    metadata: dict[str, Any]
    stored_at: str
    metageneration: int = 1

    def resource(self) -> dict[str, Any]:
        size = str(len(self.content))
        return {
            **self.metadata,
            "name": self.name,
            "generation": str(self.generation),
            "metageneration": str(self.metageneration),
            "size": size,
            "timeCreated": self.stored_at,
            "crc32c": base64.b64encode(
                google_crc32c.value(self.content).to_bytes(4, "big")
            ).decode(),
        }


@dataclass
class _Upload:
    """A resumable upload under way."""

    metadata: dict[str, Any]
    expected: str | None
    content: bytearray = field(default_factory=bytearray)


class _Refusal(Exception):  # noqa: N818 - an answer on its way out
    def __init__(self, status: int, message: str) -> None:
        self.status, self.message = status, message


@dataclass
class Signer:
    """The service account's key that Google manages. With `refusal`, a status, IAM lets nobody sign.
    `is_busy` counts down the next calls to which IAM answers that it is busy."""

    key: rsa.RSAPrivateKey = field(
        default_factory=lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048)
    )
    refusal: int | None = None
    is_busy: int = 0
    asked_for: list[str] = field(default_factory=list)

    def sign(self, account: str, request: Request) -> Response:
        if self.is_busy:
            self.is_busy -= 1
            raise _Refusal(503, "try again")
        if self.refusal is not None:
            raise _Refusal(self.refusal, "Permission 'iam.serviceAccounts.signBlob' denied")
        self.asked_for.append(account)
        payload = base64.b64decode(json.loads(request.get_data())["payload"])
        signature = self.key.sign(payload, padding.PKCS1v15(), SHA256())
        return _json({"keyId": "k1", "signedBlob": base64.b64encode(signature).decode()})

    def check(self, signature: str, message: str) -> None:
        try:
            self.key.public_key().verify(
                bytes.fromhex(signature), message.encode(), padding.PKCS1v15(), SHA256()
            )
        except (InvalidSignature, ValueError):
            raise _Refusal(403, "SignatureDoesNotMatch") from None


@dataclass
class StorageServer:
    """One bucket, as a WSGI application; IAM answers at the same address."""

    objects: dict[str, Stored] = field(default_factory=dict)
    signer: Signer = field(default_factory=Signer)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    asked: list[str] = field(default_factory=list)  # the paths, in the order they came
    _uploads: dict[str, "_Upload"] = field(default_factory=dict)
    _generations: Any = field(default_factory=lambda: itertools.count(1_700_000_000_000_000))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        # Names are quoted in the path; `PATH_INFO` cannot be used because it has them unquoted.
        path = environ["REQUEST_URI"].partition("?")[0]
        try:
            with self._lock:
                self.asked.append(path)
                response = self._answer(request, path)
        except _Refusal as refusal:
            error = {"error": {"code": refusal.status, "message": refusal.message}}
            response = Response(json.dumps(error), refusal.status, mimetype="application/json")
        return response(environ, start)

    def _answer(self, request: Request, path: str) -> Response:
        if match := _SIGN.fullmatch(path):
            return self.signer.sign(unquote(match[1]), request)
        if "X-Goog-Signature" in request.args:
            return self._signed(request, path)
        if path.startswith("/upload/"):
            return self._upload(request)
        if match := _REWRITE.fullmatch(path):
            return self._rewrite(request, unquote(match[2]), unquote(match[4]))
        if match := _OBJECT.fullmatch(path):
            return self._object(request, unquote(match[2]))
        prefix, start = request.args.get("prefix", ""), request.args.get("startOffset", "")
        items = [
            each.resource()
            for name, each in sorted(self.objects.items())
            if name.startswith(prefix) and name >= start
        ]
        return _json({"kind": "storage#objects", "items": items})

    def _upload(self, request: Request) -> Response:
        expected = request.args.get("ifGenerationMatch")
        if "upload_id" in request.args:
            return self._resumed(request, request.args["upload_id"])
        if request.args["uploadType"] == "multipart":
            metadata, content = _parts(request)
            return _json(self._write(metadata, content, expected))
        upload_id = str(next(self._generations))
        self._uploads[upload_id] = _Upload(json.loads(request.get_data()), expected)
        location = f"{request.host_url}upload/storage/v1/o?upload_id={upload_id}"
        return Response(headers={"Location": location})

    def _resumed(self, request: Request, upload_id: str) -> Response:
        """A chunk of a resumable upload; the last one says how long the whole is. An upload that is sent at
        once has one chunk, and says nothing of it."""
        upload = self._uploads.get(upload_id)
        if upload is None:
            raise _Refusal(404, "No such upload")
        upload.content += request.get_data()
        if request.headers.get("Content-Range", "").endswith("/*"):
            return Response(status=308, headers={"Range": f"bytes=0-{len(upload.content) - 1}"})
        del self._uploads[upload_id]
        return _json(self._write(upload.metadata, bytes(upload.content), upload.expected))

    def _write(
        self, metadata: dict[str, Any], content: bytes, expected: str | None
    ) -> dict[str, Any]:
        name = metadata["name"]
        self._match(name, expected)
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        stored = Stored(name, content, next(self._generations), metadata, now)
        self.objects[name] = stored
        return stored.resource()

    def _match(self, name: str, expected: str | None) -> None:
        found = self.objects[name].generation if name in self.objects else 0
        if expected is not None and int(expected) != found:
            raise _Refusal(412, "At least one of the pre-conditions you specified did not hold.")

    def _rewrite(self, request: Request, source: str, target: str) -> Response:
        content = self._found(source).content
        metadata = {**json.loads(request.get_data() or b"{}"), "name": target}
        written = self._write(metadata, content, request.args.get("ifGenerationMatch"))
        size = str(len(content))
        done = {"done": True, "totalBytesRewritten": size, "objectSize": size, "resource": written}
        return _json({"kind": "storage#rewriteResponse", **done})

    def _object(self, request: Request, name: str) -> Response:
        stored = self._found(name)
        if request.method == "DELETE":
            self._match(name, request.args.get("ifGenerationMatch"))
            del self.objects[name]
            return Response(status=204)
        if request.method == "PATCH":
            return _json(self._patch(request, stored))
        self._refuse_older(request, stored)
        if request.args.get("alt") == "media":
            self._match(name, request.args.get("ifGenerationMatch"))
            encoding = stored.metadata.get("contentEncoding")
            said = {"Content-Encoding": encoding} if encoding else {}
            said["X-Goog-Generation"] = str(stored.generation)
            return _part(stored.content, request.headers.get("Range"), said)
        return _json(stored.resource())

    def _refuse_older(self, request: Request, stored: Stored) -> None:
        """A writing that was written over is gone: the bucket keeps no versions."""
        if request.args.get("generation", str(stored.generation)) != str(stored.generation):
            raise _Refusal(404, f"No such object: {stored.name}")

    def _signed(self, request: Request, path: str) -> Response:
        """`/{bucket}/{object}`, asked by a client that has no right but the signature in the address."""
        self._check_signature(request, path)
        name = unquote(path.split("/", 2)[2])
        if request.method == "GET":
            stored = self._found(name)
            self._refuse_older(request, stored)
            return Response(stored.content, mimetype="application/octet-stream")
        if request.method != "PUT":
            raise _Refusal(405, "MethodNotAllowed")
        content = request.get_data()
        limits = request.headers.get("x-goog-content-length-range", f"0,{len(content)}").split(",")
        if not int(limits[0]) <= len(content) <= int(limits[1]):
            raise _Refusal(400, "EntityTooLarge")
        metadata = {"name": name, "contentType": request.headers.get("Content-Type", "")}
        self._write(metadata, content, None)
        return Response()

    def _check_signature(self, request: Request, path: str) -> None:
        """Follows the documentation of V4 step by step; the host is signed like any header."""
        query = dict(parse_qsl(request.query_string.decode(), keep_blank_values=True))
        signature, names = query.pop("X-Goog-Signature"), query["X-Goog-SignedHeaders"].split(";")
        unsigned = {n.lower() for n in request.headers.keys()} - set(names)  # noqa: SIM118 - werkzeug's headers are no dict
        if any(name.startswith("x-goog-") for name in unsigned):
            raise _Refusal(403, "a header of ours that was not signed")
        values = "".join(f"{name}:{request.headers.get(name, '').strip()}\n" for name in names)
        pairs = sorted(f"{quote(n, safe='~')}={quote(v, safe='~')}" for n, v in query.items())
        canonical = "\n".join(
            [request.method, path, "&".join(pairs), values, ";".join(names), "UNSIGNED-PAYLOAD"]
        )
        scope = query["X-Goog-Credential"].partition("/")[2]
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        message = "\n".join([query["X-Goog-Algorithm"], query["X-Goog-Date"], scope, digest])
        self.signer.check(signature, message)
        began = datetime.strptime(query["X-Goog-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        if self.now() >= began + timedelta(seconds=int(query["X-Goog-Expires"])):
            raise _Refusal(400, "ExpiredToken")

    def _patch(self, request: Request, stored: Stored) -> dict[str, Any]:
        self._match(stored.name, request.args.get("ifGenerationMatch"))
        expected = request.args.get("ifMetagenerationMatch")
        if expected is not None and int(expected) != stored.metageneration:
            raise _Refusal(412, "At least one of the pre-conditions you specified did not hold.")
        changes = json.loads(request.get_data())
        # Custom metadata that the patch does not name stay; those that it sets to null are removed.
        own = {**stored.metadata.get("metadata", {}), **changes.pop("metadata", {})}
        kept = {name: value for name, value in own.items() if value is not None}
        metadata = {**stored.metadata, **changes, "metadata": kept}
        changed = replace(stored, metadata=metadata, metageneration=stored.metageneration + 1)
        self.objects[stored.name] = changed
        return changed.resource()

    def _found(self, name: str) -> Stored:
        if name not in self.objects:
            raise _Refusal(404, f"No such object: {name}")
        return self.objects[name]


def _part(content: bytes, asked: str | None, headers: dict[str, str]) -> Response:
    """The whole file, or the part of it that `bytes=first-last` asks for. An empty file has no part: 416."""
    if asked is None:
        return Response(content, 200, headers, mimetype="application/octet-stream")
    first, _, last = asked.removeprefix("bytes=").partition("-")
    if int(first) >= len(content):
        raise _Refusal(416, "The requested range cannot be satisfied.")
    part = content[int(first) : int(last) + 1]
    place = f"bytes {first}-{int(first) + len(part) - 1}/{len(content)}"
    headers = {**headers, "Content-Range": place}
    return Response(part, 206, headers, mimetype="application/octet-stream")


def _json(value: dict[str, Any]) -> Response:
    return Response(json.dumps(value), mimetype="application/json")


def _parts(request: Request) -> tuple[dict[str, Any], bytes]:
    """The object's metadata and its content, out of a `multipart/related` body."""
    boundary = request.headers["Content-Type"].partition("boundary=")[2].strip("\"'").encode()
    _, head, rest = request.get_data().split(b"--" + boundary, 2)
    said, _, content = rest.rpartition(b"\r\n--" + boundary)[0].partition(b"\r\n\r\n")
    content_type = said.partition(b":")[2].strip().decode()
    metadata = json.loads(head.partition(b"\r\n\r\n")[2])
    return {"contentType": content_type, **metadata}, content
