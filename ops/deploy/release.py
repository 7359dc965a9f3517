"""What a part of a release is made of, as one number: the same files are the same release."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

# The files and folders behind each part.
PARTS = {
    "rules": ("firestore.rules", "firestore.indexes.json", "storage.rules"),
    "functions": ("functions", "firebase.json"),
    "studio": ("web", "clients/js/src", "firebase.json"),
}
_LEFT_OUT = frozenset(
    ("venv", "node_modules", "__pycache__", ".next", "out", ".local", ".mypy_cache", ".ruff_cache")
)
# 40 hexadecimal digits: the value of a label may have 63 characters.
_DIGITS = 40


def digest(root: Path, part: str, project: str) -> str:
    """Of the part's files, and for the functions of this project's params. Other projects' params, and
    secrets for the emulators, are nothing that is deployed."""
    found = hashlib.sha256()
    for file in sorted(_files(root, part)):
        name = file.relative_to(root).as_posix()
        others = file.name.startswith(".env.") and file.name != f".env.{project}"
        if others or file.name == ".secret.local":
            continue
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        found.update(f"{name} {content}\n".encode())
    return found.hexdigest()[:_DIGITS]


def _files(root: Path, part: str) -> Iterator[Path]:
    for name in PARTS[part]:
        at = root / name
        if at.is_file():
            yield at
        for folder, folders, files in os.walk(at):
            folders[:] = [each for each in folders if each not in _LEFT_OUT]
            yield from (Path(folder, each) for each in files if not each.endswith(".pyc"))
