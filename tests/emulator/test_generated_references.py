"""A generated picture is varied and filmed without being downloaded, by its user and by the team."""

from tests.emulator.conftest import Inside, NewUser, grant, refusal, submit
from tests.emulator.test_teams import control, join, make_team
from tests.emulator.test_videos import SHORT
from tools.client import Client


def reference(path: str) -> dict[str, str]:
    return {"path": path, "mode": "style_and_composition"}


def picture(user: Client, inside: Inside, **fields: str) -> str:
    """The path of a picture that is finished and paid for."""
    job = submit(user, "a lighthouse", **fields)
    view = user.wait_until_final(job["path"])
    inside.wait_until_settled(job["jobId"])
    return str(view["generation_data"]["storage_paths"][0])


def test_a_picture_of_one_s_own_is_varied_and_begins_a_video(pro: Client, inside: Inside) -> None:
    path = picture(pro, inside)
    varied = submit(pro, "the same at night", references=[reference(path)])
    film = pro.call("generateVideo", {"prompt": "waves", **SHORT, "firstFrame": {"path": path}})
    for job in (varied, film):
        assert pro.wait_until_final(job["path"])["status"] == "completed"
        inside.wait_until_settled(job["jobId"])
    inside.assert_promises_of(pro.uid)


def test_a_member_uses_the_team_s_picture_until_they_are_removed(
    new_user: NewUser, admin: Client, inside: Inside
) -> None:
    owner, member, stranger = new_user(), new_user(), new_user()
    team_id = make_team(owner)
    join(owner, team_id, member, "editor")
    grant(admin, f"team_{team_id}", 100)
    path = picture(owner, inside, teamId=team_id)
    job = submit(member, "the same at night", teamId=team_id, references=[reference(path)])
    assert member.wait_until_final(job["path"])["status"] == "completed"
    inside.wait_until_settled(job["jobId"])

    control(owner, team_id, "remove", uid=member.uid)
    for user in (member, stranger):
        refused = refusal(user, "generateImage", {"prompt": "x", "references": [reference(path)]})
        assert refused.reason == "reference-missing"
        assert refused.details["fieldErrors"][0]["field"] == "references[0].path"
    inside.assert_promises_of_account(f"team_{team_id}")


def test_a_picture_whose_file_is_gone_ends_the_job_and_gives_its_credits_back(
    ann: Client, inside: Inside
) -> None:
    path = picture(ann, inside)
    media = inside.backend.media
    media.delete(media.list(path))
    job = submit(ann, "the same at night", references=[reference(path)])
    view = ann.wait_until_final(job["path"])
    assert (view["status"], view["error"]["code"]) == ("failed", "reference-missing")
    settled = inside.wait_until_settled(job["jobId"])
    assert settled["charged_credits"] == 0
    assert inside.get(f"accounts/user_{ann.uid}")["held"] == 0
