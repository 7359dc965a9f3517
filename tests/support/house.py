"""A copy of the repository for tests of what a contributor has to change: changes are given by file, so that
they can be counted, and the copy runs with them."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
_COPIED = ("functions", "tests", "protocols")
_RULES = ("firestore.rules", "storage.rules", "firestore.indexes.json", "pyproject.toml")
_IGNORED = shutil.ignore_patterns("venv", "__pycache__", ".pytest_cache")


@dataclass(frozen=True, slots=True)
class Edit:
    """`new` is inserted before the first `before` in the file. Without `before` it is added at the end of the
    file, which may be new."""

    new: str
    before: str = ""

    def applied(self, text: str) -> str:
        if not self.before:
            return text + self.new
        assert self.before in text, self.before
        return text.replace(self.before, self.new + self.before, 1)


# The edits of each file, by its path.
Change = Mapping[str, Sequence[Edit]]


@dataclass(frozen=True, slots=True)
class House:
    root: Path

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Runs Python with the copy's modules."""
        paths = (self.root / "functions", self.root)
        return subprocess.run(
            [sys.executable, "-B", *arguments],
            cwd=self.root,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": os.pathsep.join(map(str, paths)),
                "GCLOUD_PROJECT": "demo-mediaforge",
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
        )

    def told(self, *arguments: str, **environment: str) -> Any:
        """Runs Python as `run` does, and returns the JSON in the last line of its output."""
        ran = self.run(*arguments, **environment)
        assert ran.returncode == 0, ran.stderr[-2000:]
        return json.loads(ran.stdout.splitlines()[-1])


def changed_house(root: Path, change: Change) -> House:
    """A copy of the repository in `root`, changed only in the files of `change`."""
    for folder in _COPIED:
        shutil.copytree(ROOT / folder, root / folder, ignore=_IGNORED)
    for name in _RULES:
        shutil.copy(ROOT / name, root / name)
    for path, edits in change.items():
        file = root / path
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        for edit in edits:
            text = edit.applied(text)
        file.write_text(text, encoding="utf-8")
    return House(root)
