"""The files that are generated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from tools.contract_docs.page import page
from tools.contract_docs.typescript import callables_file, types_file


def files() -> Mapping[str, str]:
    """Each file's text, by its path in the repository."""
    types = types_file()
    return {
        "docs/contract.md": page(),
        "docs/types.d.ts": types,
        "clients/js/src/types.ts": types,
        "clients/js/src/callables.ts": callables_file(),
    }


def stale(root: Path) -> Sequence[str]:
    """The files below `root` that are missing or differ from what the models say."""
    return [path for path, text in files().items() if _read(root / path) != text]


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None
