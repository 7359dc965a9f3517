"""The built studio in a real browser: a Chromium that starts, and Playwright on it."""

from __future__ import annotations

import json
import os
import subprocess
import uuid
from collections.abc import Mapping
from pathlib import Path

from tools.processes import MARKER, end_marked
from tools.setup import STUDIO, node_environment
from tools.suite import Suite

NO_CHROMIUM = 77  # what `web/e2e/chromium.mjs` ends with
CHROMIUM_LIMIT_S = 600
EMULATORS = ("auth", "functions", "firestore", "storage")


class NoChromiumError(Exception):
    """There is none, and none could be had; the message says why."""


def run(command: list[str], limit_s: float, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs in `web`. Whatever it has started and left is ended: browsers are in process groups of their own,
    so a mark in the environment tells them."""
    mark = uuid.uuid4().hex
    process = subprocess.Popen(  # noqa: S603 - our own scripts
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


def find_chromium() -> str:
    """One that starts, as Playwright's launch options in JSON. Raises NoChromiumError."""
    named = {"CHROMIUM": os.environ["CHROMIUM"]} if "CHROMIUM" in os.environ else {}
    found = run(["node", "e2e/chromium.mjs"], CHROMIUM_LIMIT_S, **named)
    if found.returncode == NO_CHROMIUM:
        raise NoChromiumError(found.stderr.strip())
    assert not found.returncode, found.stderr
    return found.stdout.strip()


def playwright(config: str, *arguments: str) -> list[str]:
    """The command that runs Playwright's tests by the configuration at this path in `web`."""
    return ["node", "node_modules/@playwright/test/cli.js", "test", "--config", config, *arguments]


def variables_of(suite: Suite, chromium: str, pictures: Path) -> Mapping[str, str]:
    """What the files of `web/e2e` have to know. `pictures`: the folder that screenshots are written to."""
    return {
        "STUDIO_URL": suite.url("hosting"),
        "EMULATORS": json.dumps({name: suite.ports[name] for name in EMULATORS}),
        "CHROMIUM_FOUND": chromium,
        "PICTURES": str(pictures),
    }
