"""Cloud Storage's JSON interface as far as the Media port needs it, with what the Storage emulator lacks: a
write or a deletion under `ifGenerationMatch` answers 412 where another generation lies there."""

import base64
import itertools
import json
import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote
from wsgiref.types import StartResponse, WSGIEnvironment

import google_crc32c
from werkzeug.wrappers import Request, Response

_OBJECT = re.compile(r"/(?:download/)?storage/v1/b/([^/]+)/o/([^/]+)")
_REWRITE = re.compile(r"/storage/v1/b/([^/]+)/o/([^/]+)/rewriteTo/b/([^/]+)/o/([^/]+)")


@dataclass(frozen=True)
class Stored:
    name: str
    content: bytes
    generation: int
    metadata: dict[str, Any]
    stored_at: str

    def resource(self) -> dict[str, Any]:
        size = str(len(self.content))
        return {
            **self.metadata,
            "name": self.name,
            "generation": str(self.generation),
            "size": size,
            "timeCreated": self.stored_at,
            "crc32c": base64.b64encode(
                google_crc32c.value(self.content).to_bytes(4, "big")
            ).decode(),
        }


class _Refusal(Exception):  # noqa: N818 - an answer on its way out
    def __init__(self, status: int, message: str) -> None:
        self.status, self.message = status, message


@dataclass
class StorageServer:
    """One bucket, as a WSGI application."""

    objects: dict[str, Stored] = field(default_factory=dict)
    _uploads: dict[str, tuple[dict[str, Any], str | None]] = field(default_factory=dict)
    _generations: Any = field(default_factory=lambda: itertools.count(1_700_000_000_000_000))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        # Names are quoted in the path, and `PATH_INFO` has them unquoted.
        path = environ["REQUEST_URI"].partition("?")[0]
        try:
            with self._lock:
                response = self._answer(request, path)
        except _Refusal as refusal:
            error = {"error": {"code": refusal.status, "message": refusal.message}}
            response = Response(json.dumps(error), refusal.status, mimetype="application/json")
        return response(environ, start)

    def _answer(self, request: Request, path: str) -> Response:
        if path.startswith("/upload/"):
            return self._upload(request)
        if match := _REWRITE.fullmatch(path):
            return self._rewrite(request, unquote(match[2]), unquote(match[4]))
        if match := _OBJECT.fullmatch(path):
            return self._object(request, unquote(match[2]))
        prefix = request.args.get("prefix", "")
        items = [
            each.resource()
            for name, each in sorted(self.objects.items())
            if name.startswith(prefix)
        ]
        return _json({"kind": "storage#objects", "items": items})

    def _upload(self, request: Request) -> Response:
        expected = request.args.get("ifGenerationMatch")
        if "upload_id" in request.args:
            metadata, expected = self._uploads.pop(request.args["upload_id"])
            return _json(self._write(metadata, request.get_data(), expected))
        if request.args["uploadType"] == "multipart":
            metadata, content = _parts(request)
            return _json(self._write(metadata, content, expected))
        upload_id = str(next(self._generations))
        self._uploads[upload_id] = json.loads(request.get_data()), expected
        location = f"{request.host_url}upload/storage/v1/o?upload_id={upload_id}"
        return Response(headers={"Location": location})

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
        if request.args.get("alt") == "media":
            encoding = stored.metadata.get("contentEncoding")
            said = {"Content-Encoding": encoding} if encoding else {}
            return _part(stored.content, request.headers.get("Range"), said)
        return _json(stored.resource())

    def _found(self, name: str) -> Stored:
        if name not in self.objects:
            raise _Refusal(404, f"No such object: {name}")
        return self.objects[name]


def _part(content: bytes, asked: str | None, headers: dict[str, str]) -> Response:
    """All of it, or as Storage answers `bytes=first-last`; of no bytes at all there is no part."""
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
