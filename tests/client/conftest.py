"""The JavaScript client as an app has it: packed, and installed beside `firebase` into an empty project."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tools.setup import JS_CLIENT, node_environment

MODULES = JS_CLIENT / "node_modules"
BINARIES = MODULES / ".bin"
# What is packed, and what it is built and measured with.
SOURCES = ("package.json", "README.md", "src", "tsconfig.json", "size.mjs")
ENDS_WITHIN_S = 600


def run(
    folder: Path, command: Sequence[str | Path], **variables: str
) -> subprocess.CompletedProcess[str]:
    """What a command says in this folder."""
    return subprocess.run(
        list(map(str, command)),
        cwd=folder,
        env=node_environment() | variables,
        capture_output=True,
        text=True,
        timeout=ENDS_WITHIN_S,
        check=False,
    )


def succeed(folder: Path, command: Sequence[str | Path], **variables: str) -> str:
    done = run(folder, command, **variables)
    assert not done.returncode, f"{done.stdout[-4000:]}\n{done.stderr[-2000:]}"
    return done.stdout


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package, built in a folder of its own: another run may build in the checkout."""
    assert MODULES.is_dir(), "clients/js is not set up: `python3 -m tools.setup tests`"
    folder = tmp_path_factory.mktemp("package")
    for name in SOURCES:
        source = JS_CLIENT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    (folder / "node_modules").symlink_to(MODULES)
    succeed(folder, ["npm", "run", "--silent", "build"])
    return folder


@pytest.fixture(scope="session")
def packed(built: Path) -> Path:
    said = succeed(built, ["npm", "pack", "--ignore-scripts", "--json"])
    (package,) = json.loads(said)
    return built / str(package["filename"])


@pytest.fixture(scope="session")
def project(packed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty project with the package, and with the tests of the client. It is installed without a network:
    `firebase` and what the tests need are those of the set-up."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "package.json").write_text('{"name": "project", "private": true, "type": "module"}')
    options = ["--offline", "--legacy-peer-deps", "--ignore-scripts", "--no-audit", "--no-fund"]
    succeed(folder, ["npm", "install", *options, packed])
    for name in ("firebase", "esbuild", "playwright-core"):
        (folder / "node_modules" / name).symlink_to(MODULES / name)
    for test in (JS_CLIENT / "test").iterdir():
        shutil.copy(test, folder)
    return folder
