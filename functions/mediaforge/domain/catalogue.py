"""The catalogue: models, prices, limits, tiers and styles. Data in `catalogue.toml`, not code.

Validated as a whole when it is loaded: an error names the key of the line (`models.x.price_credits`).
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from mediaforge.domain.errors import CatalogueError, InvalidRequestError

Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,63}$")]
Ratio = Annotated[str, Field(pattern=r"^[1-9][0-9]?:[1-9][0-9]?$")]
EdgePx = Annotated[int, Field(ge=64, le=4096)]
Credits = Annotated[int, Field(ge=1, le=100_000)]


def _as_tuple(value: object) -> object:
    # TOML has arrays; a frozen value holds tuples.
    return tuple(value) if isinstance(value, list) else value


class _Frozen(BaseModel):
    # Built when the first catalogue is parsed, not at import, which every function pays for.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


class EdgeRange(_Frozen):
    """Free width and height between two bounds, where a model takes any size."""

    min: EdgePx
    max: EdgePx


class Sizes(_Frozen):
    """The [width, height] in pixels of each aspect ratio, and the ratio of a request that names none."""

    default_ratio: Ratio
    px: dict[Ratio, tuple[EdgePx, EdgePx]]

    @model_validator(mode="before")
    @classmethod
    def _pairs(cls, raw: object) -> object:
        if isinstance(raw, Mapping) and isinstance(raw.get("px"), Mapping):
            return {**raw, "px": {k: _as_tuple(v) for k, v in raw["px"].items()}}
        return raw

    @model_validator(mode="after")
    def _default_is_listed(self) -> Self:
        if self.default_ratio not in self.px:
            raise ValueError(f"default_ratio {self.default_ratio} is not in px")
        return self


class Model(_Frozen):
    """One model. `queue` is the task function that runs it; `sizes` names a table of sizes;
    `price_credits` is for one asset; `count_max` is how many one request may ask for."""

    title: str
    kind: Literal["image", "video"]
    provider: Literal["local", "vertex", "runpod"]
    queue: Annotated[str, Field(pattern=r"^[a-z][A-Za-z0-9]{0,62}$")]
    price_credits: Credits
    count_max: Annotated[int, Field(ge=1, le=4)] = 4
    references_max: Annotated[int, Field(ge=0, le=14)] = 0
    sizes: Id
    free_size_px: EdgeRange | None = None


class Tier(_Frozen):
    """What an account may do. A daily limit that is absent is no limit. `credits_an_hour_max` is where
    its fuse blows: beyond it new jobs wait for an operator. `monthly_credits` are granted each month."""

    title: str
    jobs_at_once: Annotated[int, Field(ge=1, le=10_000)]
    submissions_a_minute: Annotated[int, Field(ge=1, le=100_000)]
    batch_rows_max: Annotated[int, Field(ge=1, le=100)]
    credits_an_hour_max: Annotated[int, Field(ge=1)]
    monthly_credits: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    images_a_day: Annotated[int, Field(ge=0)] | None = None
    videos_a_day: Annotated[int, Field(ge=0)] | None = None
    priorities: tuple[Literal["low", "normal", "high"], ...]
    models: tuple[Id, ...]

    @model_validator(mode="before")
    @classmethod
    def _tuples(cls, raw: object) -> object:
        if not isinstance(raw, Mapping):
            return raw
        return {k: _as_tuple(v) for k, v in raw.items()}


class Style(_Frozen):
    """A preset: words added to the prompt and to the negative prompt."""

    title: str
    prompt: str
    negative_prompt: str = ""


class Alias(_Frozen):
    """A retired name: what it resolves to, and the sentence the answer carries."""

    model: Id
    note: str


class Limits(_Frozen):
    """Limits that no tier lifts."""

    schedule_days_max: Annotated[int, Field(ge=1, le=30)]
    job_age_h_max: Annotated[int, Field(ge=1, le=24 * 31)]
    invite_days: Annotated[int, Field(ge=1, le=30)]
    project_credits_an_hour_max: Annotated[int, Field(ge=1)]


class Defaults(_Frozen):
    """The model of a request that names none, by kind, in production and on the emulators."""

    image: Id
    emulators_image: Id
    tier: Id
    welcome_credits: Annotated[int, Field(ge=0, le=100_000)]


@dataclass(frozen=True, slots=True)
class Resolved:
    """A model by its present id; `note` says so where the request used a retired name."""

    id: str
    model: Model
    note: str | None = None


class Catalogue(_Frozen):
    defaults: Defaults
    limits: Limits
    sizes: dict[Id, Sizes]
    models: dict[Id, Model]
    tiers: dict[Id, Tier]
    styles: dict[Id, Style]
    aliases: dict[Id, Alias]

    @model_validator(mode="after")
    def _names_exist(self) -> Self:
        named = {
            "defaults.image": self.defaults.image,
            "defaults.emulators_image": self.defaults.emulators_image,
            **{f"aliases.{old}.model": alias.model for old, alias in self.aliases.items()},
            **{
                f"tiers.{tier_id}.models[{i}]": model_id
                for tier_id, tier in self.tiers.items()
                for i, model_id in enumerate(tier.models)
            },
        }
        wrong = [
            f"{key}: no model is called {name}"
            for key, name in named.items()
            if name not in self.models
        ]
        wrong += [
            f"models.{model_id}.sizes: no table of sizes is called {model.sizes}"
            for model_id, model in self.models.items()
            if model.sizes not in self.sizes
        ]
        if self.defaults.tier not in self.tiers:
            wrong.append(f"defaults.tier: no tier is called {self.defaults.tier}")
        wrong += [f"aliases.{old}: is also a model" for old in self.aliases if old in self.models]
        if wrong:
            raise ValueError("; ".join(wrong))
        return self

    def tier_of(self, tier_id: str) -> Tier:
        """The tier an account names; the default where it has left the catalogue, so that what the
        account has begun can still be settled."""
        return self.tiers.get(tier_id) or self.tiers[self.defaults.tier]

    def resolve(self, model_id: str) -> Resolved:
        """The model of that name or of that retired name; InvalidRequestError for neither."""
        if model_id in self.models:
            return Resolved(model_id, self.models[model_id])
        if model_id in self.aliases:
            alias = self.aliases[model_id]
            return Resolved(alias.model, self.models[alias.model], alias.note)
        known = ", ".join(sorted(self.models))
        raise InvalidRequestError.of("model", f"there is no such model; there are {known}")


def parse(text: str) -> Catalogue:
    """The catalogue in `text` (TOML). Raises CatalogueError with one line for each wrong key."""
    try:
        return Catalogue.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise CatalogueError(f"catalogue.toml is not TOML: {error}") from error
    except ValidationError as error:
        lines = [_line(list(e["loc"]), e["msg"]) for e in error.errors()]
        raise CatalogueError("catalogue.toml: " + "\n".join(lines)) from error


def _line(loc: list[int | str], message: str) -> str:
    key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc).lstrip(".")
    text = message.removeprefix("Value error, ")
    return f"{key}: {text}" if key else text
