"""A step of the set-up is done once, redone when its inputs change, and never half done."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from mediaforge.contract.stripe_events import is_signing_secret
from tools import setup
from tools.setup import SetupError, Step


@pytest.fixture
def requirements(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(setup, "LOCAL", tmp_path / "state")
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


def test_a_missing_input_is_named(installation: Installation, tmp_path: Path) -> None:
    step = Step("x", "Doing x", [setup.ROOT / "nowhere.txt"], list, installation.run, tmp_path)

    with pytest.raises(SetupError, match=r"nowhere\.txt is missing"):
        step.do()


def test_settings_that_misdirect_pip_and_npm_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PYTHONPATH", "PIP_TARGET", "npm_config_omit", "NODE_ENV"):
        monkeypatch.setenv(name, "x")

    assert not {"PYTHONPATH", "PIP_TARGET"} & set(setup.python_environment())
    assert not {"npm_config_omit", "NODE_ENV"} & set(setup.node_environment())


def test_settings_that_say_where_packages_come_from_are_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("PIP_INDEX_URL", "PIP_CERT", "npm_config_registry"):
        monkeypatch.setenv(name, "x")

    assert {"PIP_INDEX_URL", "PIP_CERT"} <= set(setup.python_environment())
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
    mine = "MINE=1\nSTRIPE_WEBHOOK_SECRET=whsec_of_my_own\nRUNPOD_API_KEY=key\n"
    assert setup.with_secrets(mine) == mine
    assert setup.with_secrets(setup.with_secrets("")) == setup.with_secrets("")


def test_the_secret_that_earlier_set_ups_wrote_is_replaced_and_no_other() -> None:
    known = "MINE=1\nSTRIPE_WEBHOOK_SECRET=whsec_emulator\nRUNPOD_API_KEY=key\n"
    secret = setup.EMULATOR_SECRETS["STRIPE_WEBHOOK_SECRET"]
    assert setup.with_secrets(known).splitlines() == [
        "MINE=1",
        "RUNPOD_API_KEY=key",
        f"STRIPE_WEBHOOK_SECRET={secret}",
    ]


def test_the_emulators_secret_of_purchases_is_one_that_the_hook_takes() -> None:
    assert is_signing_secret(setup.EMULATOR_SECRETS["STRIPE_WEBHOOK_SECRET"])
