"""The catalogue: models, prices, limits, tiers and styles. Data in `catalogue.toml`, not code.

It is validated as a whole when it is loaded: an error names the wrong key (`models.x.price_credits`).
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from mediaforge.domain import retirement
from mediaforge.domain.credits import PURCHASE_CREDITS_MAX
from mediaforge.domain.errors import CatalogueError, InvalidRequestError
from mediaforge.domain.jobs import queues
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.jobs.queues import Throughput
from mediaforge.domain.lanes import Lane
from mediaforge.domain.library.uploads import BYTES_MAX as UPLOAD_BYTES_MAX

Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,63}$")]
Ratio = Annotated[str, Field(pattern=r"^[1-9][0-9]?:[1-9][0-9]?$")]
EdgePx = Annotated[int, Field(ge=64, le=4096)]
Credits = Annotated[int, Field(ge=1, le=100_000)]
# A model is of a kind of job, or of this kind if it answers in words.
TEXT = "text"
MODEL_KINDS = (*JobKind, TEXT)


def _known_kind(kind: str) -> str:
    if kind not in MODEL_KINDS:
        raise ValueError(f"must be one of {', '.join(MODEL_KINDS)}")
    return kind


ModelKind = Annotated[str, AfterValidator(_known_kind)]

# A function is named after the queue and its lane, and may have 63 characters.
QueueName = Annotated[str, Field(pattern=r"^[a-z][A-Za-z0-9]{0,57}$")]


def _as_tuple(value: object) -> object:
    # TOML has arrays; a frozen value holds tuples.
    return tuple(value) if isinstance(value, list) else value


class _Frozen(BaseModel):
    # The schemas are built when the first catalogue is parsed: building them at
    # import would slow each cold start.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


class EdgeRange(_Frozen):
    """Free width and height between two bounds, where a model takes any size."""

    min: EdgePx
    max: EdgePx

    def has(self, edge_px: int) -> bool:
        return self.min <= edge_px <= self.max


class Sizes(_Frozen):
    """`px`: the [width, height] in pixels of each aspect ratio at scale 1. `scales`: the scales by their
    names (`2K`, `1080p`). `default_ratio`: the ratio of a request that names none."""

    default_ratio: Ratio
    scales: dict[str, Annotated[float, Field(gt=0, le=8)]]
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

    def size_px(self, ratio: str, size_name: str) -> tuple[int, int]:
        scale = self.scales[size_name]
        width_px, height_px = self.px[ratio]
        return round(width_px * scale), round(height_px * scale)


class _WithTuples(_Frozen):
    @model_validator(mode="before")
    @classmethod
    def _tuples(cls, raw: object) -> object:
        if not isinstance(raw, Mapping):
            return raw
        return {k: _as_tuple(v) for k, v in raw.items()}


# How long a model that answers at once may take. A start that is given up too early is
# billed, and repeated. The limit is below a worker's own (`config.WORKER_TIMEOUT_S`), so that
# there is time left to save the result.
StartSeconds = Annotated[int, Field(ge=10, le=270)]


CharsMax = Annotated[int, Field(ge=1, le=1_000_000)]


class Words(_Frozen):
    """How many characters a model reads. Of the prompt with its style and what it says of the references:
    `prompt_chars_max`, and `prompt_chars_max_with_pictures` where beside pictures fewer fit.
    `negative_chars_max`: of what the result must not show, which such a model reads apart."""

    prompt_chars_max: CharsMax | None = None
    prompt_chars_max_with_pictures: CharsMax | None = None
    negative_chars_max: CharsMax

    def faults(
        self, prompt: str, left_out: str, *, has_pictures: bool
    ) -> Iterator[tuple[Literal["prompt", "negativePrompt"], str]]:
        """What has too many characters, and a sentence about it. `prompt` is the whole one."""
        beside = self.prompt_chars_max_with_pictures if has_pictures else None
        most = beside or self.prompt_chars_max
        if most is not None and len(prompt) > most:
            where = " beside pictures" if beside else ""
            said = f"has {len(prompt)} characters with its style, and the model takes {most}{where}"
            yield "prompt", said
        if len(left_out) > self.negative_chars_max:
            said = f"has {len(left_out)} characters with that of the style"
            yield "negativePrompt", f"{said}, and the model takes {self.negative_chars_max}"


class Extending(_WithTuples):
    """How a model goes on with a video: by `adds_s` seconds, the first of which is the default. The video has
    at most `source_s_max` seconds, and one of the sizes `size_names`; without those, any size of the
    model."""

    adds_s: Annotated[tuple[Annotated[int, Field(ge=1, le=60)], ...], Field(min_length=1)]
    source_s_max: Annotated[int, Field(ge=1, le=600)]
    size_names: tuple[str, ...] = ()


class VideoOptions(_WithTuples):
    """The options of a video model; the first of each list is the default. Most models that take a last frame
    need a first frame with it; `takes_last_frame_alone` says which do not. Where `references_duration_s` is
    set, a video with references has that length; where `frames_duration_s_max` is set, a video with frames is
    no longer than that. `always_has_audio`: it makes no silent video. `extends` is there where the model goes
    on with a video that is finished."""

    durations_s: Annotated[tuple[Annotated[int, Field(ge=1, le=60)], ...], Field(min_length=1)]
    fps: Annotated[tuple[Annotated[int, Field(ge=1, le=60)], ...], Field(min_length=1)]
    has_audio: bool = False
    always_has_audio: bool = False
    takes_first_frame: bool = False
    takes_last_frame: bool = False
    takes_last_frame_alone: bool = False
    takes_frames_with_references: bool = True
    references_duration_s: Annotated[int, Field(ge=1, le=60)] | None = None
    frames_duration_s_max: Annotated[int, Field(ge=1, le=60)] | None = None
    extends: Extending | None = None

    @model_validator(mode="after")
    def _has_the_audio_that_it_always_has(self) -> Self:
        if self.always_has_audio and not self.has_audio:
            raise ValueError("always_has_audio needs has_audio")
        return self


class Enlarging(_Frozen):
    """How a model makes its reference larger: until its shorter edge is that of the size (2160 pixels for
    `2160p`), in the ratio that it has. The bill follows the pixels of the result, so they are bounded: the
    reference is no larger than the size, and its longer edge at most `ratio_max` times the shorter one."""

    ratio_max: Annotated[int, Field(ge=1, le=50)]

    def fault_of(self, width_px: int, height_px: int, shorter_px: int) -> str | None:
        """What is wrong with a reference of so many pixels, which is to get a shorter edge of `shorter_px`;
        None where it can be made larger."""
        shorter, longer = sorted((width_px, height_px))
        has = f"has {width_px}x{height_px} pixels"
        if longer > shorter * self.ratio_max:
            return f"{has}: its longer edge may be at most {self.ratio_max} times the shorter one"
        if shorter > shorter_px:
            return f"{has}: its shorter edge is longer already than the {shorter_px} asked for"
        return None

    def pixels_max(self, shorter_px: int) -> int:
        """The pixels of the largest result with that shorter edge."""
        return shorter_px * shorter_px * self.ratio_max


class Cost(_Frozen):
    """What a model costs us, in US cents, for what its price is for; `ct_by_size` where a size costs another,
    and `ct_a_reference` for each picture that is shown to it, in each asset.
    `ct_a_megapixel` is there where the bill follows the pixels of the result: then the others are what is
    usual. `source` is the page that says so, and `checked` is when it was last read. `until` is the last day
    on which it holds, for a price that its owner has said will end."""

    ct: Annotated[float, Field(ge=0, le=100_000)]
    ct_by_size: dict[str, Annotated[float, Field(ge=0, le=100_000)]] = {}
    ct_a_reference: Annotated[float, Field(ge=0, le=1_000)] = 0.0
    ct_a_megapixel: Annotated[float, Field(ge=0, le=1_000)] | None = None
    source: Annotated[str, Field(pattern=r"^https://[^\s]+$")]
    checked: date
    until: date | None = None


class WorkerOptions(_WithTuples):
    """What the deployer's own worker is told of a model. `execution_s` limits the work, `ttl_s` queue and
    work together. A request whose priority is in `low_priority_for` waits for a worker that runs anyway: it
    starts none. `steps` and `guidance_scale` are the worker's own where they are absent. `has_own_endpoint`:
    the kind's endpoint has another model, so this one needs an endpoint that is named for it.

    `base_models`: weights of brands that were trained on one of these fit the model; `lora_scale` is how much
    of them is used, 1 for all."""

    execution_s: Annotated[int, Field(ge=5, le=86_400)] = 900
    # An address is lent for ten minutes longer, and no signature is valid for more than a week.
    ttl_s: Annotated[int, Field(ge=10, le=7 * 24 * 3600 - 600)] = 7200
    low_priority_for: tuple[Literal["low", "normal", "high"], ...] = ()
    steps: Annotated[int, Field(ge=1, le=150)] | None = None
    guidance_scale: Annotated[float, Field(ge=0, le=30)] | None = None
    has_own_endpoint: bool = False
    base_models: tuple[Annotated[str, Field(min_length=1, max_length=256)], ...] = ()
    lora_scale: Annotated[float, Field(ge=0, le=2)] = 1.0

    @model_validator(mode="after")
    def _has_time_to_wait(self) -> Self:
        if self.execution_s >= self.ttl_s:
            raise ValueError("execution_s must be below ttl_s, which counts the queue, too")
        return self


class Model(_WithTuples):
    """One model. `provider` is its name in `roster`, or its file's in `providers/`; `queue` is the task
    function that runs it. `sizes` names a table of sizes, `size_names` the scales of that table that the
    model has, the default first.

    `price_credits` is for an image, a second of video, a training, or an answer; `price_credits_by_size`
    replaces it for a size that costs another price. `count_max` is how many assets one request may ask for.
    `references_min` is how many references a request needs. `edits_pictures`: it changes a picture as it is
    told to, and keeps the rest; the picture counts among the references. `keeps_ratio`: what it makes has the
    ratio of its reference. `enlarges`: it makes nothing but its reference, larger. `backgrounds` are those
    that its pictures may have, the default first.
    `run_s_max` is how long an operation may run before it is given up. `has_breaker` is false for a model
    without a provider that could be out of order. A model of kind `text` answers at once.

    `worker` is what a worker of our own is told. `base_model` is the open model that a training trains.

    `emulators_only`: the model is for development and not for sale; no deployed project has it. `bills` is
    false where a start costs us nothing. `cancel_stops_bill` says whether to stop an operation stops what it
    costs us. Where it does not, whoever cancels pays.

    `words` is there where a model reads fewer characters than a request may have.

    `has_gemini_api`: a key of the Gemini API is enough for it.

    `preview_sizes` are the sizes that its owner gives no guarantee for. From the day `retires` on its owner
    may shut the model down; None where no such day is known."""

    title: str
    kind: ModelKind
    provider: Id
    queue: QueueName = ""
    price_credits: Credits
    price_credits_by_size: dict[str, Credits] = {}
    count_max: Annotated[int, Field(ge=1, le=4)] = 1
    references_min: Annotated[int, Field(ge=0, le=50)] = 0
    references_max: Annotated[int, Field(ge=0, le=50)] = 0
    takes_brands: bool = False
    edits_pictures: bool = False
    keeps_ratio: bool = False
    enlarges: Enlarging | None = None
    backgrounds: Annotated[tuple[Literal["opaque", "transparent"], ...], Field(min_length=1)] = (
        "opaque",
    )
    run_s_max: Annotated[int, Field(ge=60, le=86_400)] = 3600
    start_s_max: StartSeconds | None = None
    start_s_max_by_size: dict[str, StartSeconds] = {}
    has_breaker: bool = True
    emulators_only: bool = False
    bills: bool = True
    cancel_stops_bill: bool = False
    sizes: Id = ""
    size_names: tuple[str, ...] = ()
    preview_sizes: tuple[str, ...] = ()
    free_size_px: EdgeRange | None = None
    video: VideoOptions | None = None
    words: Words | None = None
    has_gemini_api: bool = False
    cost: Cost | None = None
    retires: date | None = None
    worker: WorkerOptions | None = None
    base_model: Annotated[str, Field(max_length=256)] = ""

    @model_validator(mode="after")
    def _outlasts_its_worker(self) -> Self:
        if self.worker and self.run_s_max < self.worker.ttl_s:
            raise ValueError("run_s_max must not be below worker.ttl_s: both count the queue")
        return self

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> Self:
        needs = {
            "queue": self.queue or self.makes is None,
            "sizes": self.sizes or self.makes is None or not self.makes.traits.is_seen,
            "size_names": self.size_names or not self.sizes,
            "video": self.video or self.makes is not JobKind.VIDEO,
        }
        missing = [name for name, is_there in needs.items() if not is_there]
        if missing:
            raise ValueError(f"a model of kind {self.kind} needs {', '.join(missing)}")
        return self

    @model_validator(mode="after")
    def _enlarges_one_reference(self) -> Self:
        numbers = (self.references_min, self.references_max, self.count_max)
        if self.enlarges and not (self.keeps_ratio and numbers == (1, 1, 1)):
            raise ValueError("a model that enlarges needs keeps_ratio, and one reference")
        return self

    @property
    def makes(self) -> JobKind | None:
        """The kind of job that the model is for; None where it answers in words."""
        return JobKind(self.kind) if self.kind != TEXT else None

    @property
    def usual_price_credits(self) -> int:
        """Credits for one asset of the default size and length."""
        size_name = self.size_names[0] if self.size_names else ""
        return self.price_of(size_name, self.video.durations_s[0] if self.video else None)

    def price_of(self, size_name: str, duration_s: int | None = None) -> int:
        """Credits for one asset."""
        price_credits = self.price_credits_by_size.get(size_name, self.price_credits)
        return price_credits * (duration_s or 1)

    def cost_ct_of(
        self, size_name: str, duration_s: int | None = None, references: int = 0
    ) -> float | None:
        """What one asset costs us, in US cents, with so many references; None where nobody has said."""
        if self.cost is None:
            return None
        made_ct = self.cost.ct_by_size.get(size_name, self.cost.ct) * (duration_s or 1)
        return made_ct + self.cost.ct_a_reference * references

    def start_limit_s(self, size_name: str) -> int | None:
        """Seconds that a start may take; None where the provider decides."""
        return self.start_s_max_by_size.get(size_name, self.start_s_max)


class Queue(_Frozen):
    """One task function and its queue. `a_minute` is how many jobs a minute its provider takes from
    this project. `tasks_a_job` is how many tasks one job makes: one where the provider answers at
    once, else one for the start and one for each question. `p95_s`: 95 of 100 tasks take no more
    seconds; at most a worker's limit.

    On the emulators the machine is the only limit: `emulators_at_once` tasks of
    each lane run at once, at any rate."""

    a_minute: Annotated[int, Field(ge=1, le=100_000)]
    tasks_a_job: Annotated[int, Field(ge=1, le=1_000)] = 1
    p95_s: Annotated[int, Field(ge=1, le=540)]
    emulators_at_once: Annotated[int, Field(ge=1, le=100)] = 1

    @property
    def tasks_a_minute(self) -> int:
        return self.a_minute * self.tasks_a_job


class Tier(_WithTuples):
    """What an account may do. `a_day` is how many assets of each kind it may ask for on one day;
    a daily limit that is absent is none. `credits_an_hour_max` is where its fuse blows: beyond
    it new jobs wait for an operator.
    `lane` says whether what the account starts is paid for, and so in which queues it runs.
    `monthly_credits` are granted each month.
    `direction_refusals_a_day` is how many briefs the creative director may refuse: a refusal is free to the
    account. Teams are free, too, so `teams_a_day` always has a limit."""

    title: str
    jobs_at_once: Annotated[int, Field(ge=1, le=10_000)]
    submissions_a_minute: Annotated[int, Field(ge=1, le=100_000)]
    batch_rows_max: Annotated[int, Field(ge=1, le=100)]
    credits_an_hour_max: Annotated[int, Field(ge=1)]
    lane: Annotated[Lane, Field(strict=False)] = Lane.PAID
    monthly_credits: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    a_day: dict[Annotated[JobKind, Field(strict=False)], Annotated[int, Field(ge=0)]] = {}
    directions_a_day: Annotated[int, Field(ge=0)] | None = None
    direction_refusals_a_day: Annotated[int, Field(ge=0)] | None = None
    teams_a_day: Annotated[int, Field(ge=0)] = 20
    priorities: tuple[Literal["low", "normal", "high"], ...]
    models: tuple[Id, ...]


class Style(_Frozen):
    """A preset: words added to the prompt and to the negative prompt."""

    title: str
    prompt: str
    negative_prompt: str = ""


class Alias(_Frozen):
    """A retired name of a model: the model that it now means, and the sentence that the answer carries. The
    name may be of a model that is still there, but `retires`: then this is what takes its place."""

    model: Id
    note: str


class Offer(_Frozen):
    """Credits that are sold together, and what all of them cost. Stripe takes no less than about half a
    dollar, and no amount of more than eight digits."""

    credits: Annotated[int, Field(ge=1, le=PURCHASE_CREDITS_MAX)]
    price_cents: Annotated[int, Field(ge=50, le=99_999_999)]


class Purchases(_WithTuples):
    """What credits are sold for. `currency` is one that has a hundred cents."""

    currency: Literal["aud", "cad", "chf", "eur", "gbp", "nzd", "usd"]
    offers: Annotated[tuple[Offer, ...], Field(min_length=1, max_length=20)]

    @model_validator(mode="after")
    def _one_price_each(self) -> Self:
        if len({offer.credits for offer in self.offers}) < len(self.offers):
            raise ValueError("offers: the same credits are there twice")
        return self


AMinute = Annotated[int, Field(ge=1, le=100_000)]


class GateLimits(_Frozen):
    """How many requests a minute one instance lets in from one user, or one address, and how many refusals a
    minute it gives them. Every refusal of a user counts, except of a wrong field, which costs a few reads at
    most. For an address only refusals of callers who are not signed in count."""

    user_requests: AMinute
    user_refusals: AMinute
    address_requests: AMinute
    address_refusals: AMinute


class Limits(_Frozen):
    """Limits that no tier lifts. `project_credits_an_hour_max` is where the project's fuse blows,
    `free_credits_an_hour_max` where the free lane's does. `account_share_percent` is how much of the
    project's hour one account may start. `free_lane_percent` is what free work may use of a provider, in
    percent of what paying work may use beside it."""

    schedule_days_max: Annotated[int, Field(ge=1, le=30)]
    job_age_h_max: Annotated[int, Field(ge=1, le=24 * 31)]
    batches_open_max: Annotated[int, Field(ge=1, le=100)]
    batch_age_h_max: Annotated[int, Field(ge=1, le=24 * 31)]
    webhooks_max: Annotated[int, Field(ge=0, le=100)]
    exports_a_day: Annotated[int, Field(ge=0, le=10_000)]
    invite_days: Annotated[int, Field(ge=1, le=30)]
    uploads_files_max: Annotated[int, Field(ge=1, le=10_000)]
    uploads_bytes_max: Annotated[int, Field(ge=UPLOAD_BYTES_MAX, le=1_000_000_000_000)]
    api_keys_max: Annotated[int, Field(ge=1, le=1000)]
    open_invites_max: Annotated[int, Field(ge=1, le=1000)]
    project_credits_an_hour_max: Annotated[int, Field(ge=1)]
    gate_a_minute: GateLimits
    free_credits_an_hour_max: Annotated[int, Field(ge=1)]
    account_share_percent: Annotated[int, Field(ge=1, le=100)]
    free_lane_percent: Annotated[int, Field(ge=1, le=100)]

    @property
    def account_credits_an_hour_max(self) -> int:
        """Credits that one account may start in an hour, whatever its tier."""
        return max(1, self.project_credits_an_hour_max * self.account_share_percent // 100)


class Defaults(_Frozen):
    """`production` and `emulators` say for each kind which model is used for a request that names none."""

    production: dict[ModelKind, Id]
    emulators: dict[ModelKind, Id]
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
    queues: dict[QueueName, Queue]
    models: dict[Id, Model]
    tiers: dict[Id, Tier]
    styles: dict[Id, Style]
    aliases: dict[Id, Alias]
    purchases: Purchases

    @model_validator(mode="after")
    def _names_exist(self) -> Self:
        named = {
            **{
                f"defaults.{place}.{kind}": model_id
                for place, defaults in self._defaults().items()
                for kind, model_id in defaults.items()
            },
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
            f"defaults.{place}.{kind}: {model_id} makes no {kind}"
            for place, defaults in self._defaults().items()
            for kind, model_id in defaults.items()
            if model_id in self.models and self.models[model_id].kind != kind
        ]
        wrong += [
            f"defaults.{place}.{kind}: names no model"
            for place, defaults in self._defaults().items()
            for kind in MODEL_KINDS
            if kind not in defaults
        ]
        wrong += [
            f"defaults.production.{kind}: {model_id} is there on the emulators only"
            for kind, model_id in self.defaults.production.items()
            if model_id in self.models and self.models[model_id].emulators_only
        ]
        wrong += [line for model_id in self.models for line in self._wrong_sizes(model_id)]
        wrong += [
            f"models.{model_id}.queue: no queue is called {model.queue}"
            for model_id, model in self.models.items()
            if model.queue and model.queue not in self.queues
        ]
        wrong += [line for name in self.queues for line in self._wrong_throughput(name)]
        if self.defaults.tier not in self.tiers:
            wrong.append(f"defaults.tier: no tier is called {self.defaults.tier}")
        wrong += [
            line for old, alias in self.aliases.items() for line in self._wrong_alias(old, alias)
        ]
        if self.limits.free_credits_an_hour_max >= self.limits.project_credits_an_hour_max:
            wrong.append("limits.free_credits_an_hour_max: must be below that of the project")
        if wrong:
            raise ValueError("; ".join(wrong))
        return self

    def _defaults(self) -> dict[str, dict[str, str]]:
        return {"production": self.defaults.production, "emulators": self.defaults.emulators}

    def _wrong_sizes(self, model_id: str) -> list[str]:
        model = self.models[model_id]
        if not model.sizes:
            return []
        if model.sizes not in self.sizes:
            return [f"models.{model_id}.sizes: no table of sizes is called {model.sizes}"]
        return [
            f"models.{model_id}: the sizes {model.sizes} have no scale {name}"
            for name in (
                *model.size_names,
                *model.price_credits_by_size,
                *model.start_s_max_by_size,
                *model.preview_sizes,
                *(model.video.extends.size_names if model.video and model.video.extends else ()),
                *(model.cost.ct_by_size if model.cost else ()),
            )
            if name not in self.sizes[model.sizes].scales
        ]

    def _wrong_alias(self, old: str, alias: Alias) -> list[str]:
        """A model may have an alias only if it ends some day, and only to another one of its kind."""
        model, heir = self.models.get(old), self.models.get(alias.model)
        if model is None or heir is None:
            return []
        if model.retires is None:
            return [f"aliases.{old}: is also a model, which never retires"]
        if old == alias.model or heir.kind != model.kind:
            return [f"aliases.{old}.model: {alias.model} cannot take its place"]
        return []

    def _wrong_throughput(self, name: str) -> list[str]:
        """A queue's rate has to be one that Cloud Tasks can hand out."""
        found = self.throughput(name, Lane.PAID)
        if found.a_second <= queues.A_SECOND_MAX and found.at_once <= queues.AT_ONCE_MAX:
            return []
        most = f"{queues.A_SECOND_MAX} tasks a second and {queues.AT_ONCE_MAX} at once"
        return [
            f"queues.{name}: comes to {found.a_second:g} tasks a second and {found.at_once} at once; "
            f"Cloud Tasks has {most}"
        ]

    def in_production(self) -> "Catalogue":
        """The catalogue of a deployed project: without the models that exist on the emulators only."""
        left = self.without(name for name, model in self.models.items() if model.emulators_only)
        defaults = self.defaults.model_copy(update={"emulators": self.defaults.production})
        return left.model_copy(update={"defaults": defaults})

    def without(self, names: Iterable[str]) -> "Catalogue":
        """The catalogue without these models. Their aliases stay, and lead from their names to what takes
        their place."""
        dropped = set(names)
        models = {name: model for name, model in self.models.items() if name not in dropped}
        tiers = {
            name: tier.model_copy(update={"models": tuple(m for m in tier.models if m in models)})
            for name, tier in self.tiers.items()
        }
        aliases = {old: alias for old, alias in self.aliases.items() if alias.model in models}
        return self.model_copy(update={"models": models, "tiers": tiers, "aliases": aliases})

    def default_model(self, kind: str, today: date, *, is_emulated: bool) -> str:
        """The model of a request that names none. A default that is past its `retires`, and may be gone any
        day, leads to what takes its place."""
        defaults = self.defaults.emulators if is_emulated else self.defaults.production
        named = defaults[kind]
        model, heir = self.models.get(named), self.aliases.get(named)
        is_gone = model is None or retirement.is_past(model.retires, today)
        return heir.model if is_gone and heir is not None else named

    def tier_of(self, tier_id: str) -> Tier:
        """The account's tier. If that has left the catalogue, the default tier, so that what the
        account has begun can still be settled."""
        return self.tiers.get(tier_id) or self.tiers[self.defaults.tier]

    def lanes_of(self, queue: str) -> set[Lane]:
        """The lanes that have their own part of the queue: the paid lane always; the free lane where one of
        its tiers may use a model that runs on the queue."""
        models = {name for name, model in self.models.items() if model.queue == queue}
        used = {tier.lane for tier in self.tiers.values() if models & set(tier.models)}
        return {Lane.PAID, *used}

    def queue_of(self, model_id: str, lane: Lane) -> str | None:
        """The queue for the model's jobs of that lane; that of the paid lane where the lane has no part of
        its own. None where the model has left the catalogue."""
        model = self.models.get(model_id)
        if model is None:
            return None
        has_part = lane in self.lanes_of(model.queue)
        return queues.in_lane(model.queue, lane if has_part else Lane.PAID)

    def throughput(self, queue: str, lane: Lane, *, is_emulated: bool = False) -> Throughput:
        """The throughput of the queue's part for that lane. No tier may need the part any more: its remaining
        tasks still run. Raises CatalogueError where there is no such queue."""
        if queue not in self.queues:
            raise CatalogueError(
                f"catalogue.toml: queues.{queue}: missing, and main has its worker"
            )
        known = self.queues[queue]
        if is_emulated:
            return Throughput(queues.A_SECOND_MAX, known.emulators_at_once)
        is_alone = lane is Lane.PAID and Lane.FREE not in self.lanes_of(queue)
        free_percent = 0 if is_alone else self.limits.free_lane_percent
        return queues.throughput(known.tasks_a_minute, known.p95_s, lane, free_percent)

    def resolve(self, model_id: str) -> Resolved:
        """The model of that name, or of that retired name. Raises InvalidRequestError where there is none."""
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
    named = [part for part in loc if part != "[key]"]  # added where the key itself is wrong
    key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in named).lstrip(
        "."
    )
    text = message.removeprefix("Value error, ")
    return f"{key}: {text}" if key else text
