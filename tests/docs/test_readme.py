"""README keeps its word: its app runs as it stands there, its commands exist, and its numbers are right."""

import json
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import httpx
import pytest

from mediaforge.domain.media_type import image_type
from tools.client import Addresses
from tools.seed import seed
from tools.setup import ROOT
from tools.suite import Suite

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PACKAGE = Path(__file__).with_name("package.json")
FIREBASE = Path(__file__).parent / "node_modules" / "firebase"
ENDS_WITHIN_S = 600
# What the SDK says where the emulator has reset a listener's stream, or has sent it bytes that are no
# message (on a busy machine: "larger than max"). It opens another, if need be a minute later, and the app
# goes on.
REOPENED = re.compile(
    r"^\[\S+\]  @firebase/firestore: Firestore \(\S+\): (?:"
    r"GrpcConnection RPC 'Listen' stream \S+ error\. Code: 1 Message: 1 CANCELLED: .*"
    r"|.*8 RESOURCE_EXHAUSTED: Received message larger than max .*"
    r"|Using maximum backoff delay to prevent overloading the backend\."
    r"|Could not reach Cloud Firestore backend\. (?:.*\n)+?.*able to successfully connect to the backend\."
    r")\n",
    re.MULTILINE,
)


def blocks(language: str) -> list[str]:
    return [code for tag, code in BLOCK.findall(README) if tag == language]


def commands() -> list[str]:
    """Each command of the shell blocks."""
    lines = "".join(blocks("sh")).splitlines()
    return [command for line in lines for command in line.split(" && ")]


def row(text: str, beginning: str) -> str:
    (found,) = (line for line in text.splitlines() if line.startswith(f"| {beginning}"))
    return found


def on_ports_of(suite: Suite, code: str) -> str:
    """The code with the ports of this suite instead of those of `make serve`."""
    served = json.loads((ROOT / "firebase.json").read_text(encoding="utf-8"))["emulators"]
    for name in ("auth", "firestore", "storage", "functions"):
        code, found = re.subn(rf"\b{served[name]['port']}\b", str(suite.ports[name]), code)
        assert found == 1, f"README's app does not connect to {name} as `make serve` serves it"
    return code


@pytest.fixture
def ran(suite: Suite, addresses: Addresses, tmp_path: Path) -> list[str]:
    """The lines that README's app prints, run as README says: in a folder of its own, beside the package
    `firebase`, as the user whom `make serve` has made."""
    assert FIREBASE.is_dir(), (
        "the npm package firebase is not installed: `python3 -m tools.setup tests`"
    )
    seed(addresses)
    (app,) = blocks("js")
    (tmp_path / "app.mjs").write_text(on_ports_of(suite, app), encoding="utf-8")
    (tmp_path / "node_modules").symlink_to(FIREBASE.parent)
    node = shutil.which("node")
    assert node is not None
    ended = subprocess.run(
        [node, "app.mjs"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=ENDS_WITHIN_S,
        check=False,
    )
    assert (ended.returncode, REOPENED.sub("", ended.stderr)) == (0, "")
    return ended.stdout.splitlines()


def test_the_app_uploads_submits_listens_and_shows_its_picture_and_a_refusal(
    ran: list[str],
) -> None:
    submitted, *statuses, address, charged, refused = ran
    assert re.fullmatch(r"submitted as [\w-]+, 2 credits held", submitted)
    # A listener may miss a status that the next one follows at once, but sees no other order.
    assert statuses[-1] == "completed"
    assert [s for s in ("queued", "processing", "completed") if s in statuses] == list(
        dict.fromkeys(statuses)
    )
    picture = httpx.get(address, trust_env=False).raise_for_status().content
    assert image_type(picture) == ("png", "image/png")
    assert charged == "2 credits charged"
    assert refused.startswith("refused: count: ")


def test_the_app_needs_the_package_that_is_tested() -> None:
    installed = json.loads(PACKAGE.read_text(encoding="utf-8"))["dependencies"]
    assert f"npm install firebase@{installed['firebase']}" in commands()


def test_the_commands_are_make_targets_or_make_the_app_s_folder() -> None:
    targets = set(re.findall(r"^(\w+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    called = {c.split()[1] for c in commands() if c.startswith("make ")}
    assert called
    assert called <= targets
    others = {c.split()[0] for c in commands() if not c.startswith("make ")}
    assert others == {"mkdir", "cd", "npm"}


def test_the_version_is_the_project_s() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f"version {project['version']}" in README


@pytest.mark.parametrize(
    "measured",
    [
        *("accept a job", "submit to final", "Firestore for a completed"),
        *("the same request twice", "the task or the event twice", "the worker killed"),
    ],
)
def test_a_row_of_measurements_is_that_of_all_measurements(measured: str) -> None:
    everything = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    assert row(README, measured) in everything.splitlines()
