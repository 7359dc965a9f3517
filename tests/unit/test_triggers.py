"""What Storage tells of a file, as the function that is deployed for it reads it."""

import json
from typing import Any

import pytest
from cloudevents.http import CloudEvent
from firebase_functions import storage_fn

from mediaforge.entrypoints import triggers

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
