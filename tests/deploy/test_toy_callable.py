"""Adding a callable is a use case, a line of the table and a line of `main`: three files, and its tests.

`ADDED` are the changes, made to a copy of what is deployed. If anything else had to know the callable, its
calls would not come through here.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.test_app_check import id_token
from tests.support.app_check import PROJECT, key_server, make_key, token_of
from tools.functions import declared_functions

ROOT = Path(__file__).parents[2]
NAME = "countToys"
USE_CASE = '''
"""Counting toys: what is asked, what is answered, and what is done."""

from typing import Annotated, Literal

from pydantic import Field

from mediaforge.contract.answers import Answer
from mediaforge.contract.requests import WHOLE, Name, Payload
from mediaforge.domain.errors import NotFoundError
from mediaforge.services.backend import Backend, Caller

_BOXES = {"attic": 7}


class CountToys(Payload):
    toy_box: Name
    given_away: Annotated[int, Field(ge=0, le=7), WHOLE] = 0


class ToysCounted(Answer):
    owned_by: str
    toys_left: int
    state: Literal["full", "open"] = "open"
    note: str = ""


def count_toys(_: Backend, caller: Caller, request: CountToys) -> ToysCounted:
    toys = _BOXES.get(request.toy_box)
    if toys is None:
        raise NotFoundError("There is no such box.", box=request.toy_box)
    state: Literal["full", "open"] = "open" if request.given_away else "full"
    return ToysCounted(owned_by=caller.uid, toys_left=toys - request.given_away, state=state)
'''
# A file, what it has, and what stands there then.
ADDED = [
    ("mediaforge/services/library/toys.py", "", USE_CASE),
    (
        "mediaforge/entrypoints/operations.py",
        "from mediaforge.services.operate.account_control",
        "from mediaforge.services.library.toys import CountToys, ToysCounted, count_toys\n"
        "from mediaforge.services.operate.account_control",
    ),
    (
        "mediaforge/entrypoints/operations.py",
        '        Operation("createTeam"',
        f'        Operation("{NAME}", CountToys, ToysCounted, count_toys, Scope.READ),\n'
        '        Operation("createTeam"',
    ),
    (
        "main.py",
        "createTeam = ",
        f'{NAME} = callables.serve("{NAME}", timeout_sec=10)\ncreateTeam = ',
    ),
]
ENCODED = {"@type": "type.googleapis.com/google.protobuf.Int64Value", "value": "3"}
# What is sent, and how often; the last answer counts.
CASES: dict[str, tuple[list[str], Any, int]] = {
    "answer": (["app", "user"], {"toyBox": "attic", "givenAway": 3}, 1),
    "defaults": (["app", "user"], {"toyBox": "attic", "givenAway": None}, 1),
    "phone": (["app", "user"], {"toyBox": "attic", "givenAway": ENCODED}, 1),
    "fields": (["app", "user"], {"toyBox": " ", "givenAway": 8, "zz": 1}, 1),
    "refusal": (["app", "user"], {"toyBox": "cellar"}, 1),
    "no app": (["user"], {"toyBox": "attic"}, 1),
    "nobody": (["app"], {"toyBox": "attic"}, 1),
    "gate": (["app", "user"], {"toyBox": "cellar"}, 100),
}
CALL = f"""
import json, sys
import flask, main
from mediaforge import bootstrap
from tests.support.world import World
app, answers = flask.Flask("toys"), {{}}
for case, (headers, data, times) in json.load(open(sys.argv[1])).items():
    world = World()
    bootstrap.backend = lambda: world.backend
    for _ in range(times):
        with app.test_request_context("/", method="POST", json={{"data": data}}, headers=headers):
            answer = app.make_response(main.{NAME}(flask.request._get_current_object()))
    answers[case] = [answer.status_code, answer.get_json()]
print("ANSWERS", json.dumps([answers, main.{NAME}.__firebase_endpoint__.timeoutSeconds]))
"""
Answers = Mapping[str, tuple[int, dict[str, Any]]]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what is deployed, with the toy in it."""
    functions = tmp_path_factory.mktemp("house") / "functions"
    ignored = shutil.ignore_patterns("venv", "__pycache__")
    shutil.copytree(ROOT / "functions", functions, ignore=ignored)
    for name, old, new in ADDED:
        path = functions / name
        text = path.read_text(encoding="utf-8") if old else ""
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return functions


@pytest.fixture(scope="module")
def told(house: Path) -> tuple[Answers, int]:
    """The answer in each case, through the decorator that deploys it; and the time limit it deploys with."""
    key, folder = make_key(), house.parent
    known = {
        "app": ("X-Firebase-AppCheck", token_of(key)),
        "user": ("Authorization", f"Bearer {id_token()}"),
    }
    cases = {
        case: (dict(known[name] for name in headers), data, times)
        for case, (headers, data, times) in CASES.items()
    }
    (folder / "cases.json").write_text(json.dumps(cases), encoding="utf-8")
    with key_server(key, folder) as environment:
        ran = subprocess.run(
            [sys.executable, "-c", CALL, str(folder / "cases.json")],
            cwd=ROOT,
            env={
                **environment,
                "PYTHONPATH": f"{house}:{ROOT}",
                "ENFORCE_APP_CHECK": "true",
                "GCLOUD_PROJECT": PROJECT,
                "FIREBASE_AUTH_EMULATOR_HOST": "127.0.0.1:1",
                "FIRESTORE_EMULATOR_HOST": "127.0.0.1:1",
            },
            capture_output=True,
            text=True,
            check=False,
        )
    assert ran.returncode == 0, ran.stderr[-2000:]
    (line,) = (each for each in ran.stdout.splitlines() if each.startswith("ANSWERS "))
    answers, timeout_s = json.loads(line.removeprefix("ANSWERS "))
    return {case: (status, body) for case, (status, body) in answers.items()}, timeout_s


def refused(told: tuple[Answers, int], case: str) -> tuple[int, dict[str, Any]]:
    status, body = told[0][case]
    return status, body["error"]["details"]


def test_it_is_three_files(house: Path) -> None:
    changed = {
        str(path.relative_to(house))
        for path in house.rglob("*.*")
        if path.is_file() and "__pycache__" not in path.parts
        if not (there := ROOT / "functions" / path.relative_to(house)).exists()
        or there.read_bytes() != path.read_bytes()
    }
    assert changed == {name for name, *_ in ADDED}
    assert len(changed) <= 3


def test_it_is_declared_with_its_options(house: Path, told: tuple[Answers, int]) -> None:
    assert NAME in declared_functions(house / "main.py")
    assert told[1] == 10


def test_its_answer_is_in_camel_case_without_what_is_as_it_mostly_is(
    told: tuple[Answers, int],
) -> None:
    answers, _ = told
    assert answers["answer"] == (200, {"result": {"ownedBy": "ann", "toysLeft": 4}})
    full = {"ownedBy": "ann", "toysLeft": 7, "state": "full"}
    assert answers["defaults"] == (200, {"result": full})


def test_it_takes_a_phone_s_numbers(told: tuple[Answers, int]) -> None:
    assert told[0]["phone"] == told[0]["answer"]


def test_each_wrong_field_is_named(told: tuple[Answers, int]) -> None:
    status, details = refused(told, "fields")
    assert (status, details["reason"]) == (400, "invalid-request")
    assert sorted(error["field"] for error in details["fieldErrors"]) == [
        "givenAway",
        "toyBox",
        "zz",
    ]


def test_its_refusal_has_its_reason_and_its_numbers(told: tuple[Answers, int]) -> None:
    assert refused(told, "refusal") == (404, {"reason": "not-found", "box": "cellar"})


@pytest.mark.parametrize("case", ["no app", "nobody"])
def test_it_is_for_whoever_has_signed_in_with_the_app(case: str, told: tuple[Answers, int]) -> None:
    assert refused(told, case) == (401, {"reason": "unauthenticated"})


def test_who_is_refused_again_and_again_meets_the_gate(told: tuple[Answers, int]) -> None:
    status, details = refused(told, "gate")
    assert (status, details["reason"]) == (429, "rate-limited")
