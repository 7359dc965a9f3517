"""Reads what RunPod answers, and in it what our worker says: progress, files, or why there are none.

The machine is somebody else's, so nothing in an answer is trusted. Only paths that were lent to this attempt
and types of the job's kind are accepted; addresses are not accepted at all, and no words are shown to a user.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, NoReturn

from mediaforge import log
from mediaforge.domain.errors import LostError, RejectedError
from mediaforge.domain.media_type import image_type
from mediaforge.ports.provider import Asset, ProviderRequest, StoredAsset
from mediaforge.providers.encoding import decoded
from mediaforge.providers.runpod.worker_input import output_bucket, output_paths

_EXTENSIONS = {
    "image": {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"},
    "video": {"video/mp4": "mp4"},
}
_KINDS = ("rejected", "unavailable")
_TYPE = re.compile(r"<class '[A-Za-z_][\w.]{0,79}'>")
_REFUSED, _FAILED = "The worker refused the request.", "The worker failed."
_NOT_READABLE = "A reference or frame is not an image that can be read."
# The codes of our own worker, with the words that the view shows. Of a failure with any other code only the
# kind is used.
_WORDS = {
    "invalid-input": "The worker does not take the request as it was sent.",
    "content-blocked": "The prompt is refused.",
    "reference-missing": "A reference or frame is not there any more.",
    "reference-unreadable": _NOT_READABLE,
    "lora-missing": "The brand's weights are not there.",
    "lora-unusable": "The brand's weights do not fit the model.",
    "lora-wrong-base": "The brand was trained for another model.",
    "audio-unsupported": "This model makes silent videos only.",
    "first-frame-unsupported": "This model cannot begin with a picture.",
    "first-frame-missing": "This model needs a picture to begin with.",
    "last-frame-unsupported": "This model cannot end with a picture.",
    "last-frame-missing": "This model needs a picture to end with.",
    "storage-unavailable": "The worker could not read or store a file.",
    "result-too-large": "The result is too large to be delivered.",
    "out-of-memory": "The worker's memory is too small for this.",
    "no-gpu": "The worker has no GPU that can be used.",
    "nothing-rendered": "The model returned nothing.",
    "worker-broken": _FAILED,
}
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
    """The files that the worker stored, or else the files that it sent. Raises LostError where there are
    none, or where the worker named a file that cannot be the job's; a sent file that cannot be read does not
    cost the others."""
    output = answer.get("output")
    if not isinstance(output, dict):
        output = {}
    if error := error_of(answer):
        raise_failure(handle, error)
    assets = _stored(request, output) or [file for file in _inline(request, output) if file]
    if not assets:
        raise LostError(*_NOTHING)
    return assets


def _stored(request: ProviderRequest, output: Mapping[str, Any]) -> list[Asset | StoredAsset]:
    """Reads `{"storage_paths": [...], "content_type"}`. It accepts only the lent paths, because each accepted
    file is copied and shown to this user."""
    paths = output.get("storage_paths")
    if not isinstance(paths, list) or not paths:
        return []
    bucket, lent = output_bucket(request), output_paths(request)
    if output.get("bucket", bucket) != bucket or not all(path in lent for path in paths):
        raise LostError("output-not-ours", "The worker named a file that is not this job's.")
    file_type = _file_type(request, output.get("content_type"))
    return [StoredAsset(f"gs://{bucket}/{path}", *file_type) for path in dict.fromkeys(paths)]


def _inline(request: ProviderRequest, output: Mapping[str, Any]) -> list[Asset | None]:
    """Reads `{"files": [{"base64", "content_type"}]}`, which the worker sends where it could not store its
    files."""
    files = output.get("files")
    if not isinstance(files, list):
        return []
    return [_inline_file(request, file) for file in files[: request.count]]


def _inline_file(request: ProviderRequest, file: Any) -> Asset | None:
    """None for an item that is no file."""
    if not isinstance(file, dict) or not (content := decoded(file.get("base64"))):
        return None
    try:
        said = _file_type(request, file.get("content_type"))
    except LostError:
        return None
    return Asset(content, *((request.kind == "image" and image_type(content)) or said))


def _file_type(request: ProviderRequest, content_type: Any) -> tuple[str, str]:
    """Extension and content type. Raises LostError for a type that the kind does not have."""
    known = _EXTENSIONS[request.kind]
    if not isinstance(content_type, str) or content_type not in known:
        raise LostError(*_NOTHING)
    return known[content_type], content_type


def error_of(answer: Mapping[str, Any]) -> Any:
    """What an answer says of a failure: our worker's words in its output, or else RunPod's."""
    output = answer.get("output")
    return (isinstance(output, dict) and output.get("error")) or answer.get("error")


def raise_failure(handle: str, error: Any) -> NoReturn:
    """Raises what a worker's failure means. `error` is our worker's `{"code", "message", "kind"}`, RunPod's
    `{"error_type", "error_message", "error_traceback"}`, or words.

    The SDK in the worker takes `error` out of what a handler returns and fails the job with it, so our
    worker's error comes in `output.error`, in `error`, or as JSON in `error`. We take the worker's code, but
    use our own words: the rest of the error is in RunPod's console, under the job's id."""
    said = read_object(error) if isinstance(error, str) else error
    if not isinstance(said, dict):
        said = {}
    code, kind = said.get("code"), said.get("kind")
    if kind in _KINDS and isinstance(code, str) and (words := _WORDS.get(code)):
        if kind == "rejected":
            raise RejectedError(code, words, may_have_billed=True)
        raise LostError(code, words)
    cause = said.get("error_type")
    is_named = isinstance(cause, str) and _TYPE.fullmatch(cause)
    log.warning("worker.failed", handle=handle, cause=cause if is_named else "unknown")
    if kind == "rejected":
        raise RejectedError("provider-rejected", _REFUSED, may_have_billed=True)
    raise LostError("provider-failed", _FAILED)


def read_object(content: bytes | str) -> dict[str, Any] | None:
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None
