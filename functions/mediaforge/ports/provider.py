"""Providers, who run the models: what one is asked, what it answers, and which models are out of order."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

SEEDS = 2**31
"""How many seeds there are; the first is 0."""


@dataclass(frozen=True, slots=True)
class ReferenceImage:
    """A reference in our bucket, or another file that a request goes on from. `mode` is `style_only` or
    `style_and_composition`; `uri` its `gs://` address, for providers that fetch it themselves; `load` its
    bytes, for those that do not (RejectedError when there is no such file, UnavailableError when Storage does
    not answer). `generation` is the writing of the file that was looked at; None where it was not."""

    path: str
    uri: str
    content_type: str
    mode: str
    load: Callable[[], bytes]
    generation: int | None = None


@dataclass(frozen=True, slots=True)
class VideoSpec:
    """What a video adds to a request. `resolution` is the catalogue's name (`720p`). With `extend_of`, an
    MP4, the video goes on where that one ends, by `duration_s`."""

    duration_s: int
    fps: int
    resolution: str
    has_audio: bool
    first_frame: ReferenceImage | None = None
    last_frame: ReferenceImage | None = None
    extend_of: ReferenceImage | None = None


@dataclass(frozen=True, slots=True)
class TrainedBrand:
    """A brand that is ready: the address of its weights, where training made any, and the references that it
    was trained on, for models that take a style from pictures. `base_model` is the model whose weights they
    are, `trigger` the word that calls the brand in a prompt; None of a brand of an earlier version."""

    id: str
    name: str
    model_uri: str | None
    references: Sequence[ReferenceImage] = ()
    base_model: str | None = None
    trigger: str | None = None


@dataclass(frozen=True, slots=True)
class TrainingSpec:
    """What a training adds to a request: the open model to train, and the word that is to call the brand."""

    base_model: str
    trigger: str


@dataclass(frozen=True, slots=True)
class WorkerSpec:
    """What a worker of our own is told of its model, by the catalogue: limits in seconds, and how it draws.
    `is_low_priority`: the request waits for a worker that runs anyway. `has_own_endpoint`: the endpoint of
    its kind has another model."""

    execution_s: int
    ttl_s: int
    is_low_priority: bool = False
    steps: int | None = None
    guidance_scale: float | None = None
    lora_scale: float = 1.0
    has_own_endpoint: bool = False


@dataclass(frozen=True, slots=True)
class ProviderRequest:
    """What a provider is asked for. `kind` is `image`, `video` or `training`; `prompt` is the user's, `style`
    the words of the style they chose. `attempt` counts from 1; `snoozes` is how often the provider said to
    wait. `edit_of` is the picture that the prompt says how to change; where `is_transparent`, there is to be
    nothing behind the subject. `limited_s` is for how many seconds the provider has been saying that a limit
    is reached; None where its last answer did not say so. `begun_s` is how many seconds ago the first attempt
    was begun, and `failed_handles` are those of operations that were started for the job and have failed. A
    training has `name` and its references, and no prompt.

    `scratch_uri` is a `gs://` folder of this attempt alone, whose files are copied and then deleted. The
    provider may call `webhook_url` when something has changed; the only secret in it is the webhook's own.
    `worker` is for workers of our own, None where the catalogue says nothing; `training` for trainings.
    `start_s_max` is how many seconds a start of this model may take at this size, None where the catalogue
    does not say."""

    job_id: str
    user_id: str
    kind: str
    model: str
    prompt: str
    negative_prompt: str
    style_id: str | None
    style: str
    aspect_ratio: str
    width_px: int
    height_px: int
    size: str
    count: int
    seed: int
    attempt: int
    snoozes: int
    scratch_uri: str
    references: Sequence[ReferenceImage] = ()
    edit_of: ReferenceImage | None = None
    is_transparent: bool = False
    video: VideoSpec | None = None
    brand: TrainedBrand | None = None
    name: str = ""
    webhook_url: str | None = None
    start_s_max: float | None = None
    limited_s: float | None = None
    begun_s: float = 0.0
    failed_handles: Sequence[str] = ()
    worker: WorkerSpec | None = None
    training: TrainingSpec | None = None

    def seed_of(self, index: int) -> int:
        """The seed of the picture with this number, counted from 0: those after the largest begin at 0."""
        return (self.seed + index) % SEEDS


@dataclass(frozen=True, slots=True)
class Asset:
    """One finished file."""

    content: bytes
    extension: str
    content_type: str


@dataclass(frozen=True, slots=True)
class StoredAsset:
    """One finished file that is in Cloud Storage already, at a `gs://` address in the scratch folder of its
    job. A file at any other place is not taken."""

    uri: str
    extension: str
    content_type: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The provider is done. `assets` may be made lazily, so that one at a time is in memory. `model_uri` is
    the address of the weights that a training made."""

    assets: Iterable[Asset | StoredAsset] = ()
    model_uri: str | None = None


@dataclass(frozen=True, slots=True)
class Running:
    """The provider is at work. `handle` is all that is needed to ask again, also in another process and with
    other settings; `progress` is from 0 to 1, None where the provider does not say."""

    handle: str
    poll_in_s: float
    progress: float | None = None


class Provider(Protocol):
    """Who runs a model. Its SDK is loaded inside these methods; its errors are mapped to ours in one place.
    Every call has a time limit. A provider repeats no call by itself: a repeat may cost twice."""

    def start(self, request: ProviderRequest) -> Finished | Running:
        """One call that may cost money. Raises RejectedError, ThrottledError or UnavailableError."""
        ...

    def poll(self, request: ProviderRequest, handle: str) -> Finished | Running:
        """What became of the long operation. Raises RejectedError when it was refused, LostError when it has
        failed or is gone, and ThrottledError or UnavailableError when only the question failed."""
        ...

    def cancel(self, handle: str) -> None:
        """Asks the provider to stop the long operation. That it has ended already is no error."""
        ...


class Breakers(Protocol):
    """Which models are out of order. Never raises: a job goes on where the breakers cannot be read."""

    def open_s(self, model: str) -> float:
        """For how many more seconds nobody is to call the model, as far as this instance knows. It is for
        callers who only look, and may not call the model after all."""
        ...

    def admit(self, model: str, call_s: float, who: str) -> float:
        """0 where `who` may call the model, else for how many more seconds they may not. After an outage one
        call at a time is let through, so `admit` has to be asked once for each call. `call_s` is how long the
        call may take."""
        ...

    def give_back(self, model: str, who: str) -> None:
        """`who` was admitted and does not call the model after all: if theirs was the one call that is let
        through after an outage, another call may be made in its place."""
        ...

    def note_failure(self, model: str, begun_at: datetime) -> None: ...

    def note_success(self, model: str, begun_at: datetime) -> None: ...
