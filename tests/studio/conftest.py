"""What runs the browser's tests: a Chromium, and the built studio on the session's suite."""

from __future__ import annotations

import json
import os
import re
import subprocess
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import pytest

from tools.client import Addresses
from tools.hosting import is_built
from tools.processes import MARKER, end_marked
from tools.seed import seed
from tools.setup import ROOT, STUDIO, node_environment
from tools.suite import Suite

NO_CHROMIUM = 77
CHROMIUM_LIMIT_S = 600
RUN_LIMIT_S = 2400
# What measures times and frames has the machine to itself; all else shares it, since it mostly waits.
ALONE = "@alone"
WORKERS = 2
LINES_OF_A_FAILURE = 12
ANSI = re.compile(r"\x1b\[[0-9;]*m")
EMULATORS = ("auth", "functions", "firestore", "storage")


def run(command: list[str], limit_s: float, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs in `web`. Whatever it has started and left is ended: browsers are in process groups of their own,
    so a mark in the environment tells them."""
    mark = uuid.uuid4().hex
    process = subprocess.Popen(
        command,
        cwd=STUDIO,
        env=node_environment() | variables | {MARKER: mark, "FORCE_COLOR": "0"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        said, complained = process.communicate(timeout=limit_s)
    finally:
        left = end_marked(mark)
        process.wait()
    assert not left, f"these processes could not be ended: {left}"
    return subprocess.CompletedProcess(command, process.returncode, said, complained)


@dataclass(frozen=True)
class Browser:
    """Runs spec files against the studio."""

    variables: Mapping[str, str]

    def run(self, specs: Sequence[str], *options: str) -> dict[str, Any]:
        """Playwright's report. Where no test of these files is left by the options, it has none."""
        command = [
            "node",
            "node_modules/@playwright/test/cli.js",
            "test",
            "--config",
            "e2e",
            *options,
        ]
        files = [f"e2e/{spec}" for spec in specs]
        done = run([*command, "--pass-with-no-tests", *files], RUN_LIMIT_S, **self.variables)
        assert done.stdout.startswith("{"), f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        report: dict[str, Any] = json.loads(done.stdout)
        return report


@dataclass(frozen=True)
class Results:
    """What came of the wanted spec files: each one's tests, and errors that belong to none of them."""

    tests: Mapping[str, Sequence[dict[str, Any]]]
    errors: Sequence[Any]


@pytest.fixture(scope="session")
def chromium() -> str:
    """One that starts, as `web/e2e/chromium.mjs` describes it; without one the tests are skipped."""
    found = run(["node", "e2e/chromium.mjs"], CHROMIUM_LIMIT_S, **_machine())
    if found.returncode == NO_CHROMIUM:
        pytest.skip(found.stderr.strip())
    assert not found.returncode, found.stderr
    return found.stdout.strip()


@pytest.fixture(scope="session")
def browser(suite: Suite, addresses: Addresses, chromium: str) -> Browser:
    assert is_built(ROOT), "the studio is not built: `python3 -m tools.setup tests`"
    seed(addresses)
    ports = {name: suite.ports[name] for name in EMULATORS}
    pictures = ROOT / "out" / "studio"
    return Browser(
        {
            "STUDIO_URL": suite.url("hosting"),
            "EMULATORS": json.dumps(ports),
            "CHROMIUM_FOUND": chromium,
            "PICTURES": str(pictures),
        }
    )


@pytest.fixture(scope="session")
def results(browser: Browser, request: pytest.FixtureRequest) -> Results:
    """All spec files that are asked for, in two runs."""
    own = [cast(Any, item) for item in request.session.items if item.path.name == "test_studio.py"]
    wanted = sorted({item.callspec.params["spec"] for item in own})
    shared = browser.run(wanted, f"--grep-invert={ALONE}", f"--workers={WORKERS}")
    alone = browser.run(wanted, f"--grep={ALONE}", "--workers=1")
    tests: dict[str, list[dict[str, Any]]] = {spec: [] for spec in wanted}
    for report in (shared, alone):
        for suite in report.get("suites", []):
            tests[suite["file"]] += results_of({"suites": [suite]})
    return Results(tests, [*shared["errors"], *alone["errors"]])


def _machine() -> dict[str, str]:
    return {"CHROMIUM": os.environ["CHROMIUM"]} if "CHROMIUM" in os.environ else {}


def results_of(report: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Each test of a report, with its title."""
    for suite in report.get("suites", []):
        yield from results_of(suite)
    for spec in report.get("specs", []):
        for test in spec["tests"]:
            yield {"title": spec["title"], **test}


def complaint(test: Mapping[str, Any]) -> str:
    """Why a test failed, in a few lines."""
    errors = [error["message"] for result in test["results"] for error in result["errors"]]
    lines = [ANSI.sub("", line) for error in errors for line in error.splitlines() if line.strip()]
    return "\n  ".join([f"{test['title']}: {test['status']}", *lines[:LINES_OF_A_FAILURE]])
