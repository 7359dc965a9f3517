"""The container's own command, and files in Cloud Storage."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mediaforge_trainer import store
from protocols.server import serving
from protocols.storage import StorageServer
from trainer_tests.conftest import ROOT, TRAINER, Trainer, arguments

Models = Callable[[str], Path]


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of an empty one, in a server that speaks Cloud Storage's protocol."""
    server = StorageServer()
    with serving(server) as origin:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", origin)
        monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "demo")
        store._client.cache_clear()
        yield "gs://bucket"
    store._client.cache_clear()


def test_a_file_of_cloud_storage_is_written_read_and_deleted(bucket: str) -> None:
    address = store.joined(f"{bucket}/brands/b1/", "progress.json")
    assert store.read(address) is None
    store.write(address, b"first")
    store.write(address, b"second")
    assert store.read(address) == b"second"
    for _ in range(2):
        store.delete(address)
    assert store.read(address) is None


def test_the_command_trains_from_cloud_storage_into_it(
    bucket: str, models: Models, pictures: list[str]
) -> None:
    references = []
    for path in map(Path, pictures):
        references.append(f"{bucket}/references/ann/{path.name}")
        store.write(references[-1], path.read_bytes())
    trainer = Trainer(f"{bucket}/brands/job1/model/", f"{bucket}/brands/job1/checkpoints/")
    done = subprocess.run(
        [sys.executable, "-m", "mediaforge_trainer", *arguments(models("sdxl"), references)],
        cwd=TRAINER,
        env={
            **{name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ},
            "PATH": os.defpath,
            "PYTHONPATH": f"{TRAINER}{os.pathsep}{ROOT / 'functions'}",
            "OMP_NUM_THREADS": "1",
            "HF_HUB_OFFLINE": "1",
            "STORAGE_EMULATOR_HOST": os.environ["STORAGE_EMULATOR_HOST"],
            "GOOGLE_CLOUD_PROJECT": "demo",
            **trainer.environment,
            "STEPS": "2",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "secret" not in done.stdout
    assert store.read(f"{bucket}/brands/job1/model/pytorch_lora_weights.safetensors")
    assert store.read(f"{bucket}/brands/job1/checkpoints/progress.json") == b'{"progress": 1.0}'
