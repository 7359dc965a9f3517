"""The worker's container can be built: what its Dockerfile copies is there, and is sent to the builder."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.workers.runpod_server import copy_image, is_sent_to_the_builder


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
