"""What the services need from the outside, as narrow Protocols. Implemented in `adapters`, `providers`.

Every write is safe to repeat, every call may raise BusyError; a crash may come between any two.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from mediaforge.contract.documents import Ref

D = TypeVar("D")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Query:
    """Documents of one collection. `where` are (field, operator, value) with `==`, `<=`, `>`, `in`;
    `order_by` fields, with a leading `-` for descending. `collection` may be a subcollection's path."""

    collection: str
    where: Sequence[tuple[str, str, Any]] = ()
    order_by: Sequence[str] = ()
    limit: int | None = None


@dataclass(slots=True)
class Written:
    """A document as a commit left it. `version` is the adapter's, and None until then."""

    path: str
    version: Any = None


class Transaction(Protocol):
    """A unit of work. All reads come before the first write; everything is committed at once, or
    nothing is. Optimistic: the commit fails, and the work is done anew, when a document that it read
    and writes has changed meanwhile. What a decision rests on therefore has to be written by it: here
    that is always the account or the job."""

    def prefetch(self, *refs: Ref[Any]) -> None:
        """Reads them in one round trip; `get` then answers from what was read."""
        ...

    def get(self, ref: Ref[D]) -> D | None: ...

    def find(self, kind: type[D], query: Query) -> list[D]:
        """What cannot be read is left out, with an error in the log, and does not count for the limit: it
        must not stop the others."""
        ...

    def create(self, ref: Ref[D], value: D) -> None:
        """Fails the whole commit when the document exists."""
        ...

    def put(self, ref: Ref[D], value: D) -> Written:
        """Writes every field of `value`, over what was read, or anew where nothing was. A document
        that was not read is overwritten: only for a projection of one that was.

        A write that changes no field is no new version: it is checked itself, but nobody else's
        commit fails because of it. What others decide on has to be changed."""
        ...

    def delete(self, ref: Ref[Any]) -> None:
        """What is gone already is not an error, unless it was read and was there."""
        ...


class Documents(Protocol):
    """The database."""

    def get(self, ref: Ref[D]) -> D | None: ...

    def find(self, kind: type[D], query: Query) -> list[D]:
        """As in a transaction, but each query of a moment of its own."""
        ...

    def find_ids(self, query: Query) -> list[str]:
        """Their ids, whatever is in them: one document that cannot be read does not hide the rest."""
        ...

    def sum(self, field: str, query: Query) -> int:
        """The sum of a whole-number field over the documents, added up by the database."""
        ...

    def transact(self, work: Callable[[Transaction], T], after: Written | None = None) -> T:
        """Runs `work` until its commit meets no other writer; `work` may run several times, so it
        must have no effect but through the transaction. BusyError when it met too many.

        The document of `after` is not read again on the first try: `get` answers what was written. If
        somebody has written since, the commit fails like any other and all is read anew; so `work`
        has to write it."""
        ...


@dataclass(frozen=True, slots=True)
class Task:
    """A delivery of a job to the task function `queue`. `id` makes a second enqueue a no-op."""

    queue: str
    id: str
    job_id: str
    not_before: datetime | None = None


class Tasks(Protocol):
    def enqueue(self, task: Task) -> None:
        """A task that exists already is not an error."""
        ...


class Media(Protocol):
    """Files under fixed names: saving again overwrites, deleting what is gone is not an error."""

    def save(self, path: str, content: bytes, content_type: str, token: str) -> str:
        """Stores the file and returns its address; `token` lets whoever knows it read the file."""
        ...

    def uri(self, path: str) -> str:
        """The `gs://` address of a path, for providers that read and write there themselves."""
        ...

    def copy(self, uri: str, path: str, content_type: str, token: str) -> str | None:
        """As `save`, of a file that Storage holds at a `gs://` address already; None when it is not
        there. A file that lies at `path` already is given its type and token."""
        ...

    def load(self, path: str) -> bytes | None: ...

    def exists(self, path: str) -> bool: ...

    def list(self, prefix: str) -> Sequence[str]:
        """Every path that begins with `prefix`."""
        ...

    def delete(self, paths: Iterable[str]) -> None: ...


class Clock(Protocol):
    def now(self) -> datetime:
        """UTC, aware."""
        ...


@dataclass(frozen=True, slots=True)
class ReferenceImage:
    """A reference in our bucket. `mode` is `style_only` or `style_and_composition`; `uri` its
    `gs://` address, for providers that fetch it themselves; `load` its bytes, for those that do not
    (RejectedError when there is no such file)."""

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
    provider said to wait. A training has `name` and its references, and no prompt.

    `output_path` is where the first of `count` files belongs in our bucket, without its extension;
    `scratch_uri` a `gs://` folder of this attempt alone, whose files are copied and then deleted.
    `webhook_url` may be called when something has changed; it carries no secret but its own."""

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
    output_path: str
    scratch_uri: str
    references: Sequence[ReferenceImage] = ()
    video: VideoSpec | None = None
    brand: TrainedBrand | None = None
    name: str = ""
    webhook_url: str | None = None


@dataclass(frozen=True, slots=True)
class Asset:
    """One finished file."""

    content: bytes
    extension: str
    content_type: str


@dataclass(frozen=True, slots=True)
class StoredAsset:
    """One finished file that lies in Cloud Storage already, at a `gs://` address."""

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


@dataclass(frozen=True, slots=True)
class Preview:
    """What a finished file shows of itself: a small WebP, and of a video its rate and length."""

    thumbnail: bytes
    fps: float | None = None
    duration_s: float | None = None


class Breakers(Protocol):
    """Which models are out of order. Never raises: who cannot ask goes on."""

    def open_s(self, model: str) -> float:
        """For how many seconds more the model is not to be called."""
        ...

    def note_failure(self, model: str) -> None: ...

    def note_success(self, model: str) -> None: ...


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


@dataclass(frozen=True, slots=True)
class OfferedModel:
    """A model that a concept may name: what it makes, and in which ratios and lengths (the first is
    what it makes when nothing is said)."""

    id: str
    title: str
    kind: str
    price_credits: int
    aspect_ratios: Sequence[str]
    durations_s: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Brief:
    """What the creative director is asked: `count` concepts for `text`, of `kind` (`image`, `video`) or
    of whichever suits, for the models offered. `brand` is the name of a brand to keep to."""

    text: str
    count: int
    kind: str | None
    models: Sequence[OfferedModel]
    brand: str | None = None


@dataclass(frozen=True, slots=True)
class Concept:
    """One idea that can be generated as it is."""

    title: str
    prompt: str
    negative_prompt: str
    kind: str
    aspect_ratio: str
    model: str


@dataclass(frozen=True, slots=True)
class Direction:
    """`director` says who thought of it: a model, or `local-rules`."""

    concepts: Sequence[Concept]
    rationale: str
    director: str


class Director(Protocol):
    """Who turns a brief into concepts, while the caller waits."""

    def direct(self, brief: Brief, model: str) -> Direction:
        """Raises RejectedError, ThrottledError or UnavailableError."""
        ...
