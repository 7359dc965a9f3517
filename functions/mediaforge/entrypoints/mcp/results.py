"""What an assistant is told: results of tools, as values of JSON that carry no foreign instructions.

A language model reads all of it. So texts that somebody else wrote stand in values alone, are capped, and
have no control characters; a job's failure is told in our own words, never in those of a provider.
"""

import base64
import json
import math
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mediaforge.contract.answers import Answer
from mediaforge.contract.assistants import Failure, MadeFile
from mediaforge.domain.errors import BusyError, RequestError
from mediaforge.domain.jobs.job import JobError
from mediaforge.domain.media_type import image_type
from mediaforge.services.backend import Backend

_TEXT_CHARS_MAX = 2000
# Some programs show a model results of up to 150,000 characters. A stored thumbnail has about 70,000.
_PREVIEWS_CHARS_MAX = 120_000
_PREVIEW_BYTES_MAX = _PREVIEWS_CHARS_MAX // 4 * 3

_TO_MEND = "Correct what is named and call the tool again."
_ASK = "Do not try again. Tell the user."
_ADVICE = {
    "invalid-request": _TO_MEND,
    "variable-missing": _TO_MEND,
    "reference-missing": _TO_MEND,
    "reference-unreadable": _TO_MEND,
    "model-not-in-tier": "Choose one of the models that are available; see list_models.",
    "insufficient-credits": "Do not try again. Tell the user how many credits are needed and available.",
    "over-budget": "Do not raise maxCredits by yourself. Tell the user the price and ask.",
    "quota-exceeded": "Do not try again before resetsAt. Tell the user.",
    "rate-limited": "Wait for retryAfterSeconds, then call the tool again.",
    "request-id-reused": "That requestId names other work. Send a new one.",
    "not-found": "There is no such thing for this key. Check the id.",
    "scope-missing": "This API key may not do that. Tell the user.",
    "busy": "Wait for retryAfterSeconds, then call the tool again with the same requestId.",
}
# By the code of a job's failure; of all others only that it failed.
_FAILURES = {
    "content-blocked": "The model's safety rules refused the prompt or the result.",
    "reference-missing": "A picture that the request names is not there any more.",
    "reference-unreadable": "A picture that the request names cannot be read.",
    "expired": "It could not be begun in time.",
    "provider-unavailable": "The model could not be reached.",
    "provider-rejected": "The model refused the request.",
    "throttled": "The model is at its limit.",
}
_FAILED = "It could not be made."


def succeeded(answer: Answer, blocks: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """The answer as structured content and as text, since a model may see only one of both."""
    said = _tame(answer.on_the_wire())
    return {
        "content": [{"type": "text", "text": json.dumps(said)}, *blocks],
        "structuredContent": said,
        "isError": False,
    }


def refused(refusal: RequestError) -> dict[str, Any]:
    return _failed(refusal.reason, refusal.message, refusal.details)


def busy(error: BusyError) -> dict[str, Any]:
    wait_s = math.ceil(error.retry_after_s or 1)
    return _failed("busy", "MediaForge is busy.", {"retryAfterSeconds": wait_s})


def _failed(reason: str, message: str, details: Mapping[str, Any]) -> dict[str, Any]:
    """Without structured content, which would have to be as the tool's outputSchema says."""
    error = {**details, "reason": reason, "message": message}
    said = _tame({"error": error, "next": _ADVICE.get(reason, _ASK)})
    return {"content": [{"type": "text", "text": json.dumps(said)}], "isError": True}


def failure_of(error: JobError) -> Failure:
    message = _FAILURES.get(error.code, _FAILED)
    code = error.code if error.code in _FAILURES else "failed"
    return Failure(code=code, message=message, retryable=error.retryable)


def links(files: Sequence[MadeFile]) -> list[dict[str, Any]]:
    """For the user, by clients that show such links."""
    return [
        {
            "type": "resource_link",
            "uri": each.url,
            "name": each.path.rsplit("/", 1)[-1],
            "mimeType": each.mime_type,
            "annotations": {"audience": ["user"]},
        }
        for each in files
    ]


def previews(backend: Backend, paths: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The stored thumbnails as they are, for the model's eyes: as many as a conversation bears. One that is
    missing is left out."""
    left = _PREVIEWS_CHARS_MAX
    for path in paths:
        head = backend.media.head(backend.media.uri(path), _PREVIEW_BYTES_MAX + 1)
        if head is None or len(head.content) > _PREVIEW_BYTES_MAX:
            continue
        known, data = image_type(head.content), base64.b64encode(head.content).decode()
        if known is None or len(data) > left:
            continue
        left -= len(data)
        yield {
            "type": "image",
            "data": data,
            "mimeType": known[1],
            "annotations": {"audience": ["user", "assistant"]},
        }


def _tame(value: Any) -> Any:
    if isinstance(value, str):
        return "".join(map(_plain, value[:_TEXT_CHARS_MAX]))
    if isinstance(value, Mapping):
        return {str(_tame(name)): _tame(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_tame(each) for each in value]
    return value


def _plain(character: str) -> str:
    """Control characters, those that nobody sees, and halves of pairs are left out."""
    if character in "\n\t":
        return " "
    return "" if unicodedata.category(character).startswith("C") else character
