"""What was made is found again, marked and deleted through the callables; and then it is gone."""

import httpx
import pytest

from tests.emulator.conftest import Inside, NewUser, grant, refusal, submit
from tests.emulator.test_teams import join, make_team
from tools.client import Client


def found(user: Client, **asked: object) -> list[str]:
    return [item["fileUid"] for item in user.call("searchGenerations", asked)["items"]]


def test_a_picture_is_found_marked_and_deleted_and_a_stranger_gets_nothing(
    new_user: NewUser, inside: Inside
) -> None:
    ann, bob = new_user(), new_user()
    job = submit(ann, "Ein Leuchtturm bei Dämmerung", count=2)
    job_id = job["jobId"]
    view = ann.wait_until_final(job["path"])
    inside.wait_until_settled(job_id)

    for asked in ({"text": "dammerung LEUCHTTURM"}, {"status": "completed"}, {"favourite": False}):
        assert found(ann, **asked) == [job_id]
        assert found(bob, **asked) == []
    [item] = ann.call("searchGenerations", {"limit": 1})["items"]
    assert item["path"] == job["path"]
    assert item["generationData"]["storagePaths"] == view["generation_data"]["storage_paths"]

    marks = {"favourite": True, "tags": ["Sea"], "cover": 1}
    assert refusal(bob, "markGeneration", {"jobId": job_id, **marks}).reason == "not-found"
    answer = ann.call("markGeneration", {"jobId": job_id, **marks})
    assert answer == {"jobId": job_id, "favourite": True, "tags": ["sea"], "cover": 1}
    assert found(ann, tag="SEA", favourite=True) == [job_id]

    [path, _] = view["generation_data"]["storage_paths"]
    [address, *_] = view["generation_data"]["image_urls"]
    assert ann.download(path)
    assert refusal(bob, "deleteGeneration", {"jobId": job_id}).reason == "not-found"
    for _ in range(2):
        assert ann.call("deleteGeneration", {"jobId": job_id}) == {}
    assert found(ann) == []
    with pytest.raises(httpx.HTTPStatusError):
        ann.download(path)
    assert httpx.get(address, trust_env=False).status_code != 200
    assert inside.backend.media.list(f"generating/{ann.uid}/image/{job_id}") == {}
    entries = inside.belongings(f"accounts/user_{ann.uid}")
    assert f"accounts/user_{ann.uid}/ledger/{job_id}:capture" in entries
    inside.assert_promises_of(ann.uid)


def test_pages_of_a_team_are_read_by_its_members(
    new_user: NewUser, admin: Client, inside: Inside
) -> None:
    owner, viewer, stranger = new_user(), new_user(), new_user()
    team_id = make_team(owner)
    join(owner, team_id, viewer, "viewer")
    grant(admin, f"team_{team_id}", 100)
    ids: list[str] = []
    for _ in range(3):
        job = submit(owner, "waves", teamId=team_id)
        owner.wait_until_final(job["path"])
        inside.wait_until_settled(job["jobId"])
        ids.insert(0, job["jobId"])
    asked = {"teamId": team_id, "text": "waves", "limit": 2}
    first = viewer.call("searchGenerations", asked)
    second = viewer.call("searchGenerations", {**asked, "cursor": first["cursor"]})
    assert [item["fileUid"] for item in first["items"]] == ids[:2]
    assert [item["fileUid"] for item in second["items"]] == ids[2:]
    assert "cursor" not in second
    assert refusal(stranger, "searchGenerations", asked).reason == "not-a-member"
    mark = {"jobId": ids[0], "favourite": True}
    assert refusal(viewer, "markGeneration", mark).reason == "role-not-allowed"
