"""The check of the documents finds what is broken and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.check_docs import complaints

GOOD = """
# Start here

See [the glossary](docs/GLOSSARY.md#final-ones), [below](#what-it-does), [a site](https://example.org/x)
and ![a picture](docs/picture.png). Run `make test`; in prose, make sure is no target.

## What it does?

```sh
make serve   # [not a link](nowhere.md)
```
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "Makefile").write_text("test:\n\ttrue\nserve: test\n\ttrue\n")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "GLOSSARY.md").write_text("# Glossary\n\n## Final ones\n")
    (tmp_path / "docs" / "picture.png").touch()
    (tmp_path / "README.md").write_text(GOOD)
    return tmp_path


def test_good_documents_have_no_complaints(root: Path) -> None:
    assert list(complaints(root)) == []


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[x](docs/NOWHERE.md)", "docs/NOWHERE.md leads nowhere"),
        ("[x](docs/GLOSSARY.md#nothing)", "docs/GLOSSARY.md#nothing names a heading"),
        ("[x]: nowhere.txt", "nowhere.txt leads nowhere"),
        ("Run `make studio`.", "there is no target `make studio`"),
        ("```\n$ cd x && make studio\n```", "there is no target `make studio`"),
    ],
)
def test_what_is_broken_is_named(root: Path, text: str, complaint: str) -> None:
    (root / "README.md").write_text(text)

    (found,) = complaints(root)

    assert found.startswith("README.md: ")
    assert complaint in found


def test_installed_packages_are_not_checked(root: Path) -> None:
    (root / "node_modules").mkdir()
    (root / "node_modules" / "README.md").write_text("[x](nowhere.md)")

    assert list(complaints(root)) == []
