"""A tiny model of each family, five pictures, and the trainer."""

import io
import os
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"  # read when the libraries are imported

import pytest
import torch
from PIL import Image

from mediaforge_trainer.__main__ import main
from mediaforge_worker.models import Profile
from mediaforge_worker.pipelines import RenderRequest
from mediaforge_worker.pipelines.gpu import DiffusersPipeline
from mediaforge_worker.settings import Chosen, Settings
from trainer_tests import tiny

torch.set_num_threads(1)  # more than there are free cores make it slower

TRAINER = Path(__file__).parents[1]
ROOT = TRAINER.parents[1]
TRIGGER = "mfqxzkvw"
FAMILIES = {"sdxl": tiny.sdxl, "flux2-klein": tiny.flux2_klein}
EDGE_PX = 64


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    made: dict[str, Path] = {}

    def model(family: str) -> Path:
        if family not in made:
            made[family] = FAMILIES[family](tmp_path_factory.mktemp(family))
        return made[family]

    return model


@pytest.fixture
def pictures(tmp_path: Path) -> list[str]:
    """Five, each of another colour."""
    paths = [tmp_path / "references" / f"{number}.png" for number in range(5)]
    paths[0].parent.mkdir()
    for number, path in enumerate(paths):
        path.write_bytes(png((40 * number, 255 - 40 * number, 90)))
    return [str(path) for path in paths]


def png(colour: tuple[int, int, int]) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (96, 80), colour).save(buffer, "PNG")
    return buffer.getvalue()


@dataclass(frozen=True)
class Ended:
    """How the trainer ended, and all that it said."""

    status: int
    said: str


@dataclass(frozen=True)
class Trainer:
    """The container's `main`, in this process: to load PyTorch anew for each training takes longer than the
    training."""

    model_folder: str
    checkpoint_folder: str

    def run(self, base_model: Path, references: list[str], **settings: str) -> Ended:
        return self.run_with(arguments(base_model, references), **settings)

    def run_with(self, given: list[str], **settings: str) -> Ended:
        said = io.StringIO()
        with redirect_stdout(said), redirect_stderr(said):
            status = main(given, self.environment | settings)
        return Ended(status, said.getvalue())

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AIP_MODEL_DIR": self.model_folder,
            "AIP_CHECKPOINT_DIR": self.checkpoint_folder,
            "STEPS": "20",
            "RESOLUTION": str(EDGE_PX),
            "RANK": "4",
            "LEARNING_RATE": "0.02",
        }


def arguments(base_model: Path, references: list[str]) -> list[str]:
    return [
        "--job-id=job1",
        "--name=A customer's secret name",
        f"--base-model={base_model}",
        f"--trigger={TRIGGER}",
        "--references",
        *references,
    ]


@pytest.fixture
def trainer(tmp_path: Path) -> Trainer:
    return Trainer(str(tmp_path / "model"), str(tmp_path / "checkpoints"))


def worker(model: Path, **profile: Any) -> DiffusersPipeline:
    """The product's own, on the processor."""
    known = Profile(**{"family": "tiny", "steps": 2, "dtype": "float32", **profile})
    return DiffusersPipeline(Settings(image_model=Chosen(str(model), known)), device="cpu")


def drawn(pipeline: DiffusersPipeline, prompt: str = "a lighthouse", **fields: Any) -> bytes:
    """The picture that the worker draws."""
    (rendered,) = pipeline.render(request_of(prompt, **fields), lambda _: None)
    return rendered.content


def request_of(prompt: str = "a lighthouse", **fields: Any) -> RenderRequest:
    usual: dict[str, Any] = {
        "negative_prompt": "",
        "style": None,
        "width_px": EDGE_PX,
        "height_px": EDGE_PX,
        "count": 1,
        "seed": 7,
    }
    return RenderRequest(prompt, **{**usual, **fields})
