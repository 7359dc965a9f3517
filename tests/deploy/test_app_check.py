"""With App Check on, every callable takes a good token and no other, whoever is signed in. In a process of
its own, since a function is declared with it or without; the SDK verifies tokens as it does in the cloud."""

import base64
import json
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mediaforge.entrypoints.operations import OPERATIONS
from tests.support.app_check import PROJECT, key_server, make_key, token_of
from tools.functions import declared_functions

ROOT = Path(__file__).parents[2]
MAIN = ROOT / "functions" / "main.py"
CALLABLES = sorted(OPERATIONS)
CALL_EACH = """
import json, sys
import flask, main
from mediaforge import bootstrap
from tests.support.world import World
world = World()
bootstrap.backend = lambda: world.backend
app, answers = flask.Flask("callables"), {}
declared = {n: f for n, f in vars(main).items() if hasattr(f, "__firebase_endpoint__")}
for name, function in declared.items():
    if function.__firebase_endpoint__.callableTrigger is not None:
        for case, headers in json.load(open(sys.argv[1])).items():
            with app.test_request_context("/", method="POST", json={"data": {"zz": 1}}, headers=headers):
                answer = app.make_response(function(flask.request._get_current_object()))
                answers.setdefault(name, {})[case] = [answer.status_code, answer.get_json()["error"]]
print("ANSWERS", json.dumps(answers))
"""
GOOD, JUNK = "good", ("missing", "text", "unsigned", "forged", "unknown-key", "expired", "foreign")
Answers = Mapping[str, Mapping[str, tuple[int, dict[str, Any]]]]


def unsigned(**claims: Any) -> str:
    parts = [{"alg": "none", "typ": "JWT"}, claims]
    encoded = [base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts]
    return ".".join([*encoded, ""])


def id_token() -> str:
    """Of somebody signed in, as the emulators take it."""
    now_s = int(time.time())
    return unsigned(
        iss=f"https://securetoken.google.com/{PROJECT}",
        aud=PROJECT,
        sub="ann",
        iat=now_s - 1,
        exp=now_s + 3600,
        auth_time=now_s - 1,
        firebase={"sign_in_provider": "custom"},
    )


def call_each(folder: Path, enforce: str) -> tuple[Answers, str]:
    """Each callable's answer to each token, and all that was logged."""
    key = make_key()
    tokens = {
        "good": token_of(key),
        "text": "secret-8417",
        "unsigned": unsigned(sub="app", aud=[f"projects/{PROJECT}"]),
        "forged": token_of(make_key()),
        "unknown-key": token_of(key, key_id="another"),
        "expired": token_of(key, exp=int(time.time()) - 60),
        "foreign": token_of(key, aud=["projects/another"]),
    }
    known = {"Authorization": f"Bearer {id_token()}"}
    cases = {case: {**known, "X-Firebase-AppCheck": token} for case, token in tokens.items()}
    cases["missing"] = known
    (folder / "cases.json").write_text(json.dumps(cases), encoding="utf-8")
    with key_server(key, folder) as environment:
        ran = subprocess.run(
            [sys.executable, "-c", CALL_EACH, str(folder / "cases.json")],
            cwd=ROOT,
            env={
                **environment,
                "PYTHONPATH": f"{ROOT / 'functions'}:{ROOT}",
                "ENFORCE_APP_CHECK": enforce,
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
    answers: Answers = json.loads(line.removeprefix("ANSWERS "))
    return answers, ran.stdout.replace(line, "") + ran.stderr


@pytest.fixture(scope="module")
def enforced(tmp_path_factory: pytest.TempPathFactory) -> tuple[Answers, str]:
    return call_each(tmp_path_factory.mktemp("on"), "true")


def test_no_callable_is_left_out(enforced: tuple[Answers, str]) -> None:
    assert sorted(enforced[0]) == CALLABLES
    assert set(CALLABLES) < declared_functions(MAIN)


@pytest.mark.parametrize("name", CALLABLES)
def test_a_good_token_is_taken(name: str, enforced: tuple[Answers, str]) -> None:
    """What is refused then is the payload."""
    status, error = enforced[0][name][GOOD]
    assert (status, error["details"]["reason"]) == (400, "invalid-request")


@pytest.mark.parametrize("case", JUNK)
@pytest.mark.parametrize("name", CALLABLES)
def test_any_other_is_refused_with_a_reason(
    name: str, case: str, enforced: tuple[Answers, str]
) -> None:
    status, error = enforced[0][name][case]
    assert (status, error["status"]) == (401, "UNAUTHENTICATED")
    assert error["details"] == {"reason": "unauthenticated"}
    assert "App Check" in error["message"]


def test_no_token_is_logged(enforced: tuple[Answers, str]) -> None:
    assert "secret-8417" not in enforced[1]


def test_without_it_nobody_is_asked(tmp_path: Path) -> None:
    answers, _ = call_each(tmp_path, "false")
    reasons = {
        error["details"]["reason"] for each in answers.values() for _, error in each.values()
    }
    assert reasons == {"invalid-request"}
