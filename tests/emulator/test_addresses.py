"""Addresses of a team's pictures end with a membership: through the queue, on the real adapters."""

import httpx

from tests.emulator.conftest import Inside, NewUser, grant, submit
from tests.emulator.test_teams import control, join, make_team
from tools.client import Client


def statuses(view: dict[str, object]) -> list[int]:
    output = view["generation_data"]
    assert isinstance(output, dict)
    addresses = [*output["image_urls"], *output["thumbnail_urls"]]
    return [httpx.get(address, timeout=180).status_code for address in addresses]


def test_who_was_removed_keeps_addresses_that_answer_nobody(
    new_user: NewUser, admin: Client, inside: Inside
) -> None:
    owner = new_user()
    team_id = make_team(owner)
    viewer = join(owner, team_id, new_user(), "viewer")
    grant(admin, f"team_{team_id}", 10)
    job = submit(owner, "a lighthouse", count=2, teamId=team_id)
    inside.wait_until_settled(job["jobId"])
    kept = viewer.get(job["path"])
    assert kept
    assert statuses(kept) == [200] * 4
    control(owner, team_id, "remove", uid=viewer.uid)
    inside.wait_for(f"teams/{team_id}", lambda team: team.get("rotated_epoch") == 1)
    assert statuses(kept) == [403] * 4
    shown = owner.get(job["path"])
    assert shown
    assert statuses(shown) == [200] * 4
    inside.assert_promises_of_account(f"team_{team_id}")
