"""One JSON line an event, `noun.past_verb`. Only the fields named at the call are written: never a
prompt, a key, a token or another library's message, which may quote one."""

import json
import sys
import traceback
from pathlib import Path
from typing import Any

FRAMES_MAX = 8


def info(event: str, **fields: Any) -> None:
    _write("INFO", event, fields)


def warning(event: str, **fields: Any) -> None:
    _write("WARNING", event, fields)


def bug(event: str, cause: BaseException, **fields: Any) -> None:
    """Logs an unforeseen exception: its type and where it was raised, but not its message."""
    frames = traceback.extract_tb(cause.__traceback__)[-FRAMES_MAX:]
    stack = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    _write("ERROR", event, {"error_type": type(cause).__name__, "stack": stack, **fields})


def _write(severity: str, event: str, fields: dict[str, Any]) -> None:
    line = json.dumps({"severity": severity, "message": event, **fields}, default=str)
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
