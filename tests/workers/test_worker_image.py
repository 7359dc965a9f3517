"""The worker's container can be built: what its Dockerfile copies is there, and is sent to the builder."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.workers.runpod_server import copy_image, is_sent_to_the_builder
from tools.setup import ROOT


def test_whatever_the_dockerfile_copies_is_sent_to_the_builder(tmp_path: Path) -> None:
    copy_image(tmp_path)
    assert (tmp_path / "handler.py").is_file()
    assert (tmp_path / "mediaforge" / "providers" / "decoding.py").is_file()


def test_the_guarded_decoder_has_all_that_it_imports(tmp_path: Path) -> None:
    copy_image(tmp_path)
    subprocess.run(
        [sys.executable, "-c", "import mediaforge.providers.decoding"],
        check=True,
        env={"PYTHONPATH": str(tmp_path)},
    )


def test_the_trainers_container_can_be_built_and_begins(tmp_path: Path) -> None:
    """Without PyTorch it gets as far as its pictures: that these cannot be used is known before the model is
    loaded."""
    copy_image(tmp_path, ROOT / "workers" / "trainer")
    arguments = ["--job-id=j", "--name=n", "--base-model=m", "--trigger=t", "--references", "no"]
    done = subprocess.run(
        [sys.executable, "-m", "mediaforge_trainer", *arguments],
        check=False,
        cwd=tmp_path,
        env={"AIP_MODEL_DIR": str(tmp_path / "model")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 65, done.stderr
    assert "picture 0 is not there" in done.stdout


@pytest.mark.parametrize("name", ["Dockerfile", "requirements.txt"])
def test_the_trainer_has_the_workers_libraries_and_base(name: str) -> None:
    """Weights are loaded by what they were saved by."""
    worker, trainer = (ROOT / "workers" / each for each in ("runpod", "trainer"))
    if name == "Dockerfile":
        base = "ARG BASE_IMAGE=pytorch/"
        lines = [
            [each for each in (folder / name).read_text().splitlines() if each.startswith(base)]
            for folder in (worker, trainer)
        ]
        assert lines[0] == lines[1] != []
        return
    ours = set((worker / "requirements-gpu.txt").read_text().splitlines())
    theirs = set((trainer / name).read_text().splitlines())
    shared = ("diffusers", "transformers", "accelerate", "peft", "safetensors")
    assert {each for each in ours if each.startswith(shared)} <= theirs


@pytest.mark.parametrize(
    ("path", "is_sent"),
    [
        ("workers/runpod/requirements.lock.txt", True),
        ("workers/runpod/mediaforge_worker/job.py", True),
        ("workers/runpod/mediaforge_worker/__pycache__", False),
        ("workers/runpod/mediaforge_worker/__pycache__/job.pyc", False),
        ("functions/mediaforge/config.py", False),
        ("functions/mediaforge", False),
        (".git/config", False),
        ("functions/.secret.local", False),
    ],
)
def test_nothing_else_is_sent_to_the_builder(path: str, is_sent: bool) -> None:
    assert is_sent_to_the_builder(path) is is_sent
