"""An operator deletes a user's documents in the console while their jobs run, and the user comes back."""

import json

from tests.emulator.conftest import Inside, grant, submit
from tools.client import Client
from tools.suite import Suite

ALARMS = ("settle.broke", "rescue.failed", "task.broke", "request.broke", "trigger.broke")


def delete(inside: Inside, user: Client) -> None:
    """The account with its ledger, and the views; in one go."""
    batch = inside.database.batch()
    for path in inside.belongings(f"accounts/user_{user.uid}", f"generations/{user.uid}"):
        batch.delete(inside.database.document(path))
    batch.commit()


def alarms(suite: Suite, job_ids: list[str]) -> list[str]:
    lines = suite.log.read_text(errors="replace").splitlines()
    return [
        line
        for line in lines
        if any(alarm in line for alarm in ALARMS) and any(job_id in line for job_id in job_ids)
    ]


def test_what_was_deleted_under_running_jobs_stays_so_and_costs_the_new_account_nothing(
    ann: Client, admin: Client, inside: Inside, suite: Suite
) -> None:
    account_id = f"user_{ann.uid}"
    old = [submit(ann, "[[sleep:8]] of the old account") for _ in range(3)]
    inside.wait_for(f"jobs/{old[0]['jobId']}", lambda job: job.get("status") == "processing")

    delete(inside, ann)
    grant(admin, account_id, 50)
    given = inside.get(f"accounts/{account_id}")["available"]
    new = submit(ann, "of the new account")

    ids = [job["jobId"] for job in old]
    for job_id in (*ids, new["jobId"]):
        inside.wait_until_settled(job_id)
    assert [inside.job(job_id)["status"] for job_id in ids] == ["cancelled"] * 3
    found = inside.belongings(f"accounts/{account_id}", f"generations/{ann.uid}")
    account = found[f"accounts/{account_id}"]
    assert (account["available"], account["held"], account["active"]) == (given - 2, 0, 0)
    assert [path for path in found if path.startswith("generations/")] == [new["path"]]
    assert not any(job_id in json.dumps(list(found)) for job_id in ids)
    files = inside.backend.media.list(f"generating/{ann.uid}/")
    assert all(new["jobId"] in path for path in files)
    assert alarms(suite, ids) == []
