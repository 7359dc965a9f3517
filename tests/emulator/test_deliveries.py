"""Everything happens at least once, out of order, or not at all."""

import base64
import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from google.cloud.firestore_v1 import _helpers
from google.cloud.firestore_v1.types import Document
from google.events.cloud.firestore import DocumentEventData

from mediaforge.services.jobs.settle import settle_account
from mediaforge.services.watch.sweep import sweep_jobs
from tests.emulator.conftest import Inside, NewUser, triggers_off
from tests.memory.clock import ManualClock
from tools.client import Client
from tools.suite import Suite

SMALL = {"width": 64, "height": 64}


def post_task(suite: Suite, job_id: str) -> httpx.Response:
    """Delivers the job's task as the queue does."""
    url = f"{suite.functions_url}/runLocalImage"
    return httpx.post(url, json={"data": {"jobId": job_id}}, timeout=180)


def post_event(
    suite: Suite, path: str, before: dict[str, Any], after: dict[str, Any]
) -> httpx.Response:
    """Delivers the event of a write that changed the view, as Eventarc does."""
    name = f"projects/demo-mediaforge/databases/(default)/documents/{path}"
    old, new = (
        json.loads(Document.to_json(Document(name=name, fields=_helpers.encode_dict(fields))))
        for fields in (before, after)
    )
    data = DocumentEventData.from_json(json.dumps({"oldValue": old, "value": new}))
    headers = {
        "ce-specversion": "1.0",
        "ce-id": uuid.uuid4().hex,
        "ce-type": "google.cloud.firestore.document.v1.updated",
        "ce-source": "//firestore.googleapis.com/projects/demo-mediaforge/databases/(default)",
        "ce-subject": f"documents/{path}",
        "ce-time": datetime.now(UTC).isoformat(),
        "ce-location": "us-central1",
        "ce-project": "demo-mediaforge",
        "ce-database": "(default)",
        "ce-namespace": "(default)",
        "ce-document": path,
        "ce-datacontenttype": "application/protobuf",
        "content-type": "application/protobuf",
    }
    # The functions emulator takes the protobuf in base64, as the Firestore emulator sends it.
    content = base64.b64encode(DocumentEventData.serialize(data))
    for generation in range(20):
        url = f"{suite.functions_url}/onViewUpdated-{generation}"
        answer = httpx.post(url, content=content, headers=headers, timeout=180)
        # Every time triggers are switched on again, their names have the next number.
        if answer.status_code not in (204, 404):
            return answer
    raise AssertionError("onViewUpdated has no address")


def test_a_task_delivered_three_times_at_once_runs_once(
    suite: Suite, ann: Client, inside: Inside
) -> None:
    job = ann.call("generateImage", {"prompt": "[[sleep:2]] thrice", **SMALL})
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: post_task(suite, job["jobId"]), range(3)))
    assert {answer.status_code for answer in answers} == {200}
    inside.wait_until_settled(job["jobId"])
    assert post_task(suite, job["jobId"]).json() == {"result": {"outcome": "final"}}
    assert inside.job(job["jobId"])["attempts"] == 1
    inside.assert_promises_of(ann.uid)


@pytest.mark.parametrize(
    "body", [{}, {"jobId": ""}, {"jobId": "a/b"}, {"jobId": 7}, {"jobId": "gone"}]
)
def test_a_task_that_is_not_ours_is_answered_and_forgotten(suite: Suite, body: object) -> None:
    url = f"{suite.functions_url}/runLocalImage"
    assert httpx.post(url, json={"data": body}, timeout=180).status_code == 200


def test_an_event_delivered_again_late_and_out_of_order_changes_nothing(
    suite: Suite, ann: Client, inside: Inside
) -> None:
    job_id = ann.call("generateImage", {"prompt": "events", **SMALL})["jobId"]
    inside.wait_until_settled(job_id)
    account = inside.get(f"accounts/user_{ann.uid}")
    path = f"generations/{ann.uid}/images/{job_id}"
    ended = inside.get(path)
    queued, processing = ({**ended, "status": status} for status in ("queued", "processing"))
    for change in ((processing, ended), (queued, processing), (processing, ended), (ended, ended)):
        assert post_event(suite, path, *change).is_success
    assert inside.get(f"accounts/user_{ann.uid}") == account
    inside.assert_promises_of(ann.uid)


def test_five_settles_at_once_settle_once(suite: Suite, ann: Client, inside: Inside) -> None:
    with triggers_off(suite):
        job_id = ann.call("generateImage", {"prompt": "events at once", **SMALL})["jobId"]
        ann.wait_until_final(f"generations/{ann.uid}/images/{job_id}")
        with ThreadPoolExecutor(5) as pool:
            settled = list(
                pool.map(lambda _: settle_account(inside.backend, f"user_{ann.uid}"), range(5))
            )
    assert sum(settled) == 1
    inside.wait_until_settled(job_id)
    inside.assert_promises_of(ann.uid)


def test_an_event_that_never_comes_is_made_good_by_the_sweep(
    suite: Suite, new_user: NewUser, inside: Inside
) -> None:
    ann = new_user()
    with triggers_off(suite):
        job_id = ann.call("generateImage", {"prompt": "no event", **SMALL})["jobId"]
        ann.wait_until_final(f"generations/{ann.uid}/images/{job_id}")
        assert inside.job(job_id).get("settled_at") is None
        # Not before it is due: asked at once, the sweep finds nothing amiss.
        late = replace(inside.backend, clock=ManualClock(inside.job(job_id)["due_at"]))
        assert sweep_jobs(late)["settled"] >= 1
        assert inside.job(job_id)["settled_at"] is not None
    inside.assert_promises_of(ann.uid)
