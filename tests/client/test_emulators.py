"""The packed client with the real SDK against the emulators: README's app, every method, and a browser."""

from __future__ import annotations

import json
import re
from pathlib import Path

import httpx
import pytest

from mediaforge.domain.media_type import image_type
from tests.client.conftest import run, succeed
from tests.client.readme import blocks
from tools.client import Addresses
from tools.seed import seed
from tools.suite import Suite


@pytest.fixture(scope="module")
def ports(suite: Suite, addresses: Addresses) -> dict[str, int]:
    """Where the client finds the emulators, with the demo data in them."""
    seed(addresses)
    return {name: suite.ports[name] for name in ("auth", "functions", "firestore", "storage")}


def test_readme_s_app_does_what_it_says(project: Path, ports: dict[str, int]) -> None:
    (app,) = blocks("js")
    moved, found = re.subn(r"\bemulators: true\b", f"emulators: {json.dumps(ports)}", app)
    assert found == 1
    (project / "app.mjs").write_text(moved, encoding="utf-8")
    said = succeed(project, ["node", "app.mjs"]).splitlines()

    assert re.fullmatch(r"\d+ of \d+ bytes sent", said[0])
    assert "submitted, 2 credits held" in said
    # A listener may miss a status that the next one follows at once, but sees no other order.
    order = ["queued", "processing", "completed"]
    statuses = list(dict.fromkeys(line for line in said if line in order))
    assert statuses == [status for status in order if status in statuses]
    assert statuses[-1] == "completed"
    (address,) = (line for line in said if line.startswith("http"))
    picture = httpx.get(address, trust_env=False).raise_for_status().content
    assert image_type(picture) == ("png", "image/png")
    assert "2 credits charged" in said
    assert {"row 0: completed", "row 1: completed", "2 of 2 rows completed"} <= set(said)
    assert said[-1].startswith("invalid-request: count: ")


def test_every_method_against_the_emulators(
    project: Path, ports: dict[str, int], addresses: Addresses
) -> None:
    told = {"EMULATORS": json.dumps(ports), "BUCKET": addresses.bucket}
    said = succeed(project, ["node", "--test", "emulators.test.mjs"], **told)
    assert re.search(r"^# fail 0$", said, re.MULTILINE)
    assert not re.search(r"^# pass 0$", said, re.MULTILINE)


def test_in_a_browser(
    project: Path, ports: dict[str, int], addresses: Addresses, chromium: str
) -> None:
    told = {"EMULATORS": json.dumps(ports), "BUCKET": addresses.bucket, "CHROMIUM_FOUND": chromium}
    done = run(project, ["node", "chromium.mjs"], **told)
    assert not done.returncode, done.stderr
    seen = json.loads(done.stdout)
    assert (seen["statuses"][-1], seen["width"]) == ("completed", 64)
    assert seen["uploaded"] == 8, "an upload is read back as it was sent"
