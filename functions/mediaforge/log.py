"""One JSON line per event: `noun.past_verb`, with ids that are bound where a request or an event comes in.

A line never has a prompt, a key, a token or a signed address: only the fields that the call names are
written, and for a bug the messages that are our own words.
"""

import os
import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from firebase_functions import logger

from mediaforge import environment
from mediaforge.domain.errors import MediaForgeError

TRACE = "(?!0{32})[0-9a-f]{32}"  # of zeros alone is none, to the W3C
# https://docs.cloud.google.com/logging/docs/structured-logging#structured_logging_special_fields
_TRACE_FIELD = "logging.googleapis.com/trace"
_OF_A_REQUEST = frozenset({"request_id", _TRACE_FIELD})
_PACKAGE = Path(__file__).parent
_bound: ContextVar[dict[str, Any]] = ContextVar("bound", default={})  # noqa: B039 - never mutated


@contextmanager
def bound(**ids: Any) -> Iterator[None]:
    """Every event inside carries `ids`."""
    token = _bound.set({**_bound.get(), **ids})
    try:
        yield
    finally:
        _bound.reset(token)


@contextmanager
def of_request(request_id: str | None) -> Iterator[None]:
    """Every event inside carries the name of the request that it is done for: events of what accepts a job,
    runs it and settles it, in three functions. Where the name is a trace, Cloud Logging shows them beside its
    own line of the request. None: the request has no name. What is done for another request on the way, as
    when a deletion settles a team's account, carries that one's name alone."""
    around = {name: value for name, value in _bound.get().items() if name not in _OF_A_REQUEST}
    token = _bound.set({**around, **(_names(request_id) if request_id else {})})
    try:
        yield
    finally:
        _bound.reset(token)


def _names(request_id: str) -> dict[str, str]:
    project = os.environ.get("GCLOUD_PROJECT")
    if project is None or not re.fullmatch(TRACE, request_id):
        return {"request_id": request_id}
    return {"request_id": request_id, _TRACE_FIELD: f"projects/{project}/traces/{request_id}"}


def request_id() -> str | None:
    """The name of the request that this is done for."""
    name: str | None = _bound.get().get("request_id")
    return name


def info(event: str, **fields: Any) -> None:
    logger.info(event, **{**_bound.get(), **fields})


def warning(event: str, **fields: Any) -> None:
    logger.warn(event, **{**_bound.get(), **fields})


def error(event: str, **fields: Any) -> None:
    logger.error(event, **{**_bound.get(), **fields})


def bug(event: str, cause: BaseException, **fields: Any) -> None:
    """Logs an exception that was not foreseen: its type and where it was raised. Its message is logged only
    if it is in our own words, or on the emulators: any other message may quote a prompt or a key."""
    frames = traceback.extract_tb(cause.__traceback__)[-8:]
    stack = [f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in frames]
    if _is_ours(cause) or environment.is_emulated():
        fields["error_message"] = str(cause)
    error(event, error_type=type(cause).__name__, stack=stack, **fields)


def _is_ours(cause: BaseException) -> bool:
    """Whether the exception's message is safe to log. An assertion of our own code names documents by their
    ids; one of a library may quote anything."""
    if isinstance(cause, MediaForgeError):
        return cause.is_loggable
    raised = traceback.extract_tb(cause.__traceback__)[-1:]
    return isinstance(cause, AssertionError) and any(
        Path(frame.filename).is_relative_to(_PACKAGE) for frame in raised
    )
