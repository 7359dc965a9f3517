"""Pipelines, which render: one Protocol, implemented by diffusers on a GPU and by the built-in renderer
without one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from mediaforge_worker import log
from mediaforge_worker.errors import unavailable
from mediaforge_worker.settings import Settings

OnProgress = Callable[[float], None]
SEEDS = 2**31  # the first is 0


@dataclass(frozen=True, slots=True)
class VideoWish:
    """`first_frame` and `last_frame` are encoded images."""

    duration_s: int
    fps: int
    has_audio: bool
    first_frame: bytes | None = None
    last_frame: bytes | None = None


@dataclass(frozen=True, slots=True)
class RenderRequest:
    """A request with its files loaded. `style_only` and `style_and_composition` are encoded images; `lora` is
    a `.safetensors` file, `trigger` the word that calls what it has learned. Of `count` images, each is drawn
    from its `seed_of`."""

    prompt: str
    negative_prompt: str
    style: str | None
    width_px: int
    height_px: int
    count: int
    seed: int
    style_only: tuple[bytes, ...] = ()
    style_and_composition: tuple[bytes, ...] = ()
    lora: Path | None = None
    lora_scale: float = 1.0
    trigger: str | None = None
    steps: int | None = None
    guidance_scale: float | None = None
    video: VideoWish | None = None

    @property
    def words(self) -> str:
        """All that the model is told. What a model does not read of a long prompt is its end: so the brand's
        word comes first, then the style."""
        return ", ".join(part for part in (self.trigger, self.style, self.prompt) if part)

    def seed_of(self, index: int) -> int:
        """The seed of the image with this number, counted from 0: those after the largest begin at 0."""
        return (self.seed + index) % SEEDS


@dataclass(frozen=True, slots=True)
class Rendered:
    """One finished file, of exactly the size that was asked for."""

    content: bytes
    extension: str
    content_type: str


class Pipeline(Protocol):
    """Renders requests. It is loaded once in the life of a worker."""

    def model(self, media_type: str) -> str:
        """The name of the model that renders this media type."""
        ...

    def fits(self, media_type: str, base_model: str) -> bool:
        """Whether weights that were trained on this model may be loaded into the one that renders this media
        type. Nothing is loaded to find out."""
        ...

    def render(self, request: RenderRequest, on_progress: OnProgress) -> Iterator[Rendered]:
        """Renders one file at a time. Calls `on_progress` with the share that is done, 0 to 1, as often as it
        can: an exception raised there stops the job. Raises WorkerError."""
        ...


def choose_pipeline(settings: Settings) -> Pipeline:
    """The pipeline on the GPU; with `PIPELINE=auto` the built-in one where there is no GPU. Raises
    WorkerError `no-gpu` where diffusers is asked for and cannot run: a picture by the built-in renderer is
    not what was paid for."""
    wanted = settings.pipeline
    if wanted != "local" and has_gpu():
        from mediaforge_worker.pipelines.gpu import DiffusersPipeline  # noqa: PLC0415

        log.info("pipeline.chosen", pipeline="diffusers", model=settings.image_model.id)
        return DiffusersPipeline(settings)
    if wanted == "diffusers":
        raise unavailable("no-gpu", "This worker has no GPU that can be used.")
    from mediaforge_worker.pipelines.local import LocalPipeline  # noqa: PLC0415

    log.info("pipeline.chosen", pipeline="local")
    return LocalPipeline()


def has_gpu() -> bool:
    try:
        import torch  # noqa: PLC0415 - seconds, and gigabytes, that a worker without a GPU spares
    except ImportError:
        return False
    return bool(torch.cuda.is_available())
