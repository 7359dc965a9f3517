"""What a prompt tells a protocol server to do wrong: `#throttle:2`, `#blocked`, `#pending:5`.

Each fault is a word that begins with `#`. Its number says how often, or how many, as each server describes.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from threading import Lock

_WORD = re.compile(r"#(?P<name>[a-z][a-z0-9-]*)(?::(?P<number>\d+))?")


def read_script(prompt: str) -> dict[str, int]:
    """Each fault that the prompt names, with its number; 1 where it has none."""
    return {found["name"]: int(found["number"] or 1) for found in _WORD.finditer(prompt)}


@dataclass
class Script:
    """Which faults have been played, so that a prompt can ask for "twice, then well". Threads may share
    it."""

    played: Counter[tuple[str, str]] = field(default_factory=Counter)
    lock: Lock = field(default_factory=Lock)

    def is_due(self, prompt: str, name: str) -> bool:
        """Whether the fault is to happen now: the first `number` times this prompt is seen."""
        times = read_script(prompt).get(name, 0)
        with self.lock:
            if self.played[prompt, name] >= times:
                return False
            self.played[prompt, name] += 1
            return True
