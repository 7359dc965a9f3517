"""One JSON line an event: `noun.past_verb`, with the ids bound at the boundary.

Never a prompt, a key, a token or a signed address: only the fields named at the call are written.
"""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from firebase_functions import logger

_bound: ContextVar[dict[str, Any]] = ContextVar("bound", default={})  # noqa: B039 - never mutated


@contextmanager
def bound(**ids: Any) -> Iterator[None]:
    """Every event inside carries `ids`."""
    token = _bound.set({**_bound.get(), **ids})
    try:
        yield
    finally:
        _bound.reset(token)


def info(event: str, **fields: Any) -> None:
    logger.info(event, **{**_bound.get(), **fields})


def warning(event: str, **fields: Any) -> None:
    logger.warn(event, **{**_bound.get(), **fields})


def error(event: str, **fields: Any) -> None:
    logger.error(event, **{**_bound.get(), **fields})


def bug(event: str, cause: BaseException, **fields: Any) -> None:
    """An exception nobody foresaw: its type and where it came from. Not its message, which may quote
    a prompt or a key."""
    frames = traceback.extract_tb(cause.__traceback__)[-8:]
    stack = [f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in frames]
    error(event, error_type=type(cause).__name__, stack=stack, **fields)
