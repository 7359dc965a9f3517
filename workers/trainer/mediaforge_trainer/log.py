"""One JSON line an event, which Cloud Logging shows under the job. Only the fields named at the call are
written: never a name that a customer chose, and no other library's message."""

import json
import sys
import traceback
from pathlib import Path
from typing import Any

_FRAMES_MAX = 8


def info(event: str, **fields: Any) -> None:
    _write("INFO", event, fields)


def warning(event: str, **fields: Any) -> None:
    _write("WARNING", event, fields)


def bug(event: str, cause: BaseException) -> None:
    """An unforeseen exception: its type and where it was raised, but not its message."""
    frames = traceback.extract_tb(cause.__traceback__)[-_FRAMES_MAX:]
    stack = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    _write("ERROR", event, {"error_type": type(cause).__name__, "stack": stack})


def _write(severity: str, event: str, fields: dict[str, Any]) -> None:
    sys.stdout.write(f"{json.dumps({'severity': severity, 'message': event, **fields})}\n")
    sys.stdout.flush()
