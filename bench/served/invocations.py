"""A line in the file of counted calls for each time that the function itself is called."""

import json
import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

INVOKED = "invoked"


def note_invocation(file: str, function: str) -> None:
    line = {"function": function, "call": INVOKED, "reads": 0, "writes": 0}
    with Path(file).open("a") as lines:
        lines.write(json.dumps(line) + "\n")


def noted(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The served function, whose calls are noted where BENCH_CALLS_FILE names a file."""

    @wraps(function)
    def serve(sent: Any) -> Any:
        if file := os.environ.get("BENCH_CALLS_FILE"):
            note_invocation(file, function.__name__)
        return function(sent)

    return serve
