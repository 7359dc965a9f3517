"""The worker's own environment, made once, and its container's files."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workers.runpod_server import RunPodApi, copy_image, ensure_worker_venv, running_api


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    ensure_worker_venv()
    folder = tmp_path_factory.mktemp("image")
    copy_image(folder)
    return folder


@pytest.fixture(scope="module")
def api(image: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunPodApi]:
    """A worker without a GPU and without a key."""
    with running_api(image, {}, tmp_path_factory.mktemp("api") / "log") as api:
        yield api
