"""How a job can end without files. `code` is kebab-case and stable; `message` may be shown to a user.

No message quotes the prompt, a key, or another library's words: those may hold either.
"""

from typing import Literal

Kind = Literal["rejected", "unavailable"]


class WorkerError(Exception):
    """The job has no result. `kind` tells the caller whether asking again can help: `rejected` says that the
    same request would end in the same way, `unavailable` that this worker could not do it now."""

    def __init__(self, code: str, message: str, kind: Kind) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.kind = kind


class StoppedError(Exception):
    """RunPod has ended the job: it was cancelled, or its time is over."""


def rejected(code: str, message: str) -> WorkerError:
    return WorkerError(code, message, "rejected")


def unavailable(code: str, message: str) -> WorkerError:
    return WorkerError(code, message, "unavailable")
