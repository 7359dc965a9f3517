"""A deploy begins with firebase-tools asking `main`, in a server of the SDK's, what there is. A catalogue
that the functions could not use fails it there, with the key named; their logs name it all the same."""

import json
import os
import shutil
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from firebase_functions.private import serving

from mediaforge import config, roster
from mediaforge.domain.catalogue import parse
from tests.memory.media import MemoryMedia

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "manifest.yaml"
ENVIRONMENT = {"PATH": os.environ["PATH"], "GCLOUD_PROJECT": "demo-mediaforge"}

TEXT = (ROOT / "functions" / "catalogue.toml").read_text(encoding="utf-8")
QUEUES = {
    *("runLocalImage", "runLocalImageFree", "runLocalVideo"),
    *("runVertexImage", "runVertexImageFree", "runVertexVideo", "runVertexTraining"),
    *("runRunPod", "runRunPodFree", "runFal"),
}
# What stands there, what is written instead, the key that is named.
VALUE = ("price_credits = 16", "price_credits = 0", "models.gemini-3-pro-image.price_credits")
NO_QUEUE = ("[queues.runRunPod]", "[queues.runRunpod]", "models.runpod-image.queue")
NO_FACTS = ("[queues.rotateAddresses]", "[queues.rotateNothing]", "queues.rotateAddresses")
# A tier of the free lane gets a model whose queue has no part for that lane.
NO_LANE = ('"local-image", "gemini', '"vertex-lora", "gemini', "runVertexTrainingFree")
PROVIDER = ('provider = "omni"', 'provider = "omnia"', "models.gemini-omni-1.2-flash.provider")
NAMES = [
    PROVIDER,
    ('queue = "runVertexTraining"', 'queue = "rotateAddresses"', "models.vertex-lora.queue"),
    ('provider = "gemini-director"', 'provider = "vertex"', "models.gemini-3.8-flash.provider"),
]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of what is deployed, of the tools, and of what these know of the models."""
    for folder in ("functions", "tools", "protocols"):
        ignored = shutil.ignore_patterns("venv", "__pycache__")
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignored)
    return tmp_path


def spoil(project: Path, old: str, new: str) -> None:
    catalogue = project / "functions" / "catalogue.toml"
    text = catalogue.read_text(encoding="utf-8")
    assert old in text
    catalogue.write_text(text.replace(old, new, 1), encoding="utf-8")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def discover(project: Path) -> tuple[httpx.Response, str]:
    """The answer of the server, started as firebase-tools starts it, and what it shows of its words."""
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, serving.__file__],
        cwd=project / "functions",
        env={**ENVIRONMENT, "ADMIN_PORT": str(port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        # Tried again until it listens.
        with httpx.Client(transport=httpx.HTTPTransport(retries=8), trust_env=False) as client:
            answer = client.get(f"http://127.0.0.1:{port}/__/functions.yaml", timeout=60)
    finally:
        server.terminate()
        said, _ = server.communicate()
    return answer, said


def test_with_the_right_catalogue_what_was_reviewed_is_discovered(project: Path) -> None:
    answer, _ = discover(project)
    assert answer.text == GOLDEN.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [VALUE, NO_QUEUE, NO_LANE, NO_FACTS],
    ids=["value", "queue", "lane", "facts"],
)
def test_a_deploy_with_a_wrong_catalogue_fails_at_discovery_and_names_the_key(
    project: Path, old: str, new: str, key: str
) -> None:
    spoil(project, old, new)
    answer, said = discover(project)
    assert answer.status_code == 500
    assert key in said


@pytest.mark.parametrize(
    ("old", "new", "key"), [VALUE, PROVIDER, NO_FACTS], ids=["value", "provider", "facts"]
)
def test_make_check_names_the_key(project: Path, old: str, new: str, key: str) -> None:
    spoil(project, old, new)
    checked = subprocess.run(
        [sys.executable, "-m", "tools.check_catalogue"],
        cwd=project,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 1
    assert key in checked.stderr
    assert "Traceback" not in checked.stderr


CALL = """
from types import SimpleNamespace
from firebase_functions.https_fn import HttpsError
import main
from mediaforge.entrypoints import callables
try:
    callables.handler("getCatalog")(SimpleNamespace(data={}))
except HttpsError as error:
    print(error.code.name, error.details)
"""


def test_a_function_whose_catalogue_is_wrong_is_busy_and_its_log_names_the_key(
    project: Path,
) -> None:
    """Where it was deployed all the same: by other means, or by an earlier version of this check."""
    old, new, key = VALUE
    spoil(project, old, new)
    assert_busy_and_named(project, key)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LEASE_S", "sixty"),
        ("LEASE_S", ""),
        ("LEASE_S", "0"),
        ("LEASE_S", "9" * 15),
        ("VERTEX_IMAGE_TIMEOUT_S", "ninety"),
        ("VERTEX_IMAGE_TIMEOUT_S", ""),
        ("VERTEX_IMAGE_TIMEOUT_S", "-1"),
    ],
)
def test_a_function_with_a_wrong_param_is_busy_and_its_log_names_it(name: str, value: str) -> None:
    """No deploy looks at the numbers in `.env`."""
    assert_busy_and_named(ROOT, f"{name}: must be", **{name: value})


def assert_busy_and_named(project: Path, words: str, **params: str) -> None:
    called = subprocess.run(
        [sys.executable, "-c", CALL],
        cwd=project / "functions",
        env={**ENVIRONMENT, **params},
        capture_output=True,
        text=True,
        check=True,
    )
    lines = (called.stdout + called.stderr).splitlines()
    assert "UNAVAILABLE {'reason': 'busy'}" in lines
    (logged,) = [line for line in map(as_json, lines) if line.get("message") == "deployment.wrong"]
    assert logged["severity"] == "ERROR"
    assert words in logged["error_message"]


def as_json(line: str) -> dict[str, str]:
    read: dict[str, str] = json.loads(line) if line.startswith("{") else {}
    return read


def test_the_names_that_a_catalogue_may_use_are_those_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GCLOUD_PROJECT", "demo-mediaforge")
    settings = config.read_config()
    everything = replace(
        settings.providers,
        uses_google=True,
        training_image="x",
        runpod_endpoints={"image": "x"},
        uses_fal=True,
    )
    settings = replace(settings, providers=everything, is_emulated=True)
    assert sorted(roster.providers(settings, MemoryMedia())) == sorted(roster.PROVIDERS)
    assert sorted(roster.directors(settings)) == sorted(roster.DIRECTORS)


@pytest.mark.parametrize(("old", "new", "key"), NAMES, ids=[key for *_, key in NAMES])
def test_a_name_that_the_code_does_not_have_is_named_with_those_it_has(
    old: str, new: str, key: str
) -> None:
    assert old in TEXT
    (line,) = roster.wrong_names(parse(TEXT.replace(old, new, 1)), QUEUES)
    assert line.startswith(f"{key}: ")


def test_a_lane_without_a_worker_is_named_where_a_tier_of_it_may_use_the_model() -> None:
    lines = roster.wrong_names(parse(TEXT), QUEUES - {"runVertexImageFree"})
    assert [line.partition("; ")[0] for line in lines] == [
        f"models.{model}.queue: no queue is called runVertexImageFree"
        for model in parse(TEXT).models
        if parse(TEXT).models[model].queue == "runVertexImage"
    ]


def test_a_lane_that_no_model_needs_any_more_may_stay_for_what_is_in_it() -> None:
    """What it was given before the tier lost its model is still to be delivered."""
    assert roster.wrong_names(parse(TEXT), QUEUES | {"runVertexVideoFree"}) == []


def test_the_shipped_catalogue_names_nothing_that_is_not_there() -> None:
    assert roster.wrong_names(parse(TEXT), QUEUES) == []
