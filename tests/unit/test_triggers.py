"""What Storage tells of a file, and Firestore of a view, as the functions deployed for it read it."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from cloudevents.http import CloudEvent
from firebase_functions import storage_fn
from google.cloud.firestore_v1 import _helpers
from google.cloud.firestore_v1.types import Document
from google.events.cloud.firestore import DocumentEventData

from mediaforge import bootstrap
from mediaforge.contract import documents as at
from mediaforge.entrypoints import triggers
from mediaforge.services.watch.sweep import sweep_jobs
from tests.support.world import World

FILE = {
    "bucket": "b",
    "name": "references/ann/IMG 1 ä.PNG",
    "generation": "1700000000000001",
    "size": "7",
}
ATTRIBUTES = {
    "id": "1",
    "source": "//storage.googleapis.com/projects/_/buckets/b",
    "type": "google.cloud.storage.object.v1.finalized",
}


# A second that is whole has no fraction: the SDK's own reading of it fails.
@pytest.mark.parametrize("time", ["2026-11-28T12:00:00Z", "2026-11-28T12:00:00.123456Z"])
@pytest.mark.parametrize("data", [FILE, json.dumps(FILE), json.dumps(FILE).encode()])
def test_a_file_s_event_is_its_path_and_generation(data: Any, time: str) -> None:
    heard: list[tuple[str, int]] = []

    @triggers.on_file(storage_fn.on_object_finalized)
    def note(path: str, generation: int) -> None:
        heard.append((path, generation))

    note(CloudEvent({**ATTRIBUTES, "time": time}, data))
    assert heard == [("references/ann/IMG 1 ä.PNG", 1_700_000_000_000_001)]


def test_a_file_that_is_no_upload_needs_no_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nine of ten are results: without a project to be had, nothing is asked for."""
    monkeypatch.delenv("GCLOUD_PROJECT", raising=False)
    monkeypatch.delenv("FIREBASE_CONFIG", raising=False)
    triggers.note_stored("generating/ann/image/a.png", 1)
    triggers.note_deleted("generating/ann/image/a_0_thumb.webp", 1)


def hear(path: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """The event of a write that changed the document."""
    old, new = (
        json.loads(Document.to_json(Document(fields=_helpers.encode_dict(dict(fields)))))
        for fields in (before, after)
    )
    event = DocumentEventData.from_json(json.dumps({"oldValue": old, "value": new}))
    triggers.settle_if_ended(path, event)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    monkeypatch.setattr(bootstrap, "backend", lambda: world.backend)
    return world


def test_a_view_that_has_ended_has_its_account_settled(world: World) -> None:
    job = world.submit().job
    path, queued = at.view_path(job), world.view(job.id)
    world.deliver_all()
    hear(path, queued, world.view(job.id))

    assert world.job(job.id).is_settled
    world.assert_promises()


def test_a_view_that_changes_before_its_end_or_after_it_has_nobody_asked(world: World) -> None:
    job = world.submit().job
    path, queued = at.view_path(job), world.view(job.id)
    world.deliver_all()
    ended = world.view(job.id)
    reads = world.documents.reads
    hear(path, queued, {**queued, "status": "processing"})
    hear(path, ended, {**ended, "favourite": True})

    assert world.documents.reads == reads
    assert not world.job(job.id).is_settled


def test_a_view_of_no_job_of_ours_settles_nobody(world: World) -> None:
    """As the GPU container writes them by itself, where there is no backend."""
    reads = world.documents.reads
    own = {"status": "processing", "user_id": "ann"}
    hear("generations/ann/images/own", own, {**own, "status": "completed"})

    assert world.documents.reads == reads


def test_a_job_whose_view_was_deleted_is_settled_by_the_sweep(world: World) -> None:
    """No view changes at its end, so nobody is told."""
    job = world.submit().job
    world.documents.overwrite(at.view_path(job), None)
    world.deliver_all()
    assert world.job(job.id).awaits_settle
    world.clock.advance(world.backend.timing.settle_s)

    assert sweep_jobs(world.backend)["settled"] == 1
    assert world.account().held == 0
