"""Somebody deletes their account in the middle of their work, on the emulators: nothing is left but books
that say nothing of them, and they sign up again."""

import time
import uuid
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from google.api_core.exceptions import NotFound
from google.cloud.firestore_v1.base_query import FieldFilter

from tests.emulator.conftest import SMALL, Inside, grant
from tests.support.pictures import PICTURE
from tools.client import Addresses, CallError, Client, sign_in

RUNNING, WAITING, FILMS = 4, 2, 2
VEO = "veo-3.1-fast-generate-001"
SLOTS = 10  # of the tier pro
PATIENCE_S = 300


@pytest.fixture
def email() -> str:
    return f"{uuid.uuid4().hex}@mediaforge.test"


def begin_work(user: Client) -> list[str]:
    """As many jobs as there are slots, two that wait for one, one that is scheduled, and a batch. The
    built-in renderer draws two at once on the emulators; the others that run are videos of a provider."""
    asked = {"prompt": "a heron [[sleep:60]]", **SMALL}
    film = {"prompt": "#pending:500 a heron", "model": VEO, "durationSeconds": 4}
    paths = [user.call("generateVideo", film)["path"] for _ in range(FILMS)]
    paths += [user.call("generateImage", asked)["path"] for _ in range(SLOTS - FILMS + WAITING)]
    at = (datetime.now(UTC) + timedelta(hours=3)).isoformat()
    paths.append(user.call("generateImage", {**asked, "scheduledAt": at})["path"])
    user.call("submitBatch", {"name": "herons", "rows": [asked, asked]})
    return paths


def wait_until(inside: Inside, uid: str, running: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while sum(job["status"] == "processing" for job in fields_of(inside, uid)) < running:
        assert time.monotonic() < deadline, "the jobs did not begin"
        time.sleep(0.5)


def fields_of(inside: Inside, uid: str) -> list[dict[str, Any]]:
    return [job.to_dict() or {} for job in inside.jobs_of(uid)]


def let_hours_pass(inside: Inside, uid: str) -> None:
    """What happened is dated two hours back, until the account is gone: its last worker and its last ID token
    are dead then, and what could not be stopped at a provider has ended."""
    account = inside.database.document(f"accounts/user_{uid}")
    deadline = time.monotonic() + PATIENCE_S
    while (found := account.get().to_dict()) is not None:
        assert time.monotonic() < deadline, f"the account is still there: {found}"
        now = datetime.now(UTC)
        ago = now - timedelta(hours=2)
        for job in inside.jobs_of(uid):
            fields = job.to_dict() or {}
            if fields.get("clean_at") is None:
                continue
            dates = {"clean_at": now, "completed_at": ago}
            if fields["run"].get("handle_ends_at") is not None:
                dates["run.handle_ends_at"] = ago
            inside.database.document(job.reference.path).update(dates)
        if found.get("signed_out_at") is not None:
            try:
                account.update({"erasing_at": ago, "signed_out_at": ago, "erase_due_at": now})
            except NotFound:
                return
        time.sleep(3)


def test_who_deletes_their_account_leaves_books_without_a_name_and_starts_clean(
    addresses: Addresses, admin: Client, inside: Inside, email: str
) -> None:
    user = sign_in(addresses, email)
    uid, account_id = user.uid, f"user_{user.uid}"
    with closing(user):
        done = user.call("generateImage", {"prompt": "a heron", **SMALL})
        user.wait_until_final(done["path"])
        grant(admin, account_id, 500)
        tier = {"accountId": account_id, "action": "setTier", "tier": "pro"}
        admin.call("controlAccount", tier)
        user.call("createApiKey", {"name": "sheets"})
        user.call("createTeam", {"name": "Herons"})
        inside.backend.media.save(f"references/{uid}/a.png", PICTURE, "image/png", "t")
        begin_work(user)
        wait_until(inside, uid, RUNNING)
        waiting = [job for job in fields_of(inside, uid) if job.get("waiting_for") == "capacity"]
        assert len(waiting) >= WAITING

        assert user.call("deleteAccount", {"confirm": uid}) == {}
        with pytest.raises(CallError) as refused:
            user.call("generateImage", {"prompt": "late", **SMALL})
        assert refused.value.details["reason"] == "account-blocked"
    erased_id = inside.wait_for(
        f"accounts/{account_id}", lambda found: found.get("books_moved_at") is not None
    )["erased_id"]
    assert {job["status"] for job in fields_of(inside, uid)} <= {"cancelled", "completed", "failed"}
    let_hours_pass(inside, uid)

    left = inside.belongings(f"accounts/{account_id}", f"generations/{uid}", f"references/{uid}")
    assert left == {}
    assert fields_of(inside, uid) == []
    for collection in ("batches", "api_keys", "templates", "brands"):
        own = FieldFilter("user_id", "==", uid)
        assert list(inside.database.collection(collection).where(filter=own).stream()) == []
    for folder in ("generating", "references", "thumbnails", "exports"):
        assert inside.backend.media.list(f"{folder}/{uid}/") == {}
    books = inside.belongings(f"accounts/{erased_id}")
    assert uid not in repr(books)
    assert books[f"accounts/{erased_id}"]["held"] == 0
    entries = [fields for path, fields in books.items() if "/ledger/" in path]
    effects = {"grant": 1, "hold": -1, "release": 1, "adjust": 1}
    assert books[f"accounts/{erased_id}"]["available"] == sum(
        effects.get(entry["type"], 0) * entry["amount"] for entry in entries
    )

    with closing(sign_in(addresses, email)) as again:
        assert again.uid != uid
        with pytest.raises(CallError) as poor:
            again.call("generateImage", {"prompt": "a new heron", **SMALL})
        assert poor.value.details["reason"] == "insufficient-credits"
        grant(admin, f"user_{again.uid}", 10)
        job = again.call("generateImage", {"prompt": "a new heron", **SMALL})
        assert again.wait_until_final(job["path"])["status"] == "completed"
        inside.wait_until_settled(job["jobId"])
        inside.assert_promises_of(again.uid)


def test_all_that_is_a_user_s_leaves_as_one_zip(
    addresses: Addresses, inside: Inside, email: str
) -> None:
    with closing(sign_in(addresses, email)) as user:
        job = user.call("generateImage", {"prompt": "a heron", **SMALL})
        user.wait_until_final(job["path"])
        asked = user.call("exportAccount", {"requestId": "all"})
        made = inside.wait_for(asked["path"], lambda e: e.get("status") in {"completed", "failed"})
        assert made["status"] == "completed"
        content = httpx.get(made["url"], trust_env=False).content
        assert content.startswith(b"PK")
        assert b"documents.jsonl" in content
        assert job["jobId"].encode() in content
