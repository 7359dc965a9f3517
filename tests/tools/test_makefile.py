"""What the Makefile decides before any tool of ours runs."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tools.setup import ROOT

CHECKS = [
    "format",
    "lint",
    "types",
    "imports",
    "catalogue",
    "contract",
    "client",
    "studio",
    "sheets",
    "docs",
    "deploy",
]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The Makefile, beside tools that do nothing but say their names."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    tools = tmp_path / ".venv" / "bin"
    tools.mkdir(parents=True)
    for name in ("python", "ruff", "mypy", "lint-imports"):
        _script(tools / name, f'echo "ran {name} $*"; exit ${{{name.replace("-", "_")}_fails:-0}}')
    return tmp_path


def _script(file: Path, text: str) -> None:
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)


def make(checkout: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    command = [shutil.which("make") or "make", *arguments]
    environment = {**kept, **variables}
    return subprocess.run(
        command, cwd=checkout, env=environment, capture_output=True, text=True, check=False
    )


def ran(output: str) -> list[str]:
    return [
        line.removeprefix("ran ").strip() for line in output.splitlines() if line.startswith("ran ")
    ]


def test_check_runs_every_tool_and_names_those_that_failed(checkout: Path) -> None:
    done = make(checkout, "check", "PYTHON=true", ruff_fails="1", mypy_fails="1")

    assert done.returncode
    failed = [line for line in done.stderr.splitlines() if line.endswith(" failed")]
    assert sorted(failed) == ["check-format failed", "check-lint failed", "check-types failed"]
    assert "A check failed: see above." in done.stderr.splitlines()
    assert len(ran(done.stdout)) == len(CHECKS)


def test_check_ends_well_where_every_tool_does(checkout: Path) -> None:
    done = make(checkout, "check", "PYTHON=true")

    assert not done.returncode, done.stderr
    assert len(ran(done.stdout)) == len(CHECKS)


@pytest.mark.parametrize(
    ("installed", "used"),
    [
        (["python3.11"], "python3.11"),
        (["python3", "python3.11"], "python3"),
        (["python3"], "python3"),
    ],
)
def test_the_set_up_begins_with_the_python_that_is_there(
    installed: list[str], used: str, checkout: Path
) -> None:
    folder = checkout / "bin"
    folder.mkdir()
    for name in ("sh", "sed"):
        (folder / name).symlink_to(str(shutil.which(name)))
    for name in installed:
        _script(folder / name, f'echo "ran {name} $*"')

    done = make(checkout, "setup", PATH=str(folder))

    assert ran(done.stdout) == [f"{used} -m tools.setup"], done.stderr


def test_without_any_python_the_set_up_says_what_to_install(checkout: Path) -> None:
    (checkout / "bin").mkdir()
    (checkout / "bin" / "sh").symlink_to(str(shutil.which("sh")))

    done = make(checkout, "setup", PATH=str(checkout / "bin"))

    assert done.returncode
    assert "Python 3.11 is needed: install it" in done.stderr


def test_the_folder_of_the_data_is_named_on_the_command_line_only(checkout: Path) -> None:
    _script(checkout / ".venv" / "bin" / "python", 'echo "ran with $MEDIAFORGE_DATA"')

    assert ran(make(checkout, "serve", "PYTHON=true", "DATA=a $b").stdout) == ["with a $b"]
    assert ran(make(checkout, "serve", "PYTHON=true", DATA="/home").stdout) == ["with"]


def test_the_operators_command_gets_its_words_and_a_project_from_the_command_line_only(
    checkout: Path,
) -> None:
    asked = "ARGS=accounts block user_x --reason 'spam bots'"
    _script(checkout / ".venv" / "bin" / "python", 'for word in "$@"; do echo "ran $word"; done')
    words = ["-m", "tools.ops", "accounts", "block", "user_x", "--reason", "spam bots"]

    assert ran(make(checkout, "ops", "PYTHON=true", asked, PROJECT="mine").stdout) == words
    of_project = make(checkout, "ops", "PYTHON=true", asked, "PROJECT=shop", "REGION=europe-west4")
    there = ["--project", "shop", "--region", "europe-west4"]
    assert ran(of_project.stdout) == [*words[:2], *there, *words[2:]]


def test_the_operators_command_sets_up_nothing_where_it_can_be_run(checkout: Path) -> None:
    assert ran(make(checkout, "ops", "ARGS=health").stdout) == ["python -m tools.ops health"]


def test_a_deploy_is_made_only_where_the_command_line_says_so(checkout: Path) -> None:
    python = "python -m ops.deploy"
    asked = make(checkout, "deploy", "PYTHON=true", "TO=staging", APPLY="1")
    assert ran(asked.stdout)[-1] == f"{python} staging"
    told = make(checkout, "deploy", "PYTHON=true", "TO=staging", "APPLY=1")
    assert ran(told.stdout)[-1] == f"{python} staging --apply"
    assert ran(make(checkout, "deploy", "PYTHON=true", TO="production").stdout)[-1] == python


@pytest.mark.parametrize("name", ["PROMPT", "KIND", "MODEL", "BATCH"])
def test_the_demo_gets_what_it_is_asked_for_as_it_was_written(checkout: Path, name: str) -> None:
    script = f'echo "ran with {name}=${name}"'
    _script(checkout / ".venv" / "bin" / "python", script)

    asked = make(checkout, "demo", "PYTHON=true", f'{name}=a `$b` "c"')
    assert ran(asked.stdout) == [f'with {name}=a `$b` "c"']
