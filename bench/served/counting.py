"""Counts what a process asks of Firestore, at its gRPC channel: one line of JSON for each call.

Documents as they are billed: one read for each document asked for (a missing one too) or returned
by a query, which costs at least one; one write for each write of a commit that succeeded.
"""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped, unused-ignore]


def counted(open_channel: Callable[..., grpc.Channel], file: str) -> Callable[..., grpc.Channel]:
    """`open_channel`, with every channel's Firestore calls written to `file`."""
    interceptor = _Counter(Path(file))

    def open_counted(*args: Any, **options: Any) -> grpc.Channel:
        return grpc.intercept_channel(open_channel(*args, **options), interceptor)

    return open_counted


class _Counter(grpc.UnaryUnaryClientInterceptor, grpc.UnaryStreamClientInterceptor):  # type: ignore[misc]
    def __init__(self, file: Path) -> None:
        self._file = file

    def intercept_unary_unary(
        self, continuation: Callable[..., Any], details: Any, request: Any
    ) -> Any:
        answer = continuation(details, request)
        is_done = answer.code() is grpc.StatusCode.OK
        writes = len(request.writes) if is_done and _call(details) == "Commit" else 0
        self._note(details, reads=0, writes=writes)
        return answer

    def intercept_unary_stream(
        self, continuation: Callable[..., Any], details: Any, request: Any
    ) -> Any:
        answers = continuation(details, request)
        if _call(details) == "BatchGetDocuments":
            self._note(details, reads=len(request.documents), writes=0)
            return answers
        if _call(details) == "RunAggregationQuery":
            self._note(details, reads=1, writes=0)  # billed by the thousand entries of an index
            return answers
        return _CountedAnswers(answers, lambda found: self._note(details, max(1, found), 0))

    def _note(self, details: Any, reads: int, writes: int) -> None:
        line = {
            "function": os.environ["FUNCTION_TARGET"],
            "call": _call(details),
            "reads": reads,
            "writes": writes,
        }
        with self._file.open("a") as file:
            file.write(json.dumps(line) + "\n")


class _CountedAnswers:
    """A query's stream, read through; `tell` is told how many documents it had."""

    def __init__(self, answers: Any, tell: Callable[[int], None]) -> None:
        self._answers = answers
        self._tell = tell
        self._found = 0

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        try:
            answer = next(self._answers)
        except StopIteration:
            self._tell(self._found)
            raise
        self._found += "document" in answer
        return answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._answers, name)


def _call(details: Any) -> str:
    name: str = details.method.rsplit("/", 1)[-1]
    return name
