"""A batch is shared by a code: the other user listens to it and comments; what they have seen ends with their
share."""

import threading
from typing import Any

import httpx
import pytest
from google.api_core.exceptions import PermissionDenied
from google.cloud.firestore import SERVER_TIMESTAMP

from tests.emulator.conftest import Inside, NewUser
from tests.emulator.test_batches import rows, seen, settle
from tools.client import Client

TIMES = {"created_at": SERVER_TIMESTAMP, "modified": SERVER_TIMESTAMP}


def control(user: Client, batch_id: str, action: str, **fields: Any) -> dict[str, Any]:
    answer: dict[str, Any] = user.call(
        "controlBatch", {"batchId": batch_id, "action": action, **fields}
    )
    return answer


def test_a_batch_is_shared_by_a_code_until_its_owner_revokes_it(
    pro: Client, new_user: NewUser, inside: Inside
) -> None:
    other = new_user()
    batch_id = pro.call("submitBatch", {"name": "posters", "rows": rows(2)})["batchId"]
    batch, share = f"batches/{batch_id}", f"batches/{batch_id}/shared_with/{other.uid}"
    with pytest.raises(PermissionDenied):
        other.get(batch)

    made = control(pro, batch_id, "invite", role="commenter")
    assert made["batchId"] == batch_id
    joined = control(other, batch_id, "join", code=made["code"])
    assert joined.keys() == {"batchId", "status", "counts"}
    assert [each["batch_name"] for each in other.find("shared_with", "uid", other.uid)] == [
        "posters"
    ]
    assert seen(other, batch_id, frozenset({"completed"}))[-1]["counts"]["completed"] == 2
    row = other.get(f"{batch}/rows/0")
    assert row is not None
    view = other.get(row["path"])
    assert view is not None
    comment = {"text": "The second is better", "row": 1, "user_id": other.uid, **TIMES}
    other.write(f"{batch}/comments/c", comment)
    compared = {"left": row["path"], "right": row["path"], "batch_id": batch_id}
    other.write(f"comparisons/{batch_id}", {**compared, "user_id": other.uid, **TIMES})
    pro.write(
        f"comparisons/{batch_id}/votes/{pro.uid}",
        {"choice": "tie", "user_id": pro.uid, **TIMES},
    )
    assert pro.get(f"{batch}/comments/c")["text"] == comment["text"]  # type: ignore[index]
    assert other.get(f"comparisons/{batch_id}/votes/{pro.uid}")["choice"] == "tie"  # type: ignore[index]

    old = view["generation_data"]["image_urls"][0]
    assert httpx.get(old, trust_env=False).status_code == httpx.codes.OK
    kept = {name: field for name, field in (pro.get(share) or {}).items() if field is not None}
    pro.write(share, {**kept, "revoked_at": SERVER_TIMESTAMP, "modified": SERVER_TIMESTAMP})
    for path in (batch, f"{batch}/rows/0", f"{batch}/comments/c", row["path"]):
        with pytest.raises(PermissionDenied):
            other.get(path)
    with pytest.raises(PermissionDenied):
        other.write(f"{batch}/comments/d", comment)

    now = inside.wait_for(row["path"], lambda found: bool(found) and shown_in(found) != old)
    wait_until_empty(inside, f"{batch}/shared_with")
    assert httpx.get(old, trust_env=False).status_code == httpx.codes.FORBIDDEN
    assert httpx.get(shown_in(now), trust_env=False).status_code == httpx.codes.OK
    settle(inside, pro)


def wait_until_empty(inside: Inside, collection: str) -> None:
    is_empty = threading.Event()

    def look(snapshots: list[Any], _changes: Any, _time: Any) -> None:
        if not snapshots:
            is_empty.set()

    watch = inside.database.collection(collection).on_snapshot(look)
    try:
        assert is_empty.wait(timeout=600), f"there is still something in {collection}"
    finally:
        watch.unsubscribe()


def shown_in(view: dict[str, Any]) -> str:
    return str(view["generation_data"]["image_urls"][0])
