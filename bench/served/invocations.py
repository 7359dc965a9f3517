"""A line in the file of counted calls for each time that the function itself is called."""

import json
from pathlib import Path

INVOKED = "invoked"


def note_invocation(file: str, function: str) -> None:
    line = {"function": function, "call": INVOKED, "reads": 0, "writes": 0}
    with Path(file).open("a") as lines:
        lines.write(json.dumps(line) + "\n")
