"""Who runs a model: what it is asked, what it answers, and whether it is in order."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ReferenceImage:
    """A reference in our bucket. `mode` is `style_only` or `style_and_composition`; `uri` its
    `gs://` address, for providers that fetch it themselves; `load` its bytes, for those that do not
    (RejectedError when there is no such file, UnavailableError when Storage does not answer)."""

    path: str
    uri: str
    content_type: str
    mode: str
    load: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class VideoSpec:
    """What a video adds to a request. `resolution` is the catalogue's name (`720p`)."""

    duration_s: int
    fps: int
    resolution: str
    has_audio: bool
    first_frame: ReferenceImage | None = None
    last_frame: ReferenceImage | None = None


@dataclass(frozen=True, slots=True)
class TrainedBrand:
    """A brand that is ready: the address of its weights, where training made any, and what it was
    trained on, for models that take a style from pictures."""

    id: str
    name: str
    model_uri: str | None
    references: Sequence[ReferenceImage] = ()


@dataclass(frozen=True, slots=True)
class ProviderRequest:
    """What a provider is asked for. `kind` is `image`, `video` or `training`; `prompt` is the user's,
    `style` the words of the style they chose. `attempt` counts from 1; `snoozes` is how often the
    provider said to wait, and `limited_s` for how many seconds it has said of a limit that it is reached,
    None where it did not the last time. A training has `name` and its references, and no prompt.

    `scratch_uri` is a `gs://` folder of this attempt alone, whose files are copied and then deleted.
    `webhook_url` may be called when something has changed; it carries no secret but its own.
    `start_s_max` is how long the start of this model may take at this size, where the catalogue says."""

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
    video: VideoSpec | None = None
    brand: TrainedBrand | None = None
    name: str = ""
    webhook_url: str | None = None
    start_s_max: float | None = None
    limited_s: float | None = None


@dataclass(frozen=True, slots=True)
class Asset:
    """One finished file."""

    content: bytes
    extension: str
    content_type: str


@dataclass(frozen=True, slots=True)
class StoredAsset:
    """One finished file that lies in Cloud Storage already, at a `gs://` address in the scratch folder of its
    job: from anywhere else none is taken."""

    uri: str
    extension: str
    content_type: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The provider is done. `assets` may be made lazily: one is in memory at a time. `model_uri` is the
    address of the weights that a training made."""

    assets: Iterable[Asset | StoredAsset] = ()
    model_uri: str | None = None


@dataclass(frozen=True, slots=True)
class Running:
    """The provider works on it. `handle` is all that is needed to ask again, in another process and
    with other settings; `progress` is from 0 to 1, where the provider says."""

    handle: str
    poll_in_s: float
    progress: float | None = None


class Provider(Protocol):
    """Who runs a model. Its SDK is loaded inside these methods; its errors are mapped to ours in one
    place. Every call has a time limit, and none is repeated inside: a repeat may cost twice."""

    def start(self, request: ProviderRequest) -> Finished | Running:
        """One call that may cost money. Raises RejectedError, ThrottledError or UnavailableError."""
        ...

    def poll(self, request: ProviderRequest, handle: str) -> Finished | Running:
        """What became of what was started. Raises RejectedError when it was refused, LostError when it
        has failed or is gone; ThrottledError or UnavailableError when only the question failed."""
        ...

    def cancel(self, handle: str) -> None:
        """Asks for the end of what was started; that it has ended already is no error."""
        ...


class Breakers(Protocol):
    """Which models are out of order. Never raises: who cannot ask goes on."""

    def open_s(self, model: str) -> float:
        """For how many seconds more nobody is to call the model, as far as is known here: for who only
        looks, and may not call after all."""
        ...

    def admit(self, model: str, call_s: float, who: str) -> float:
        """0 where the model may be called, else for how many seconds more it may not. After an outage one
        call at a time is let through, so this is asked once for each; it may take `call_s`."""
        ...

    def give_back(self, model: str, who: str) -> None:
        """`who` was admitted and calls nobody: if they were the one to try, another may."""
        ...

    def note_failure(self, model: str, begun_at: datetime) -> None: ...

    def note_success(self, model: str, begun_at: datetime) -> None: ...
