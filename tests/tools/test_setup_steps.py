"""A step of the set-up is done once, redone when its inputs change, and never half done; what it has
started ends with it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from mediaforge.contract.stripe_events import is_signing_secret
from tests.tools.suite_run import wait_until
from tools import python_packages, setup, steps
from tools.commands import COMMANDS, StoppedError, run
from tools.processes import PROC
from tools.setup import SetupError, Step

LIMIT_S = 60.0


@pytest.fixture
def requirements(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(steps, "LOCAL", tmp_path / "state")
    file = tmp_path / "requirements.txt"
    file.write_text("one==1")
    return file


class Installation:
    """Stands for pip: counts its runs, and fails when told to."""

    def __init__(self, requirements: Path) -> None:
        self.runs = 0
        self.fails = False
        self.result = requirements.with_name("installed")
        self.step = Step(
            "install",
            "Installing",
            [requirements],
            lambda: [self.result],
            self.run,
            state=requirements.parent / "state",
        )

    def run(self) -> None:
        self.runs += 1
        self.result.touch()
        if self.fails:
            raise SetupError("no network")


@pytest.fixture
def installation(requirements: Path) -> Installation:
    return Installation(requirements)


def test_a_step_is_done_once(installation: Installation) -> None:
    setup.ensure([installation.step])
    setup.ensure([installation.step])

    assert installation.runs == 1


def test_a_step_is_redone_when_its_inputs_change(
    installation: Installation, requirements: Path
) -> None:
    setup.ensure([installation.step])
    requirements.write_text("one==2")
    setup.ensure([installation.step])

    assert installation.runs == 2


def test_a_step_is_redone_when_an_input_was_renamed(
    installation: Installation, requirements: Path
) -> None:
    before = installation.step.fingerprint()
    renamed = replace(
        installation.step, inputs=[requirements.rename(requirements.with_name("renamed.txt"))]
    )

    assert renamed.fingerprint() != before


def test_the_studio_is_built_anew_for_its_sources_and_not_for_what_is_made_or_tests() -> None:
    (build,) = (step for step in setup.studio_build_steps() if step.name == "studio")
    inputs = {path.relative_to(setup.ROOT).as_posix() for path in build.inputs}

    assert {
        "web/app/layout.tsx",
        "web/public/sw.js",
        "web/styles/theme.css",
        "web/build/scripts-to-files.mjs",
        "web/next.config.ts",
        "web/package-lock.json",
        "clients/js/src/index.ts",
    } <= inputs
    made_or_tests = re.compile(
        r"^web/(node_modules|out|e2e|\.next)/|\.test\.tsx?$|tsbuildinfo$|next-env"
    )
    assert not [name for name in inputs if made_or_tests.search(name)]


def test_a_step_is_redone_when_its_output_was_deleted(installation: Installation) -> None:
    setup.ensure([installation.step])
    installation.result.unlink()
    setup.ensure([installation.step])

    assert installation.runs == 2


def test_a_step_that_failed_is_redone_although_its_output_is_there(
    installation: Installation,
) -> None:
    installation.fails = True
    with pytest.raises(SetupError):
        setup.ensure([installation.step])
    installation.fails = False
    setup.ensure([installation.step])

    assert installation.runs == 2


def test_a_failed_redo_takes_the_old_stamp_away(
    installation: Installation, requirements: Path
) -> None:
    setup.ensure([installation.step])
    requirements.write_text("one==2")
    installation.fails = True
    with pytest.raises(SetupError):
        setup.ensure([installation.step])
    requirements.write_text("one==1")  # back to what the stamp said before

    assert not installation.step.is_done()


def test_two_at_once_do_a_step_once(installation: Installation) -> None:
    both = [threading.Thread(target=setup.ensure, args=([installation.step],)) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()

    assert installation.runs == 1


# Two lanes at a time ------------------------------------------------------------------------


class Lane:
    """A step whose command has a child of its own and never ends by itself."""

    def __init__(self, name: str, folder: Path) -> None:
        self.pids = folder / name
        self.stopped_with: Exception | None = None
        self.step = Step(name, f"Doing {name}", [], list, self.run, state=folder / "state")

    def run(self) -> None:
        script = f"sleep 600 & echo $$ $! > {self.pids}.part; mv {self.pids}.part {self.pids}; wait"
        try:
            run(["/bin/sh", "-c", script], os.environ)
        except StoppedError as error:
            self.stopped_with = error
            raise

    def wait_until_it_runs(self) -> None:
        assert wait_until(self.pids.exists, LIMIT_S)

    def assert_it_ended(self) -> None:
        """The command and its child."""
        pids = [int(pid) for pid in self.pids.read_text().split()]
        assert len(pids) == 2
        assert wait_until(lambda: not any(map(is_alive, pids)), LIMIT_S)


def is_alive(pid: int) -> bool:
    """A dead one that nobody has asked about yet is not."""
    try:
        os.kill(pid, 0)
        state = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0]
    except ProcessLookupError:
        return False
    except OSError:  # gone in between; or a system that has no /proc
        return not PROC.joinpath("self").exists()
    return state != "Z"


def test_lanes_run_side_by_side(requirements: Path, tmp_path: Path) -> None:
    both = threading.Barrier(2, timeout=LIMIT_S)

    def meet() -> None:
        both.wait()

    pair = [Step(name, name, [], list, meet, tmp_path) for name in "ab"]

    setup.ensure([pair[0]], [pair[1]])

    assert all(step.is_done() for step in pair)


def test_a_failure_ends_what_the_other_lane_runs(requirements: Path, tmp_path: Path) -> None:
    lane = Lane("long", tmp_path)

    def fail() -> None:
        lane.wait_until_it_runs()
        raise SetupError("no network")

    failing = Step("failing", "Failing", [], list, fail, state=tmp_path / "state")
    with pytest.raises(SetupError, match="no network"):
        setup.ensure([lane.step], [failing])

    lane.assert_it_ended()
    assert not lane.step.is_done()


def test_after_a_failure_the_other_lane_starts_nothing_more(
    requirements: Path, tmp_path: Path
) -> None:
    lane, next_lane = Lane("long", tmp_path), Lane("next", tmp_path)

    def fail() -> None:
        lane.wait_until_it_runs()
        raise SetupError("no network")

    failing = Step("failing", "Failing", [], list, fail, state=tmp_path / "state")
    with pytest.raises(SetupError):
        setup.ensure([lane.step, next_lane.step], [failing])

    assert not next_lane.pids.exists()


def test_after_a_failure_set_up_can_be_started_again(
    installation: Installation, tmp_path: Path
) -> None:
    COMMANDS.stop()

    def run_something() -> None:
        run(["true"], os.environ)

    runs = Step("runs", "Running", [], list, run_something, tmp_path)

    setup.ensure([installation.step], [runs])

    assert runs.is_done()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_what_both_lanes_run(number: signal.Signals, tmp_path: Path) -> None:
    script = tmp_path / "set_up.py"
    script.write_text(
        "import signal, sys\n"
        "from pathlib import Path\n"
        "from tests.tools.test_setup_steps import Lane\n"
        "from tools import setup, steps\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a shell's `&` ignores it
        "folder = Path(sys.argv[1])\n"
        "steps.LOCAL = folder / 'state'\n"
        "setup.python_steps = lambda: [Lane('python', folder).step]\n"
        "setup.node_steps = lambda: [Lane('node', folder).step]\n"
        "setup.PYTHON_VERSION = sys.version_info[:2]\n"
        "sys.exit(setup.main())\n"
    )
    environment = {**os.environ, "PYTHONPATH": f"{setup.ROOT}:{setup.ROOT / 'functions'}"}
    process = subprocess.Popen([sys.executable, script, tmp_path], env=environment)
    lanes = [Lane(name, tmp_path) for name in ("python", "node")]
    for lane in lanes:
        lane.wait_until_it_runs()

    process.send_signal(number)

    assert process.wait(LIMIT_S) == (130 if number == signal.SIGINT else 128 + number)
    for lane in lanes:
        lane.assert_it_ended()
        assert not lane.step.is_done()


# --------------------------------------------------------------------------------------------


def test_environments_that_pip_made_before_are_made_anew() -> None:
    maker = setup.ROOT / "tools" / "python_packages.py"

    assert all(maker in step.inputs for step in setup.python_steps())


def test_a_missing_input_is_named(installation: Installation, tmp_path: Path) -> None:
    step = Step("x", "Doing x", [setup.ROOT / "nowhere.txt"], list, installation.run, tmp_path)

    with pytest.raises(SetupError, match=r"nowhere\.txt is missing"):
        step.do()


def test_settings_that_misdirect_pip_and_npm_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PYTHONPATH", "PIP_TARGET", "npm_config_omit", "NODE_ENV"):
        monkeypatch.setenv(name, "x")

    assert not {"PYTHONPATH", "PIP_TARGET"} & set(python_packages.python_environment())
    assert not {"npm_config_omit", "NODE_ENV"} & set(setup.node_environment())


def test_settings_that_say_where_packages_come_from_are_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("PIP_INDEX_URL", "PIP_CERT", "UV_DEFAULT_INDEX", "npm_config_registry"):
        monkeypatch.setenv(name, "x")

    assert {"PIP_INDEX_URL", "PIP_CERT", "UV_DEFAULT_INDEX"} <= set(
        python_packages.python_environment()
    )
    assert "npm_config_registry" in setup.node_environment()


def test_a_missing_node_is_answered_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(SetupError, match=r"install Node\.js 20 or newer"):
        setup.require_node()


def test_an_old_node_is_answered_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    node = tmp_path / "node"
    node.write_text("#!/bin/sh\necho v18.1.0\n")
    node.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(SetupError, match=r"Node.js is v18\.1\.0, which is too old"):
        setup.require_node()


def test_the_emulators_secrets_are_added_to_what_is_there() -> None:
    assert setup.with_secrets("").splitlines() == [
        f"{name}={value}" for name, value in setup.EMULATOR_SECRETS.items()
    ]
    mine = "".join(f"{name}=of_my_own\n" for name in ["MINE", *setup.EMULATOR_SECRETS])
    assert setup.with_secrets(mine) == mine
    assert setup.with_secrets(setup.with_secrets("")) == setup.with_secrets("")


def test_the_secret_that_earlier_set_ups_wrote_is_replaced_and_no_other() -> None:
    name = "STRIPE_WEBHOOK_SECRET"
    mine = [f"{other}=of_my_own" for other in ["MINE", *setup.EMULATOR_SECRETS] if other != name]
    known = "\n".join([*mine[:1], f"{name}=whsec_emulator", *mine[1:], ""])
    assert setup.with_secrets(known).splitlines() == [
        *mine,
        f"{name}={setup.EMULATOR_SECRETS[name]}",
    ]


def test_the_emulators_secret_of_purchases_is_one_that_the_hook_takes() -> None:
    assert is_signing_secret(setup.EMULATOR_SECRETS["STRIPE_WEBHOOK_SECRET"])
