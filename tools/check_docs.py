"""Checks the Markdown files: links and anchors lead somewhere, and `make` targets exist."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from tools.console import complain, say
from tools.setup import ROOT

SKIPPED_FOLDERS = {".git", ".venv", "venv", "node_modules", ".local", "out"}
FENCE = re.compile(r"^ {0,3}(```|~~~).*?^ {0,3}\1[ \t]*$", re.MULTILINE | re.DOTALL)
INLINE_CODE = re.compile(r"(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
INLINE_LINK = re.compile(r"\]\(\s*<?([^)<>\s]+)>?(?:\s+[\"'(][^)]*)?\)")
REFERENCE_LINK = re.compile(r"^ {0,3}\[[^\]]+\]:\s*<?([^\s<>]+)>?", re.MULTILINE)
HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(.+?)[ \t]*#*[ \t]*$", re.MULTILINE)
HTML_ANCHOR = re.compile(r"<a\s+(?:id|name)=[\"']([^\"']+)[\"']")
MAKE_CALL = re.compile(r"(?:^|[\s`$;&|(])make +([a-z][a-z_-]*)", re.MULTILINE)
MAKE_TARGET = re.compile(r"^([a-z][a-z_-]*):", re.MULTILINE)
SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)


def markdown_files(root: Path) -> list[Path]:
    found = root.rglob("*.md")
    return sorted(path for path in found if not SKIPPED_FOLDERS & set(path.relative_to(root).parts))


def complaints(root: Path) -> Iterator[str]:
    """One sentence for each thing that is wrong in the documents below `root`."""
    targets = set(MAKE_TARGET.findall((root / "Makefile").read_text()))
    for file in markdown_files(root):
        name, text = file.relative_to(root), file.read_text()
        for link in links(text):
            if problem := link_problem(root, file, link):
                yield f"{name}: {problem}"
        for target in sorted(make_calls(text) - targets):
            yield f"{name}: there is no target `make {target}`"


def links(text: str) -> list[str]:
    """The addresses that the text links to, without those in code."""
    prose = INLINE_CODE.sub("", FENCE.sub("", text))
    return INLINE_LINK.findall(prose) + REFERENCE_LINK.findall(prose)


def link_problem(root: Path, file: Path, link: str) -> str | None:
    """What is wrong with a link into the repository; links to other sites are not looked at."""
    if SCHEME.match(link):
        return None
    path, _, anchor = unquote(link).partition("#")
    target = (
        (root / path.lstrip("/") if path.startswith("/") else file.parent / path) if path else file
    )
    if not target.exists():
        return f"{link} leads nowhere"
    if anchor and target.suffix == ".md" and anchor.lower() not in anchors(target.read_text()):
        return f"{link} names a heading that is not there"
    return None


def anchors(text: str) -> set[str]:
    """The anchors as GitHub makes them: a repeated heading gets a number."""
    seen: Counter[str] = Counter()
    found = set(HTML_ANCHOR.findall(text))
    for heading in HEADING.findall(FENCE.sub("", text)):
        slug = heading_slug(heading)
        found.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    return found


def heading_slug(heading: str) -> str:
    shown = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"[^\w\- ]", "", shown.lower()).strip().replace(" ", "-")


def make_calls(text: str) -> set[str]:
    """The targets that code in the text calls; in prose, `make` is mostly the verb."""
    fences = [match[0] for match in FENCE.finditer(text)]
    inline = [match[2] for match in INLINE_CODE.finditer(FENCE.sub("", text))]
    return {target for code in fences + inline for target in MAKE_CALL.findall(code)}


def main() -> int:
    found = list(complaints(ROOT))
    for sentence in found:
        complain(sentence)
    if not found:
        say(f"{len(markdown_files(ROOT))} documents: every link and make target is there")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
