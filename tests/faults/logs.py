"""What the services log in a run. Two things there are findings: a bug that a service caught by itself,
and a prompt."""

import io
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout

from tests.faults.load import SUBJECT
from tests.faults.process import RefusedError
from tests.faults.provider import UnforeseenError

# What the harness brings about by itself, and the services are right to call an error.
_EXPECTED = {"BusyError", RefusedError.__name__, UnforeseenError.__name__}


class Lines(io.TextIOBase):
    """Takes what is printed; a log line comes as one text."""

    def __init__(self) -> None:
        self.findings: Counter[str] = Counter()

    def write(self, text: str) -> int:
        if SUBJECT in text:
            self.findings["a prompt was logged"] += 1
        if text.startswith('{"severity": "ERROR"'):
            self._note_error(json.loads(text))
        return len(text)

    def _note_error(self, entry: dict[str, object]) -> None:
        error_type = entry.get("error_type")
        if error_type is not None and error_type not in _EXPECTED:
            stack = entry.get("stack")
            self.findings[f"{entry.get('message')} logged {error_type} at {stack}"] += 1


@contextmanager
def read_logs() -> Iterator[Lines]:
    lines = Lines()
    with redirect_stdout(lines), redirect_stderr(lines):
        yield lines
