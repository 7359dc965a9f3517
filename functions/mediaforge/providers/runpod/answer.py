"""What RunPod answers, and in it what our worker says: progress, files, or why there are none."""

import base64
import json
import re
from collections.abc import Mapping
from typing import Any, NoReturn

from mediaforge import log
from mediaforge.domain.errors import LostError, RejectedError
from mediaforge.domain.media_type import image_type
from mediaforge.ports.provider import Asset, ProviderRequest, StoredAsset
from mediaforge.providers.runpod.worker_input import output_place

_MESSAGE_CHARS_MAX = 300
_CODE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_EXTENSIONS = {
    "image": {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"},
    "video": {"video/mp4": "mp4"},
}
_KINDS = ("rejected", "unavailable")
_TYPE = re.compile(r"<class '[A-Za-z_][\w.]{0,79}'>")
_REFUSED, _FAILED = "The worker refused the request.", "The worker failed."
_NOTHING = ("nothing-delivered", "The worker finished without a result that can be used.")


def progress_of(answer: Mapping[str, Any]) -> float | None:
    """From 0 to 1, where the worker reported `{"progress": 0.4}`."""
    output = answer.get("output")
    progress = output.get("progress") if isinstance(output, dict) else None
    if isinstance(progress, bool) or not isinstance(progress, int | float):
        return None
    return float(progress) if 0 <= progress <= 1 else None


def delivered(
    request: ProviderRequest, handle: str, answer: Mapping[str, Any]
) -> list[Asset | StoredAsset]:
    """Files that the worker stored, or else the files themselves. LostError where there are none, or
    where one cannot be the job's."""
    output = answer.get("output")
    if not isinstance(output, dict):
        output = {}
    error = output.get("error") or answer.get("error")
    if error:
        raise_failure(handle, error)
    assets = _stored(request, output) or _inline(request, output)
    if not assets:
        raise LostError(*_NOTHING)
    return assets


def _stored(request: ProviderRequest, output: Mapping[str, Any]) -> list[Asset | StoredAsset]:
    """`{"bucket", "storage_paths": [...], "content_type"}`. The worker is given a path by us and is
    believed nothing else: whatever it names is copied and shown to this user."""
    paths = output.get("storage_paths")
    if not isinstance(paths, list) or not paths:
        return []
    bucket, stem = output_place(request)
    ours = re.compile(rf"{re.escape(stem)}(_[0-9]+)?\.[a-z0-9]+")
    if output.get("bucket", bucket) != bucket or not all(
        isinstance(path, str) and ours.fullmatch(path) for path in paths
    ):
        raise LostError("output-not-ours", "The worker named a file that is not this job's.")
    file_type = _file_type(request, output.get("content_type"))
    return [StoredAsset(f"gs://{bucket}/{path}", *file_type) for path in dict.fromkeys(paths)]


def _inline(request: ProviderRequest, output: Mapping[str, Any]) -> list[Asset | StoredAsset]:
    """`{"files": [{"base64", "content_type"}]}`: what the worker sends where it could not store."""
    files = output.get("files")
    if not isinstance(files, list):
        return []
    return [_inline_file(request, file) for file in files]


def _inline_file(request: ProviderRequest, file: Any) -> Asset:
    if not isinstance(file, dict) or not isinstance(file.get("base64"), str):
        raise LostError(*_NOTHING)
    try:
        content = base64.b64decode(file["base64"], validate=True)
    except ValueError as error:
        raise LostError(*_NOTHING) from error
    if not content:
        raise LostError(*_NOTHING)
    said = _file_type(request, file.get("content_type"))
    return Asset(content, *((request.kind == "image" and image_type(content)) or said))


def _file_type(request: ProviderRequest, content_type: Any) -> tuple[str, str]:
    """Extension and content type, of those that the kind may have."""
    known = _EXTENSIONS[request.kind]
    if not isinstance(content_type, str) or content_type not in known:
        raise LostError(*_NOTHING)
    return known[content_type], content_type


def raise_failure(handle: str, error: Any) -> NoReturn:
    """What a worker says of its failure: our `{"code", "message", "kind"}`, RunPod's `{"error_type",
    "error_message", "error_traceback"}`, or words.

    The SDK in the worker takes `error` out of what a handler returns and fails the job with it, so ours
    comes in `output.error`, in `error`, or as JSON in `error`. Only our own worker's words, which quote
    nobody's, are for the user; what else was said is in RunPod's console, under the job's id."""
    said = read_object(error.encode()) if isinstance(error, str) else error
    if not isinstance(said, dict):
        said = {}
    code, kind, message = (said.get(name) for name in ("code", "kind", "message"))
    if kind in _KINDS and isinstance(code, str) and _CODE.fullmatch(code):
        words = " ".join(str(message or "").split())[:_MESSAGE_CHARS_MAX]
        if kind == "rejected":
            raise RejectedError(code, words or _REFUSED, may_have_billed=True)
        raise LostError(code, words or _FAILED)
    cause = said.get("error_type")
    is_named = isinstance(cause, str) and _TYPE.fullmatch(cause)
    log.warning("worker.failed", handle=handle, cause=cause if is_named else "unknown")
    if kind == "rejected":
        raise RejectedError("provider-rejected", _REFUSED, may_have_billed=True)
    raise LostError("provider-failed", _FAILED)


def read_object(content: bytes) -> dict[str, Any] | None:
    try:
        answer = json.loads(content)
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None
