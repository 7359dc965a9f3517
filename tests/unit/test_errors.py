"""The error tree: whole, drawn, and ready for the wire."""

import importlib
import pkgutil
import re
from collections.abc import Iterator

import pytest
from firebase_functions.https_fn import FunctionsErrorCode

import mediaforge.contract
import mediaforge.domain
from mediaforge.domain import errors
from mediaforge.domain.errors import FieldError, InvalidRequestError, MediaForgeError, RequestError

for _package in (mediaforge.domain, mediaforge.contract):
    for _module in pkgutil.iter_modules(_package.__path__, f"{_package.__name__}."):
        importlib.import_module(_module.name)


def subclasses(root: type[MediaForgeError]) -> Iterator[type[MediaForgeError]]:
    """Those of the domain; a provider, or a test, may have finer ones of its own."""
    for child in root.__subclasses__():
        if child.__module__.startswith(("mediaforge.domain.", "mediaforge.contract.")):
            yield child
        yield from subclasses(child)


TREE = list(subclasses(MediaForgeError))
REFUSALS = [kind for kind in TREE if issubclass(kind, RequestError) and kind is not RequestError]
CONTRACT = {
    "unauthenticated": "UNAUTHENTICATED",
    "invalid-request": "INVALID_ARGUMENT",
    "reference-missing": "INVALID_ARGUMENT",
    "reference-unreadable": "INVALID_ARGUMENT",
    "insufficient-credits": "FAILED_PRECONDITION",
    "quota-exceeded": "RESOURCE_EXHAUSTED",
    "rate-limited": "RESOURCE_EXHAUSTED",
    "model-not-in-tier": "PERMISSION_DENIED",
    "priority-not-in-tier": "PERMISSION_DENIED",
    "role-not-allowed": "PERMISSION_DENIED",
    "cancel-is-charged": "FAILED_PRECONDITION",
    "not-a-member": "PERMISSION_DENIED",
    "not-owner": "PERMISSION_DENIED",
    "account-blocked": "PERMISSION_DENIED",
    "not-found": "NOT_FOUND",
    "illegal-state": "FAILED_PRECONDITION",
    "request-id-reused": "ALREADY_EXISTS",
}


@pytest.mark.parametrize("kind", REFUSALS)
def test_every_refusal_has_a_code_that_callables_know(kind: type[RequestError]) -> None:
    assert kind.code in FunctionsErrorCode.__members__


@pytest.mark.parametrize("kind", REFUSALS)
def test_every_refusal_has_a_reason_in_kebab_case(kind: type[RequestError]) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", kind.reason)


def test_no_two_refusals_share_a_reason() -> None:
    reasons = [kind.reason for kind in REFUSALS]
    assert sorted(reasons) == sorted(set(reasons))


def test_every_reason_of_the_contract_is_there_with_its_code() -> None:
    ours = {kind.reason: kind.code for kind in REFUSALS}
    assert {reason: ours.get(reason) for reason in CONTRACT} == CONTRACT


@pytest.mark.parametrize("kind", TREE)
def test_every_error_is_drawn_in_the_tree(kind: type[MediaForgeError]) -> None:
    assert re.search(rf"── {kind.__name__}\b", errors.__doc__ or "")


def drawn_parents() -> dict[str, str]:
    """By name, whom each error hangs under in the drawing."""
    parents, path = {}, ["MediaForgeError"]
    for line in (errors.__doc__ or "").splitlines():
        if drawn := re.match(r"([│ ]*)[├└]── (\w+)", line):
            depth = len(drawn[1]) // 4 + 1
            path[depth:] = [drawn[2]]
            parents[drawn[2]] = path[depth - 1]
    return parents


def test_the_drawing_hangs_each_error_under_what_it_is_a_kind_of() -> None:
    assert drawn_parents() == {kind.__name__: kind.__bases__[0].__name__ for kind in TREE}


@pytest.mark.parametrize("kind", REFUSALS)
def test_the_drawing_has_each_refusal_s_reason_and_code(kind: type[RequestError]) -> None:
    (line,) = [line for line in (errors.__doc__ or "").splitlines() if f" {kind.__name__} " in line]
    assert line.split()[-2:] == [kind.reason, kind.code]


@pytest.mark.parametrize("kind", TREE)
def test_every_error_is_called_an_error(kind: type[MediaForgeError]) -> None:
    assert kind.__name__.endswith("Error")


def test_an_invalid_request_lists_its_fields_for_the_wire() -> None:
    error = InvalidRequestError([FieldError("prompt", "is blank"), FieldError("", "is odd")])
    assert error.details == {
        "fieldErrors": [
            {"field": "prompt", "message": "is blank"},
            {"field": "", "message": "is odd"},
        ]
    }
    assert "prompt: is blank; is odd" in error.message
