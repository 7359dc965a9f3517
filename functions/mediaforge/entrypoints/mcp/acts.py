"""What the tools do, by the same operations as every other interface, and what they tell of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from mediaforge.contract import documents as at
from mediaforge.contract.answers import Answer, RowCounts
from mediaforge.contract.api import GetAccount
from mediaforge.contract.assistants import (
    BatchRow,
    BatchStarted,
    Cost,
    GetJobTool,
    ListModelsTool,
    MadeFile,
    ModelSeen,
    ModelsSeen,
    Seen,
    Started,
    StyleSeen,
)
from mediaforge.contract.requests import Payload, as_sent, parse
from mediaforge.contract.views import View
from mediaforge.domain.errors import InvalidRequestError, NotFoundError
from mediaforge.domain.jobs.job import Job, JobStatus, Output
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.library.batches import Batch, Row
from mediaforge.entrypoints import operations
from mediaforge.entrypoints.api import waiting
from mediaforge.entrypoints.mcp import results
from mediaforge.entrypoints.operations import OPERATIONS
from mediaforge.ports.documents import Query
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.jobs.assets import thumbnail_path
from mediaforge.services.library import lookup
from mediaforge.services.library.catalog import describe_catalogue

_FILES_MAX, _PREVIEWS_MAX = 20, 4
_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "webp": "image/webp",
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "webm": "video/webm",
}
_UNKNOWN = "application/octet-stream"

_LOOK = "Call get_job with this {} until done is true. Do not start the same again meanwhile."
_KNOWN = (
    "This requestId was used before: this is that work, and nothing new was started. For another one send "
    "a new requestId. "
)
_AGAIN = "Not done yet: call get_job again, at once if it waited, else in 5 seconds or more."
_NEXT_BY_STATUS = {
    JobStatus.COMPLETED: "Show the user the url of each file.",
    JobStatus.FAILED: "It failed. Tell the user, and start it again only if they want that.",
    JobStatus.CANCELLED: "It was cancelled. Tell the user.",
}
_BATCH_ENDED = (
    "The batch has ended. Show the user the url of each file; for those that are not listed call get_job "
    "with the jobId of their row."
)
_CHOOSE = "An id here is a value for model or styleId. Prices are in credits."


@dataclass(frozen=True, slots=True)
class Told:
    """What a tool answers. `previews` are paths of thumbnails that the model is to see."""

    answer: Answer
    files: Sequence[MadeFile] = ()
    previews: Sequence[str] = ()


# ---- what starts work ------------------------------------------------------------------------------


def generate_image(backend: Backend, caller: Caller, arguments: Payload) -> Told:
    return _started(backend, caller, JobKind.IMAGE, arguments)


def generate_video(backend: Backend, caller: Caller, arguments: Payload) -> Told:
    return _started(backend, caller, JobKind.VIDEO, arguments)


def _started(backend: Backend, caller: Caller, kind: JobKind, arguments: Payload) -> Told:
    request: Any = OPERATIONS[kind.traits.callable_name].read(_payload(caller, arguments))
    found = operations.submit(backend, caller, request)
    job = found.job
    return Told(
        Started(
            job_id=job.id,
            status=job.status,
            done=job.status.is_final,
            credits=Cost(estimated=job.estimated_credits),
            repeated=found.is_replay,
            notes=found.notes,
            next=_next("jobId", is_repeated=found.is_replay),
        )
    )


def submit_batch(backend: Backend, caller: Caller, arguments: Payload) -> Told:
    request: Any = OPERATIONS["submitBatch"].read(_payload(caller, arguments))
    found = operations.submit_rows(backend, caller, request)
    batch = found.batch
    return Told(
        BatchStarted(
            batch_id=batch.id,
            status=batch.status,
            done=_has_ended(batch),
            rows=batch.counts.total,
            credits=Cost(estimated=batch.credits.estimated),
            repeated=found.is_replay,
            notes=found.notes,
            next=_next("batchId", is_repeated=found.is_replay),
        )
    )


def _payload(caller: Caller, arguments: Payload) -> dict[str, Any]:
    """The payload of the operation. The `requestId` is kept apart from those of the user's other programs,
    and from those of other assistants with keys of their own."""
    sent = as_sent(arguments)
    if "requestId" in sent:
        sent["requestId"] = f"mcp:{caller.key_id or 'user'}:{sent['requestId']}"
    if caller.team_id is not None:
        sent["teamId"] = caller.team_id
    return sent


def _next(id_: str, *, is_repeated: bool) -> str:
    return f"{_KNOWN if is_repeated else ''}{_LOOK.format(id_)}"


# ---- how far it is ---------------------------------------------------------------------------------


def get_job(backend: Backend, caller: Caller, arguments: GetJobTool) -> Told:
    job_id, batch_id = arguments.job_id, arguments.batch_id
    if batch_id is None and job_id is not None:
        return _job_seen(backend, lookup.visible_job(backend, caller, job_id), arguments)
    if job_id is None and batch_id is not None:
        return _batch_seen(backend, lookup.visible_batch(backend, caller, batch_id), arguments)
    raise InvalidRequestError.of("jobId", "give jobId or batchId, one of both")


def _job_seen(backend: Backend, job: Job, arguments: GetJobTool) -> Told:
    view = _view(backend, job)
    if not view.status.is_final:
        ended = waiting.until(backend, arguments.wait_seconds, lambda: _ended_view(backend, job))
        view = ended or _view(backend, job)
    output = view.generation_data
    files = _files(output, job.kind, view.width, view.height)
    is_done = view.status.is_final
    answer = Seen(
        job_id=job.id,
        kind=job.kind,
        status=view.status,
        done=is_done,
        progress=1.0 if is_done else view.progress,
        credits=Cost(
            estimated=view.credits.estimated,
            charged=view.credits.charged if is_done else None,
        ),
        files=tuple(files),
        error=results.failure_of(view.error) if view.error is not None else None,
        next=_NEXT_BY_STATUS.get(view.status, _AGAIN),
    )
    return Told(answer, files, _thumbnails(job, output) if arguments.preview else ())


def _view(backend: Backend, job: Job) -> View:
    """Raises NotFoundError."""
    view = backend.documents.get(at.view(job))
    if view is None:
        raise NotFoundError(f"There is no job {job.id}.")
    return view


def _ended_view(backend: Backend, job: Job) -> View | None:
    view = _view(backend, job)
    return view if view.status.is_final else None


def _batch_seen(backend: Backend, batch: Batch, arguments: GetJobTool) -> Told:
    if not _has_ended(batch):
        found = waiting.until(backend, arguments.wait_seconds, lambda: _ended(backend, batch))
        batch = found or _batch(backend, batch)
    is_done = _has_ended(batch)
    rows = _rows(backend, batch) if is_done else []
    listed = [
        each
        for row in rows
        for each in _files(row.generation_data, row.kind, None, None, row.index)
    ]
    counts = batch.counts
    answer = Seen(
        batch_id=batch.id,
        status=batch.status,
        done=is_done,
        progress=(counts.completed + counts.failed + counts.cancelled) / counts.total,
        credits=Cost(
            estimated=batch.credits.estimated,
            charged=batch.credits.charged if is_done else None,
        ),
        counts=RowCounts(
            total=counts.total,
            queued=counts.queued,
            processing=counts.processing,
            completed=counts.completed,
            failed=counts.failed,
            cancelled=counts.cancelled,
        ),
        files=tuple(listed[:_FILES_MAX]),
        more_files=max(0, len(listed) - _FILES_MAX) or None,
        rows=tuple(BatchRow(row=row.index, status=row.status, job_id=row.job_id) for row in rows),
        next=_BATCH_ENDED if is_done else _AGAIN,
    )
    seen = _thumbnails_of(backend, rows) if arguments.preview else ()
    return Told(answer, answer.files, seen)


def _batch(backend: Backend, batch: Batch) -> Batch:
    """Raises NotFoundError."""
    found = backend.documents.get(at.batch(batch.id))
    if found is None:
        raise NotFoundError(f"There is no batch {batch.id}.")
    return found


def _ended(backend: Backend, batch: Batch) -> Batch | None:
    found = _batch(backend, batch)
    return found if _has_ended(found) else None


def _has_ended(batch: Batch) -> bool:
    """A cancelled batch goes on until its last row has ended."""
    return batch.status.has_ended and batch.counts.are_final


def _rows(backend: Backend, batch: Batch) -> list[Row]:
    return list(backend.documents.find(Row, Query(at.rows(batch.id), order_by=("index",))))


def _files(
    output: Output | None,
    kind: JobKind,
    width: int | None,
    height: int | None,
    row: int | None = None,
) -> list[MadeFile]:
    if output is None or not kind.traits.is_seen:
        return []
    urls = output.image_urls if kind is JobKind.IMAGE else [output.video_url or ""]
    thumbnails = [*output.thumbnail_urls, *[None] * len(urls)]
    return [
        MadeFile(
            url=url,
            path=path,
            mime_type=_TYPES.get(path.rsplit(".", 1)[-1], _UNKNOWN),
            thumbnail_url=thumbnail,
            width=width,
            height=height,
            row=row,
        )
        for path, url, thumbnail in zip(output.storage_paths, urls, thumbnails, strict=False)
        if url
    ]


def _thumbnails(job: Job, output: Output | None) -> list[str]:
    made = output.storage_paths if output is not None and job.kind.traits.is_seen else ()
    return [thumbnail_path(job, index) for index in range(min(len(made), _PREVIEWS_MAX))]


def _thumbnails_of(backend: Backend, rows: Sequence[Row]) -> list[str]:
    """Of the first rows that have files."""
    found: list[str] = []
    made = (row for row in rows if row.generation_data is not None and row.job_id is not None)
    for row in islice(made, _PREVIEWS_MAX):
        job = backend.documents.get(at.job(str(row.job_id)))
        if job is not None:
            found += _thumbnails(job, row.generation_data)
    return found[:_PREVIEWS_MAX]


# ---- what there is ---------------------------------------------------------------------------------


def list_models(backend: Backend, caller: Caller, arguments: ListModelsTool) -> Told:
    account = lookup.get_account(backend, caller, parse(GetAccount, {"teamId": caller.team_id}))
    catalogue = describe_catalogue(backend)
    of_tier = backend.catalogue.tier_of(account.tier).models
    kinds = ("image", "video") if arguments.kind is None else (arguments.kind,)
    models = tuple(
        ModelSeen(
            id=offer.id,
            title=offer.title,
            kind=offer.kind,
            credits=offer.price_credits,
            credits_by_size=offer.price_credits_by_size or None,
            available=offer.available and offer.id in of_tier,
            is_default=catalogue.defaults.get(offer.kind) == offer.id or None,
            aspect_ratios=tuple(getattr(offer, "aspect_ratios", ())),
            count_max=offer.count_max if offer.kind == "image" else None,
            references_max=offer.references_max,
            references_min=offer.references_min,
            edits_pictures=offer.edits_pictures or None,
            backgrounds=offer.backgrounds,
            durations_seconds=offer.video.durations_seconds if offer.video else (),
            adds_seconds=extends.adds_seconds
            if offer.video and (extends := offer.video.extends)
            else (),
            resolutions=tuple(getattr(offer, "sizes", ())) if offer.video else (),
        )
        for offer in catalogue.models
        if offer.kind in kinds
    )
    styles = tuple(StyleSeen(id=each.id, title=each.title) for each in catalogue.styles)
    return Told(
        ModelsSeen(
            balance=account.available,
            held=account.held,
            models=models,
            styles=styles,
            next=_CHOOSE,
        )
    )
