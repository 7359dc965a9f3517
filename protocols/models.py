"""What the real models take, read from `models.toml`."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

_PATH = Path(__file__).with_name("models.toml")


class KnownModel(BaseModel):
    """A model as its owner's pages describe it. Lengths are in seconds. `candidates_max`: answers to one
    request. `frames_max`: pictures that a video begins and ends with, where the request has no fields for
    each. `has_gemini_api`: a key of the Gemini API is enough for it. `sources` are the pages that say so."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    does: Literal["image", "text", "veo", "omni"]
    sources: tuple[str, ...]
    locations: tuple[str, ...]
    ratios: tuple[str, ...] = ()
    sizes: dict[str, float] = {}
    references_max: int = 0
    reference_types: tuple[str, ...] = ()
    reference_uses: tuple[str, ...] = ()
    lengths_s: tuple[int, ...] = ()
    references_length_s: int | None = None
    frames_max: int = 0
    frames_length_s_max: int | None = None
    fps: tuple[int, ...] = ()
    videos_max: int = 1
    candidates_max: int = 1
    extends_by_s: int | None = None
    extends_sizes: tuple[str, ...] = ()
    has_gemini_api: bool = False


class KnownSizes(BaseModel):
    """What a model of another service makes: the names of its sizes, and its lengths in seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sources: tuple[str, ...]
    sizes: tuple[str, ...]
    lengths_s: tuple[int, ...] = ()


class KnownTrainings(BaseModel):
    """Where Vertex AI trains, and on what: `accelerators` are those of a family of machine types
    (`g2-standard` of `g2-standard-8`); none where it is empty."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sources: tuple[str, ...]
    locations: tuple[str, ...]
    accelerators: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Facts:
    """`px` are the pixels at scale 1, by what a model does and by ratio. `elsewhere` are the models of other
    services than Google's, by our names."""

    models: dict[str, KnownModel]
    trainings: KnownTrainings
    px: dict[str, dict[str, tuple[int, int]]]
    elsewhere: dict[str, KnownSizes]

    def size_px(self, model: KnownModel, ratio: str, size: str) -> tuple[int, int]:
        width, height = self.px[model.does][ratio]
        scale = model.sizes[size]
        return round(width * scale), round(height * scale)

    def named(self, does: str) -> set[str]:
        return {name for name, model in self.models.items() if model.does == does}


@cache
def read_facts() -> Facts:
    raw = tomllib.loads(_PATH.read_text(encoding="utf-8"))
    models = {name: KnownModel.model_validate(entry) for name, entry in raw["models"].items()}
    px = {
        does: {ratio: (width, height) for ratio, (width, height) in table.items()}
        for does, table in raw["px"].items()
    }
    elsewhere = {n: KnownSizes.model_validate(entry) for n, entry in raw["elsewhere"].items()}
    return Facts(models, KnownTrainings.model_validate(raw["trainings"]), px, elsewhere)
