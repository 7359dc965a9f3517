"""`docs/reasons.md` is the one list of reasons: all that the code has, with their fields, and no other."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from mediaforge.domain import errors
from mediaforge.domain.errors import RequestError

ROOT = Path(__file__).parents[2]
SOURCES = {
    path: ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted((ROOT / "functions" / "mediaforge").rglob("*.py"))
}
NODES = [node for tree in SOURCES.values() for node in ast.walk(tree)]
# Said by the entrance, which knows no error of the domain for them.
OF_THE_ENTRANCE = {"busy": "UNAVAILABLE", "internal": "INTERNAL"}


def refusals(root: type[RequestError] = RequestError) -> Iterator[type[RequestError]]:
    for kind in root.__subclasses__():
        if kind.__module__ == errors.__name__:
            yield kind
            yield from refusals(kind)


REFUSALS = {kind.reason: kind for kind in refusals()}


def listed() -> Mapping[str, tuple[str, set[str], str]]:
    """The rows of the page: a reason's code, its fields, and what a client does."""
    rows = {}
    for line in (ROOT / "docs" / "reasons.md").read_text(encoding="utf-8").splitlines():
        if match := re.fullmatch(r"\| `([a-z-]+)` \| ([A-Z_]+) \| (.*?) \| (.+) \|", line):
            assert match[1] not in rows, f"{match[1]} has two rows"
            fields = set(re.findall(r"`(\w+)`", match[3]))
            rows[match[1]] = (match[2], fields, match[4])
    return rows


def fields_of(kind: type[RequestError]) -> set[str]:
    """The details that are given to it by name: by its own constructor, and wherever it is made."""
    found: set[str] = set()
    for node in NODES:
        if isinstance(node, ast.ClassDef) and node.name in {k.__name__ for k in kind.__mro__[:-3]}:
            found |= set(_details(node))
        match node:
            case ast.Call(func=ast.Name(name)) if name == kind.__name__:
                if "__init__" not in vars(kind):
                    found |= {keyword.arg for keyword in node.keywords if keyword.arg}
    return found


def _details(definition: ast.ClassDef) -> Iterator[str]:
    for node in ast.walk(definition):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Name("super")))):
                yield from (keyword.arg for keyword in node.keywords if keyword.arg)
            case ast.Assign(targets=[ast.Subscript(slice=ast.Constant(str(name)))]):
                yield name


def test_every_reason_has_a_row_and_every_row_a_reason() -> None:
    assert sorted(listed()) == sorted([*REFUSALS, *OF_THE_ENTRANCE])


def test_every_reason_has_its_code() -> None:
    codes = {reason: kind.code for reason, kind in REFUSALS.items()}
    assert {reason: row[0] for reason, row in listed().items()} == {**codes, **OF_THE_ENTRANCE}


@pytest.mark.parametrize("reason", REFUSALS)
def test_every_field_that_comes_with_a_reason_is_in_its_row(reason: str) -> None:
    assert fields_of(REFUSALS[reason]) <= listed()[reason][1]


def test_the_fields_of_a_reason_are_found() -> None:
    """Or the test above could not fail."""
    assert fields_of(REFUSALS["rate-limited"]) == {"limit", "retryAfterSeconds"}
    assert {"owed", "welcome"} <= fields_of(REFUSALS["insufficient-credits"])
    assert fields_of(REFUSALS["role-not-allowed"]) == {"role"}


def test_no_row_has_a_field_that_the_code_does_not_know() -> None:
    known: set[object] = {node.arg for node in NODES if isinstance(node, ast.keyword)}
    known |= {node.value for node in NODES if isinstance(node, ast.Constant)}
    assert set().union(*(fields for _, fields, _ in listed().values())) <= known


def test_the_entrance_says_no_other_reason() -> None:
    said = {
        value.value
        for path, tree in SOURCES.items()
        if path.parent.name == "entrypoints"
        for node in ast.walk(tree)
        if isinstance(node, ast.Dict)
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant)
        and key.value == "reason"
        and isinstance(value, ast.Constant)
    }
    assert set(OF_THE_ENTRANCE) <= said <= {*REFUSALS, *OF_THE_ENTRANCE}
