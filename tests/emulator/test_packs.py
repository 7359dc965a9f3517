"""Packs and templates as an app writes and uses them: under the rules, and through the callables."""

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from google.api_core.exceptions import PermissionDenied
from google.cloud.firestore import SERVER_TIMESTAMP

from tests.emulator.conftest import SMALL, Inside, NewUser, refusal
from tests.emulator.test_batches import rows, seen, settle
from tests.emulator.test_uploads import delete, upload
from tests.support.pictures import picture
from tools.client import Addresses, Client


def signed(user: Client, **fields: Any) -> dict[str, Any]:
    """A new document of the user's."""
    times = {"created_at": SERVER_TIMESTAMP, "modified": SERVER_TIMESTAMP}
    return {"user_id": user.uid, "visibility": "private", "version": 1, **times, **fields}


def make_pack(user: Client, paths: list[str], **fields: Any) -> str:
    """The id of a pack of these uploads."""
    pack_id = uuid.uuid4().hex
    references = [{"path": path, "mode": "style_only"} for path in paths]
    own = {"name": "Lights", "references": references, "is_template": False}
    user.write(f"reference_packs/{pack_id}", signed(user, **own, **fields))
    return pack_id


def make_template(user: Client, **fields: Any) -> str:
    template_id = uuid.uuid4().hex
    own = {"name": "Houses", "kind": "prompt", "prompt": "a {{colour}} house by {{place=the sea}}"}
    user.write(f"templates/{template_id}", signed(user, **own, **fields))
    return template_id


def upload_six(addresses: Addresses, user: Client) -> list[str]:
    """All at once, as an app does."""
    with ThreadPoolExecutor(6) as pool:
        names = [f"{n}.png" for n in range(6)]
        return list(pool.map(lambda name: upload(addresses, user, name, picture()), names))


def test_a_pack_of_six_is_made_and_used_in_a_batch(
    addresses: Addresses, ann: Client, inside: Inside
) -> None:
    began_at = time.monotonic()
    paths = upload_six(addresses, ann)
    pack_id = make_pack(ann, paths)
    sent = rows(4, referencePackId=pack_id)
    batch_id = ann.call("submitBatch", {"name": "lighthouses", "rows": sent})["batchId"]
    ended = seen(ann, batch_id, frozenset({"completed"}))[-1]
    took_s = time.monotonic() - began_at
    print(f"a pack of six, made and used in a batch: {took_s:.1f} s")  # noqa: T201 - wanted, with -rP
    assert ended["counts"]["completed"] == 4
    for job in inside.jobs_of(ann.uid):
        assert inside.job(job.id)["pack"] == {"id": pack_id, "version": 1}
        assert [each["path"] for each in inside.job(job.id)["references"]] == paths
    settle(inside, ann)


def test_a_stranger_s_public_template_and_its_pack_are_used_with_variables(
    addresses: Addresses, new_user: NewUser, inside: Inside
) -> None:
    maker, stranger = new_user(), new_user()
    paths = [upload(addresses, maker, "a.png", picture())]
    pack_id = make_pack(maker, paths, visibility="public")
    template_id = make_template(
        maker, visibility="public", reference_pack_id=pack_id, defaults={"seed": 7, **SMALL}
    )
    sent = {"templateId": template_id, "variables": {"colour": "red"}}
    job = stranger.call("generateImage", sent)
    view = stranger.wait_until_final(job["path"])
    assert view["status"] == "completed"
    assert view["request_data"] == sent
    assert view["template"] == {"id": template_id, "version": 1}
    assert view["pack"] == {"id": pack_id, "version": 1}
    assert view["generation_data"]["seed"] == 7
    kept = inside.job(job["jobId"])
    assert kept["filled"]["prompt"] == "a red house by the sea"
    inside.wait_until_settled(job["jobId"])
    inside.assert_promises_of(stranger.uid)

    missing = refusal(stranger, "generateImage", {"templateId": template_id})
    assert (missing.reason, missing.details["names"]) == ("variable-missing", ["colour"])


def test_a_private_pack_is_nobody_else_s_and_a_lost_file_is_named(
    addresses: Addresses, new_user: NewUser, inside: Inside
) -> None:
    maker, stranger = new_user(), new_user()
    path = upload(addresses, maker, "a.png", picture())
    pack_id = make_pack(maker, [path])
    asked = {"prompt": "x", **SMALL, "referencePackId": pack_id}
    assert refusal(stranger, "generateImage", asked).reason == "not-found"
    with pytest.raises(PermissionDenied):
        stranger.get(f"reference_packs/{pack_id}")
    with pytest.raises(PermissionDenied):
        make_pack(stranger, [path])

    delete(addresses, maker, path)
    lost = refusal(maker, "generateImage", asked)
    assert (lost.reason, lost.details["paths"]) == ("reference-missing", [path])
    assert not inside.database.document(f"accounts/user_{maker.uid}").get().exists
