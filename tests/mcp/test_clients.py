"""Programs of assistants that we have not written ask the door, over HTTP: the official SDK, the one for
TypeScript, and the public inspector, each in every era that it speaks. The world behind is in memory."""

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mediaforge import bootstrap
from tests.support.assistant import THUMBNAIL, going_world, key_of, served
from tests.support.world import World

HERE = Path(__file__).parent
PYTHON = HERE / "venv" / "bin" / "python"
PACKAGES = HERE / "node_modules"
NOT_SET_UP = "the programs of assistants are not installed: `python3 -m tools.setup tests`"
NAMES = ["generate_image", "generate_video", "get_job", "submit_batch", "list_models"]
ENDS_WITHIN_S = 120
LEGACY, MODERN = "2025-11-25", "2026-07-28"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = going_world()
    monkeypatch.setattr(bootstrap, "backend", lambda: world.backend)
    return world


@pytest.fixture
def url(world: World) -> Iterator[str]:
    assert PYTHON.exists(), NOT_SET_UP
    assert PACKAGES.is_dir(), NOT_SET_UP
    with served() as origin:
        yield f"{origin}/mcp"


def said_by(*command: str | Path) -> Any:
    ended = subprocess.run(
        list(map(str, command)),
        env={"PATH": os.environ["PATH"], "NO_PROXY": "127.0.0.1", "HOME": str(HERE)},
        capture_output=True,
        timeout=ENDS_WITHIN_S,
        check=False,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def node() -> str:
    found = shutil.which("node")
    assert found is not None
    return found


def assert_has_seen_the_picture(world: World, said: Any, version: str) -> None:
    (job,) = world.jobs()
    assert job.output is not None
    assert said == {
        "version": version,
        "tools": NAMES,
        "job": job.id,
        "file": job.output.image_urls[0],
        "kinds": ["text", "resource_link", "image"],
        "preview": base64.b64encode(THUMBNAIL).decode(),
        "balance": 98,
        "isError": True,
        "error": "invalid-request",
    }


@pytest.mark.parametrize(
    ("mode", "version"), [("auto", MODERN), ("legacy", LEGACY), (MODERN, MODERN)]
)
def test_the_official_sdk(world: World, url: str, mode: str, version: str) -> None:
    said = said_by(PYTHON, HERE / "python_client.py", url, key_of(world), mode)
    assert_has_seen_the_picture(world, said, version)


@pytest.mark.parametrize(
    ("package", "mode", "version"),
    [
        ("@modelcontextprotocol/sdk", "default", LEGACY),
        ("@modelcontextprotocol/client", "default", LEGACY),
        ("@modelcontextprotocol/client", "auto", MODERN),
    ],
)
def test_the_sdk_for_typescript(
    world: World, url: str, package: str, mode: str, version: str
) -> None:
    said = said_by(node(), HERE / "node_client.mjs", url, key_of(world), package, mode)
    assert_has_seen_the_picture(world, said, version)


def inspected(url: str, key: str, era: str, method: str, *options: str) -> Any:
    return said_by(
        PACKAGES / ".bin" / "mcp-inspector",
        *("--cli", url, "--transport", "http", "--header", f"Authorization: Bearer {key}"),
        *("--protocol-era", era, "--method", method, *options),
    )


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_the_inspector_in_strict_mode(world: World, url: str, era: str) -> None:
    key = key_of(world)
    listed = inspected(url, key, era, "tools/list", "--strict")
    assert [tool["name"] for tool in listed["tools"]] == NAMES
    asked = ("--tool-name", "generate_image", "--tool-arg", "prompt=a fox")
    started = inspected(url, key, era, "tools/call", *asked)
    job_id = started["structuredContent"]["jobId"]
    looked = ("--tool-name", "get_job", "--tool-arg", f"jobId={job_id}")
    seen = inspected(url, key, era, "tools/call", *looked)
    assert [block["type"] for block in seen["content"]] == ["text", "resource_link", "image"]
    assert seen["structuredContent"]["done"] is True
