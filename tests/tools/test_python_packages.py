"""What a lock lists is what is installed, on any day: by uv, by pip, and by the pip of the cloud."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.tools.package_index import (
    Index,
    Wheel,
    as_locked,
    newer,
    normal,
    pinned_in,
    version_of,
)
from tools import python_packages
from tools.commands import run
from tools.python_packages import (
    INSTALLER_VARIABLE,
    locked_uv,
    make_venv,
    pip_command,
    pip_environment,
)
from tools.setup import FUNCTIONS_VENV, LOCAL, ROOT, SetupError


class Pip(NamedTuple):
    version: str
    sha256: str


FUNCTIONS_LOCK = ROOT / "functions" / "requirements.txt"
WORKER_LOCK = ROOT / "workers" / "runpod" / "requirements.lock.txt"
GPU_LOCK = ROOT / "workers" / "runpod" / "requirements-gpu.lock.txt"
TRAINER_LOCK = ROOT / "workers" / "trainer" / "requirements.lock.txt"
# The first that installs the lock: pip 23 asks for hashes of extras (`google-auth[pyopenssl]`) that a lock
# names without them.
OLDEST_PIP = Pip("24.0", "ba0d021a166865d2265246961bec0152ff124de910c5cc39f1156ce3fa7c69dc")
LOCKS = [ROOT / "requirements-dev.txt", FUNCTIONS_LOCK, WORKER_LOCK, GPU_LOCK, TRAINER_LOCK]


@pytest.fixture(params=["uv", "pip"])
def installer(request: pytest.FixtureRequest, index: Index, monkeypatch: pytest.MonkeyPatch) -> str:
    """The ways that the set-up has; both get packages from `index` and from nowhere else."""
    if request.param == "uv" and locked_uv() is None:
        pytest.skip("there is no uv for this machine")
    monkeypatch.setenv(INSTALLER_VARIABLE, request.param)
    return str(request.param)


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Index:
    """The user's pip knows it; and has settings that would change what is installed, and where."""
    forget_settings(monkeypatch)
    made = Index(tmp_path / "simple")
    constraints = tmp_path / "constraints.txt"
    constraints.write_text("blinker<1\n")
    settings = tmp_path / "pip.conf"
    settings.write_text(
        f"[global]\nindex-url = {made.url}\nextra-index-url =\nfind-links =\n"
        f"constraint = {constraints}\n[install]\ntarget = {tmp_path / 'elsewhere'}\nuser = true\n"
    )
    monkeypatch.setenv("PIP_CONFIG_FILE", str(settings))
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    return made


def forget_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("installer", "lock"),
    [*(("uv", lock) for lock in LOCKS), ("pip", LOCKS[0]), ("pip", FUNCTIONS_LOCK)],
    indirect=["installer"],
    ids=lambda given: given if isinstance(given, str) else str(given.relative_to(ROOT)),
)
def test_newer_releases_change_nothing(
    lock: Path, installer: str, index: Index, tmp_path: Path
) -> None:
    pinned = pinned_in(lock)
    index.offer(map(as_locked, pinned))
    index.offer(map(newer, pinned))
    today = tmp_path / "lock.txt"
    today.write_text(index.locked(pinned))

    make_venv(tmp_path / "venv", today)

    assert installed_in(tmp_path / "venv") == {
        normal(line.name): version_of(line) for line in pinned if is_wanted(line)
    }


def test_nothing_is_looked_up_that_the_lock_does_not_list(
    installer: str, index: Index, tmp_path: Path
) -> None:
    index.offer([Wheel("one", "1.0", ["two[more]>=1"]), Wheel("two", "1.0")])
    lock = tmp_path / "lock.txt"
    lock.write_text(index.locked([Requirement("one==1.0")]))

    make_venv(tmp_path / "venv", lock)

    assert installed_in(tmp_path / "venv") == {"one": "1.0"}


def test_another_file_under_the_same_version_is_refused(
    installer: str, index: Index, tmp_path: Path
) -> None:
    index.offer([Wheel("one", "1.0")])
    lock = tmp_path / "lock.txt"
    lock.write_text(index.locked([Requirement("one==1.0")]))
    index.offer([Wheel("one", "1.0", ["two"])])

    with pytest.raises(SetupError, match=rf"(?s)one.*{installer} could not install"):
        make_venv(tmp_path / "venv", lock)


def test_an_environment_is_made_from_nothing(installer: str, index: Index, tmp_path: Path) -> None:
    index.offer([Wheel("one", "1.0"), Wheel("two", "1.0")])
    lock = tmp_path / "lock.txt"
    for name in ("one", "two"):
        lock.write_text(index.locked([Requirement(f"{name}==1.0")]))
        make_venv(tmp_path / "venv", lock)

    assert installed_in(tmp_path / "venv") == {"two": "1.0"}


# What is deployed ---------------------------------------------------------------------------


@pytest.fixture(scope="session", params=["the oldest", "the newest"])
def clouds_pip(request: pytest.FixtureRequest) -> Sequence[str]:
    """The oldest and the newest pip that may install what is deployed; which one the cloud has is not known.
    The newest is the one of our own lock."""
    if request.param == "the newest":
        return [sys.executable, "-m", "pip"]
    wheel = LOCAL / "oldest-pip" / f"pip-{OLDEST_PIP.version}-py3-none-any.whl"
    if not wheel.is_file():
        requirement = LOCAL / "oldest-pip.txt"
        requirement.write_text(f"pip=={OLDEST_PIP.version} --hash=sha256:{OLDEST_PIP.sha256}\n")
        get = [
            "download",
            "--quiet",
            "--no-deps",
            "--dest",
            str(wheel.parent),
            "-r",
            str(requirement),
        ]
        done = run([*pip_command(), *get], pip_environment())
        if done.returncode:
            pytest.skip(f"pip {OLDEST_PIP.version} cannot be had here: {done.stdout[-300:]}")
    return [sys.executable, str(wheel / "pip")]


def test_the_clouds_pip_takes_the_deployed_lock_whatever_is_new(
    clouds_pip: Sequence[str], index: Index, tmp_path: Path
) -> None:
    """There nobody can keep it from resolving: it must find all that it looks for in the lock. The wheels are
    made up, with the real requirements: with the real ones this takes more than a minute."""
    pinned = pinned_in(FUNCTIONS_LOCK)
    index.offer(map(as_locked, pinned))
    index.offer(map(newer, pinned))
    lock, report = tmp_path / "requirements.txt", tmp_path / "report.json"
    lock.write_text(index.locked(pinned))
    environment = {**os.environ, "PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": index.url}

    command = [*clouds_pip, "install", "--dry-run", "--ignore-installed"]
    command += ["--quiet", "--disable-pip-version-check", "--report", str(report), "-r", str(lock)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert not done.returncode, done.stdout + done.stderr
    found = [one["metadata"] for one in json.loads(report.read_text())["install"]]
    assert {normal(one["name"]): one["version"] for one in found} == {
        normal(line.name): version_of(line) for line in pinned if is_wanted(line)
    }


def test_the_deployed_lock_lists_all_that_its_packages_require() -> None:
    listed = {normal(line.name): version_of(line) for line in pinned_in(FUNCTIONS_LOCK)}
    packages = {normal(one.name): one for one in distributions_in(FUNCTIONS_VENV)}
    assert set(packages) <= set(listed)

    seen: set[tuple[str, str]] = set()
    left = [(name, "") for name in sorted(packages)]
    while left:
        name, extra = left.pop()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        for wanted in map(Requirement, packages[name].requires or []):
            if wanted.marker and not wanted.marker.evaluate({"extra": extra}):
                continue
            required = canonicalize_name(wanted.name)
            assert required in listed, f"{name} requires {wanted}"
            assert wanted.specifier.contains(listed[required], prereleases=True), (
                f"{name}: {wanted}"
            )
            left += [(required, asked) for asked in wanted.extras]


@pytest.mark.parametrize(
    "locks", [(WORKER_LOCK, GPU_LOCK), (TRAINER_LOCK,)], ids=["worker", "trainer"]
)
def test_a_container_installs_its_locks_and_nothing_else(locks: tuple[Path, ...]) -> None:
    text = (locks[0].parent / "Dockerfile").read_text(encoding="utf-8")
    installs = [line for line in text.splitlines() if "pip install" in line]

    assert len(installs) == len(locks)
    assert all("--require-hashes --no-deps" in line for line in installs)
    for lock in locks:
        assert [line for line in installs if lock.name in line]


# uv itself ----------------------------------------------------------------------------------

UV_9 = Wheel("uv", "9.9.9", script="#!/bin/sh\necho uv 9.9.9\n")


def lock_uv(index: Index, tmp_path: Path, uv: Wheel = UV_9) -> Path:
    index.offer([uv])
    lock = tmp_path / "requirements-dev.txt"
    lock.write_text(index.locked([Requirement(f"uv=={uv.version}")]))
    return lock


def test_uv_is_the_one_that_the_lock_names(index: Index, tmp_path: Path) -> None:
    lock = lock_uv(index, tmp_path)
    index.offer([Wheel("uv", "10.0", script="#!/bin/sh\necho uv 10.0\n")])

    binary = locked_uv(tmp_path / "uv", lock)

    assert binary is not None
    assert subprocess.check_output([binary], text=True) == "uv 9.9.9\n"


def test_uv_is_installed_anew_when_the_lock_names_another(index: Index, tmp_path: Path) -> None:
    locked_uv(tmp_path / "uv", lock_uv(index, tmp_path))
    newer_uv = Wheel("uv", "10.0", script="#!/bin/sh\necho uv 10.0\n")

    binary = locked_uv(tmp_path / "uv", lock_uv(index, tmp_path, newer_uv))

    assert binary is not None
    assert subprocess.check_output([binary], text=True) == "uv 10.0\n"


def test_an_interrupted_installation_of_uv_is_none(index: Index, tmp_path: Path) -> None:
    broken = tmp_path / "uv.part" / "bin" / "uv"
    broken.parent.mkdir(parents=True)
    broken.write_text("half")

    binary = locked_uv(tmp_path / "uv", lock_uv(index, tmp_path))

    assert binary == tmp_path / "uv" / "bin" / "uv"
    assert binary.read_text() != "half"


def test_a_machine_that_uv_is_not_made_for_has_none(index: Index, tmp_path: Path) -> None:
    foreign = Wheel("uv", "9.9.9", tag="py3-none-win_arm64")

    assert locked_uv(tmp_path / "uv", lock_uv(index, tmp_path, foreign)) is None


def test_a_uv_that_does_not_run_here_is_none(index: Index, tmp_path: Path) -> None:
    other_libc = Wheel("uv", "9.9.9", script="#!/lib/ld-of-another-libc\n")

    assert locked_uv(tmp_path / "uv", lock_uv(index, tmp_path, other_libc)) is None


def test_without_the_index_set_up_ends_with_pips_reason(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = lock_uv(index, tmp_path)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "1")

    with pytest.raises(SetupError, match=r"(?s)Connection refused.*needs the package index"):
        locked_uv(tmp_path / "uv", lock)


# Settings -----------------------------------------------------------------------------------


def test_uv_gets_packages_from_where_pip_would(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_settings(monkeypatch)
    settings = tmp_path / "pip.conf"
    settings.write_text(
        "[global]\nindex-url = https://one.test/simple\n"
        "extra-index-url =\n    https://two.test/simple\n    https://three.test/simple\n"
        f"find-links = {tmp_path} {tmp_path / 'missing'}\ncert = /bundle.pem\ndefault-timeout = 7\n"
        "retries = 3\n"
        "[install]\nindex-url = https://four.test/simple\n"
    )
    monkeypatch.setenv("PIP_CONFIG_FILE", str(settings))
    monkeypatch.setenv("PIP_PROXY", "http://proxy.test")

    told = python_packages.uv_environment()

    expected = {
        "UV_DEFAULT_INDEX": "https://four.test/simple",
        "UV_INDEX": "https://two.test/simple https://three.test/simple",
        "UV_FIND_LINKS": str(tmp_path),
        "SSL_CERT_FILE": "/bundle.pem",
        "UV_HTTP_TIMEOUT": "7",
        "UV_HTTP_RETRIES": "3",
        "ALL_PROXY": "http://proxy.test",
    }
    assert {name: told.get(name) for name in expected} == expected


def test_what_only_pip_understands_is_said_in_words_of_uv(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_settings(monkeypatch)
    (tmp_path / "wheels").mkdir()
    settings = tmp_path / "pip.conf"
    settings.write_text(
        "[global]\ntimeout = 15.5\ncert = ~/bundle.pem\nfind-links = ~/wheels ~/missing\n"
    )
    monkeypatch.setenv("PIP_CONFIG_FILE", str(settings))
    monkeypatch.setenv("HOME", str(tmp_path))

    told = python_packages.uv_environment()

    expected = {
        "UV_HTTP_TIMEOUT": "16",
        "SSL_CERT_FILE": str(tmp_path / "bundle.pem"),
        "UV_FIND_LINKS": str(tmp_path / "wheels"),
    }
    assert {name: told.get(name) for name in expected} == expected


def test_what_uv_was_told_itself_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forget_settings(monkeypatch)
    monkeypatch.setenv("PIP_INDEX_URL", "https://pip.test/simple")
    monkeypatch.setenv("UV_INDEX_URL", "https://uv.test/simple")

    told = python_packages.uv_environment()

    assert told["UV_INDEX_URL"] == "https://uv.test/simple"
    assert "UV_DEFAULT_INDEX" not in told


def test_settings_that_change_what_is_installed_are_dropped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("PYTHONPATH", "PIP_TARGET", "UV_CONSTRAINT", "UV_EXCLUDE_NEWER", "UV_PYTHON"):
        monkeypatch.setenv(name, "x")

    for environment in (python_packages.pip_environment(), python_packages.uv_environment()):
        assert not {"PYTHONPATH", "PIP_TARGET", "UV_CONSTRAINT", "UV_EXCLUDE_NEWER"} & set(
            environment
        )
        assert "UV_PYTHON" not in environment


def test_a_python_without_pip_is_answered_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Debian's without python3.11-venv: neither a pip nor the one for new environments."""
    bare = tmp_path / "python"
    bare.write_text("#!/bin/sh\necho No module named pip\nexit 1\n")
    bare.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(bare))
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)

    with pytest.raises(SetupError, match=r"has no pip.*python3\.11-venv"):
        python_packages.pip_command()


# --------------------------------------------------------------------------------------------


def is_wanted(line: Requirement) -> bool:
    return line.marker is None or line.marker.evaluate()


def distributions_in(venv: Path) -> list[metadata.Distribution]:
    (packages,) = venv.glob("lib/python3.11/site-packages")
    return list(metadata.distributions(path=[str(packages)]))


def installed_in(venv: Path) -> dict[str, str]:
    return {normal(one.name): one.version for one in distributions_in(venv)}
