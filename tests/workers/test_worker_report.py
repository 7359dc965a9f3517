"""What may be written into a job's document, by whose it is and how it stands."""

from datetime import UTC, datetime
from typing import Any

import pytest
from google.api_core.exceptions import Aborted, DeadlineExceeded
from hypothesis import given
from hypothesis import strategies as st

from mediaforge_worker.errors import unavailable
from mediaforge_worker.report import (
    FINAL,
    FirestoreReport,
    begun,
    completed,
    failed,
    progressed,
)

NOW = datetime(2026, 11, 21, tzinfo=UTC)
ERROR = unavailable("out-of-memory", "Too small.")
DATA = {"image_urls": ["https://x"], "storage_paths": ["p"]}

documents = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(["queued", "processing", *sorted(FINAL), "?"]),
        "account_id": st.sampled_from(["user_ann", None]),
        "progress": st.floats(0, 1) | st.none(),
    },
)


def all_changes(document: dict[str, Any]) -> list[dict[str, Any]]:
    changes = [
        begun(document, NOW),
        progressed(document, 0.5, NOW),
        completed(document, DATA, NOW),
        failed(document, ERROR, NOW),
    ]
    return [change for change in changes if change is not None]


@given(documents)
def test_a_final_document_never_changes(document: dict[str, Any]) -> None:
    if document.get("status") in FINAL:
        assert all_changes(document) == []


@given(documents)
def test_a_backends_document_is_left_alone(document: dict[str, Any]) -> None:
    document["account_id"] = "user_ann"
    assert all_changes(document) == []


@given(documents, st.floats(0, 1))
def test_progress_only_grows(document: dict[str, Any], progress: float) -> None:
    change = progressed(document, progress, NOW)
    if change is not None:
        assert change["progress"] > (document.get("progress") or 0)


@pytest.mark.parametrize("status", ["queued", "processing"])
def test_a_running_document_is_told_the_progress(status: str) -> None:
    document = {"status": status, "progress": 0.25}
    assert progressed(document, 0.5, NOW) == {"progress": 0.5, "modified": NOW}
    assert progressed(document, 0.25, NOW) is None


def test_a_document_of_nobodys_account_is_written_to_its_end() -> None:
    document: dict[str, Any] = {"status": "queued", "request_data": {}}
    for change in (begun(document, NOW), progressed({"status": "processing"}, 0.4, NOW)):
        assert change is not None
        document |= change
    assert (document["status"], document["progress"]) == ("processing", 0.4)
    document |= completed(document, DATA, NOW) or {}
    assert (document["status"], document["generated"]) == ("completed", True)
    assert (document["completed_at"], document["modified"]) == (NOW, NOW)
    assert document["generation_data"] == DATA


def test_a_failure_is_told_with_its_reason() -> None:
    document = failed({"status": "processing"}, ERROR, NOW) or {}
    assert document["status"] == "failed"
    assert document["error"] == {
        "code": "out-of-memory",
        "message": "Too small.",
        "retryable": True,
    }


class OneDocument:
    """Firestore's client with one running document; its next writes fail as `failures` say."""

    exists, update_time = True, NOW

    def __init__(self, *failures: Exception) -> None:
        self.fields: dict[str, Any] = {"status": "processing"}
        self.writes = 0
        self._failures = list(failures)

    def document(self, path: str) -> "OneDocument":
        return self

    def write_option(self, **options: Any) -> None:
        pass

    def get(self, **options: Any) -> "OneDocument":
        return self

    def to_dict(self) -> dict[str, Any]:
        return dict(self.fields)

    def update(self, fields: dict[str, Any], **options: Any) -> None:
        self.writes += 1
        if self._failures:
            raise self._failures.pop(0)
        self.fields |= fields


def told(client: Any) -> None:
    report = FirestoreReport(client, "generations/ann/images/f1", "j")
    for progress in (0.2, 0.4, 0.6):
        report.progress(progress)


def test_progress_that_somebody_overtook_is_told_the_next_time() -> None:
    client = OneDocument(Aborted("overtaken"))
    told(client)
    assert (client.writes, client.fields["progress"]) == (3, 0.6)


def test_a_firestore_that_fails_is_not_waited_for_again() -> None:
    client = OneDocument(DeadlineExceeded("slow"))
    told(client)
    assert client.writes == 1
    assert "progress" not in client.fields
