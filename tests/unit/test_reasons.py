"""`contract/refusals.py` has all reasons that the code has, with their fields, and no other."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from firebase_functions.https_fn import FunctionsErrorCode, HttpsError

from mediaforge.contract.refusals import REFUSALS
from mediaforge.domain import errors
from mediaforge.domain.errors import RequestError
from tools.contract_docs.contents import HTTP_STATUS, codes
from tools.contract_docs.shapes import shape_of

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


RAISED = {kind.reason: kind for kind in refusals()}


def listed(reason: str) -> set[str]:
    """The fields that the contract says come with a reason."""
    return {field.name for field in shape_of(REFUSALS[reason]).fields}


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


def test_every_reason_has_a_model_and_every_model_a_reason() -> None:
    assert sorted(REFUSALS) == sorted([*RAISED, *OF_THE_ENTRANCE])


def test_the_contract_has_the_code_of_each_reason() -> None:
    assert codes() == {**{reason: kind.code for reason, kind in RAISED.items()}, **OF_THE_ENTRANCE}


@pytest.mark.parametrize("code", sorted({*codes().values()}))
def test_a_code_has_the_http_status_that_the_sdk_answers(code: str) -> None:
    answered = HttpsError(FunctionsErrorCode[code], "")._http_error_code.status
    assert HTTP_STATUS[code] == answered


@pytest.mark.parametrize("reason", REFUSALS)
def test_the_contract_says_when_a_reason_comes_and_what_the_app_does(reason: str) -> None:
    assert len(shape_of(REFUSALS[reason]).says) == 2


@pytest.mark.parametrize("reason", RAISED)
def test_every_field_that_comes_with_a_reason_is_in_its_model(reason: str) -> None:
    assert fields_of(RAISED[reason]) <= listed(reason)


def test_the_fields_of_a_reason_are_found() -> None:
    """Or the test above could not fail."""
    assert fields_of(RAISED["rate-limited"]) == {"limit", "retryAfterSeconds"}
    assert {"owed", "welcome"} <= fields_of(RAISED["insufficient-credits"])
    assert fields_of(RAISED["role-not-allowed"]) == {"role"}


def test_no_model_has_a_field_that_the_code_does_not_know() -> None:
    known: set[object] = {node.arg for node in NODES if isinstance(node, ast.keyword)}
    known |= {node.value for node in NODES if isinstance(node, ast.Constant)}
    assert set().union(*map(listed, REFUSALS)) <= known


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
    assert set(OF_THE_ENTRANCE) <= said <= {*RAISED, *OF_THE_ENTRANCE}
