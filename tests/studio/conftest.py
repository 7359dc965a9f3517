"""What runs the browser's tests: a Chromium, and the built studio on the session's suite."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import pytest

from tools.browser import playwright, run, variables_of
from tools.client import Addresses
from tools.hosting import is_built
from tools.seed import seed
from tools.setup import ROOT
from tools.suite import Suite

RUN_LIMIT_S = 3600
# What measures times and frames has the machine to itself; all else shares it, since it mostly waits.
ALONE = "@alone"
WORKERS = 2
LINES_OF_A_FAILURE = 12
ANSI = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Browser:
    """Runs spec files against the studio."""

    variables: Mapping[str, str]

    def run(self, specs: Sequence[str], *options: str) -> dict[str, Any]:
        """Playwright's report. Where no test of these files is left by the options, it has none."""
        files = [f"e2e/{spec}" for spec in specs]
        command = playwright("e2e", *options, "--pass-with-no-tests", *files)
        done = run(command, RUN_LIMIT_S, **self.variables)
        assert done.stdout.startswith("{"), f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        report: dict[str, Any] = json.loads(done.stdout)
        return report


@dataclass(frozen=True)
class Results:
    """What came of the wanted spec files: each one's tests, and errors that belong to none of them."""

    tests: Mapping[str, Sequence[dict[str, Any]]]
    errors: Sequence[Any]


@pytest.fixture(scope="session")
def browser(suite: Suite, addresses: Addresses, chromium: str) -> Browser:
    assert is_built(ROOT), "the studio is not built: `python3 -m tools.setup tests`"
    seed(addresses)
    return Browser(variables_of(suite, chromium, ROOT / "out" / "studio"))


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
