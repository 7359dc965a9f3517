"""Triggers: run after a commit, or after a file was stored or deleted. They are short, because the next event
waits for this one."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any

from cloudevents.http import CloudEvent
from firebase_functions import firestore_fn
from google.events.cloud.firestore import DocumentEventData

from mediaforge import bootstrap, config, log
from mediaforge.domain.errors import BusyError
from mediaforge.entrypoints.turns import SharedTurns

if TYPE_CHECKING:
    from mediaforge.services.backend import Backend

_settling = SharedTurns()


def on_document_updated(
    document: str, **options: Any
) -> Callable[[Callable[[str, DocumentEventData], None]], Callable[[CloudEvent], None]]:
    """The SDK's trigger, but for two things. `retry` is set on the endpoint: the SDK declares `retry=False`,
    and an event whose handler fails would be lost. And the handler gets the event's path and data without the
    Firestore client that the SDK builds anew for every event."""

    def declare(handler: Callable[[str, DocumentEventData], None]) -> Callable[[CloudEvent], None]:
        declared: Any = firestore_fn.on_document_updated(document=document, **options)(handler)  # type: ignore[arg-type]
        endpoint = declared.__firebase_endpoint__
        endpoint.eventTrigger["retry"] = True

        @wraps(handler)
        def receive(event: CloudEvent) -> None:
            handler(event["document"], _read(event))

        receive.__firebase_endpoint__ = endpoint  # type: ignore[attr-defined]
        return receive

    return declare


def _read(event: CloudEvent) -> DocumentEventData:
    data = event.get_data()
    if isinstance(data, bytes):
        return DocumentEventData.deserialize(data)
    return DocumentEventData.from_json(data)


def on_file(
    declare: Callable[..., Any], **options: Any
) -> Callable[[Callable[[str, int], None]], Callable[[CloudEvent], None]]:
    """`declare` is the SDK's decorator for one kind of the bucket's events. `retry` is set as above, and the
    handler gets the file's path and generation only: the SDK reads the event's time by a pattern that a whole
    second does not fit, and would fail on such an event at every delivery."""

    def decorate(handler: Callable[[str, int], None]) -> Callable[[CloudEvent], None]:
        endpoint = declare(bucket=config.bucket(), **options)(handler).__firebase_endpoint__
        endpoint.eventTrigger["retry"] = True

        @wraps(handler)
        def receive(event: CloudEvent) -> None:
            data: Any = event.get_data()
            file = json.loads(data) if isinstance(data, bytes | str) else data
            handler(str(file["name"]), int(file["generation"]))

        receive.__firebase_endpoint__ = endpoint  # type: ignore[attr-defined]
        return receive

    return decorate


def note_stored(path: str, generation: int) -> None:
    if _is_upload(path):
        from mediaforge.services.library import uploads

        _note(uploads.note_stored, path, generation)


def note_deleted(path: str, generation: int) -> None:
    if _is_upload(path):
        from mediaforge.services.library import uploads

        _note(uploads.note_deleted, path, generation)


def _is_upload(path: str) -> bool:
    """Most files of the bucket are no uploads: for those nothing is read from the database, and nothing of
    what reads it is loaded."""
    from mediaforge.domain.library.uploads import read_path

    return read_path(path) is not None


def _note(note: Callable[[Backend, str, int], None], path: str, generation: int) -> None:
    try:
        note(bootstrap.backend(), path, generation)
    except BusyError:
        raise  # the event is delivered again
    except Exception as broken:
        # The event is not delivered again, as it would break again, for a day. The nightly recount comes back
        # to the file.
        log.bug("upload.broke", broken)


def follow_view(path: str, data: DocumentEventData) -> None:
    """What follows a change of a job's view: a job that has ended is settled, and where the job runs a row of
    a batch, the rows are counted."""
    try:
        settle_if_ended(path, data)
    finally:
        _count_rows(data)


def _count_rows(data: DocumentEventData) -> None:
    """The count is named by the second in which the view was written, as the event says it: a function's own
    clock may be behind, and would name a second whose count has been made."""
    before, after = _fields(data.old_value), _fields(data.value)
    batch_id, status = _text(after, "batch_id"), _text(after, "status")
    if not batch_id or status == _text(before, "status"):
        return
    from mediaforge.services.tasks import send_tally

    send_tally(bootstrap.backend(), batch_id, data.value.update_time)


def settle_if_ended(path: str, data: DocumentEventData) -> None:
    """Settles a job whose view has become final, together with all other final jobs of its account. An event
    may come twice, late, out of order or never. A job whose view was deleted has no event: the sweep settles
    it. A view that a GPU worker without a backend wrote has no job: there is nothing to settle."""
    before, after = _fields(data.old_value), _fields(data.value)
    status = _text(after, "status")
    account_id = _text(after, "account_id")
    if status == _text(before, "status") or not account_id or not _is_final(status):
        return
    from mediaforge.services.jobs.settle import settle_account

    with log.bound(job_id=path.rsplit("/", 1)[-1]):
        try:
            _settling.share(account_id, lambda: settle_account(bootstrap.backend(), account_id))
        except BusyError:
            raise  # the event is delivered again
        except Exception as broken:
            # The event is not delivered again, as it would break again, for a day. The sweep comes back to
            # the job.
            log.bug("settle.broke", broken)


def _is_final(status: str) -> bool:
    from mediaforge.domain.jobs.job import JobStatus

    return status in {known.value for known in JobStatus if known.is_final}


def _fields(document: Any) -> Mapping[str, Any]:
    return document.fields if document else {}


def _text(fields: Mapping[str, Any], name: str) -> str:
    return str(fields[name].string_value) if name in fields else ""
