"""A batch is accepted whole or not at all; its rows run in turn, and end with it."""

from dataclasses import replace
from typing import Any

import pytest

from mediaforge.domain.errors import RequestError
from mediaforge.domain.jobs.job import JobStatus, Priority, WaitingFor
from mediaforge.domain.library.batches import BatchStatus
from mediaforge.domain.money import accounts
from mediaforge.services.watch.invariants import check_invariants
from mediaforge.services.watch.sweep import sweep_jobs
from tests.support.world import ANN, World, logged, user


def statuses(world: World, batch_id: str) -> list[str]:
    return [row.status.value for row in world.batch_rows(batch_id)]


def refusal(world: World, *args: Any, **fields: Any) -> RequestError:
    with pytest.raises(RequestError) as refused:
        world.submit_batch(*args, **fields)
    return refused.value


def fields_of(refused: RequestError) -> list[str]:
    return [each["field"] for each in refused.details["fieldErrors"]]


# ---- acceptance --------------------------------------------------------------------------------------


def test_a_batch_is_accepted_with_its_rows_and_one_hold_in_one_commit(pro: World) -> None:
    pro.submit()  # brings the gift of the first submission
    before, held = pro.documents.writes, pro.account().held
    batch = pro.submit_batch(100)
    assert pro.documents.writes - before == 103
    assert batch.status is BatchStatus.QUEUED
    assert pro.account().held - held == 200 == batch.credits.estimated
    entry = pro.entries()[f"{batch.id}:hold"]
    assert (entry.amount, entry.batch_id, entry.job_id) == (200, batch.id, None)
    assert statuses(pro, batch.id) == ["queued"] * 100
    assert len(pro.jobs()) == 1


def test_rows_get_jobs_with_their_slots_in_the_order_of_the_rows(pro: World) -> None:
    batch = pro.submit_batch(100)
    pro.go_on()
    rows = pro.batch_rows(batch.id)
    assert [row.index for row in rows if row.job_id] == list(range(10))
    job = pro.job(rows[3].job_id or "")
    assert (job.batch_id, job.row, job.is_dispatched) == (batch.id, 3, True)
    assert rows[3].path == f"generations/ann/images/{job.id}"
    assert pro.view(job.id)["batch_id"] == batch.id
    assert pro.account().active == 10


def test_rows_are_traced_to_the_request_that_their_batch_was_accepted_with(
    pro: World, capsys: pytest.CaptureFixture[str]
) -> None:
    batch = pro.submit_batch(2, caller=replace(ANN, asked_as="the batch"))
    pro.run_until_quiet()
    jobs = [row.job_id for row in pro.batch_rows(batch.id)]
    assert [line["request_id"] for line in logged(capsys, "generation")] == ["the batch"] * 2
    assert all(pro.job(job_id or "").asked_as == "the batch" for job_id in jobs)


def test_a_batch_ends_with_its_last_row_and_is_paid_for_row_by_row(pro: World) -> None:
    rows = [{"prompt": f"row {i} {'[[blocked]]' if i % 3 == 0 else ''}"} for i in range(24)]
    batch = pro.submit_batch(rows)
    pro.run_until_quiet()
    ended = pro.batch(batch.id)
    assert ended.status is BatchStatus.COMPLETED
    assert (ended.counts.completed, ended.counts.failed, ended.counts.queued) == (16, 8, 0)
    assert ended.credits.charged == 32
    assert ended.due_at is None
    assert pro.account().held == 0
    assert pro.account().tracks == {}
    assert pro.account().due_at is None
    kinds = [e.type.value for e in pro.entries().values() if e.batch_id == batch.id]
    assert (kinds.count("capture"), kinds.count("release"), kinds.count("hold")) == (16, 8, 1)
    pro.assert_promises()


def test_a_row_shows_what_its_job_came_to(pro: World) -> None:
    batch = pro.submit_batch([{"prompt": "a fox"}, {"prompt": "[[blocked]]"}])
    pro.run_until_quiet()
    made, failed = pro.batch_rows(batch.id)
    assert made.generation_data is not None
    assert made.generation_data.image_urls
    assert made.credits.charged == 2
    assert failed.error is not None
    assert failed.error.code == "content-blocked"


def test_rows_mix_pictures_and_videos_and_take_what_they_leave_out_from_the_defaults(
    pro: World,
) -> None:
    batch = pro.submit_batch(
        [{"prompt": "a"}, {"prompt": "b", "kind": "video"}, {"prompt": "c", "aspectRatio": "1:1"}],
        defaults={"aspectRatio": "16:9"},
    )
    pro.run_until_quiet()
    kinds = [row.kind.value for row in pro.batch_rows(batch.id)]
    assert kinds == ["image", "video", "image"]
    jobs = [pro.job(row.job_id or "") for row in pro.batch_rows(batch.id)]
    assert [job.aspect_ratio for job in jobs] == ["16:9", "16:9", "1:1"]


def test_every_wrong_row_is_named_and_nothing_is_held(pro: World) -> None:
    rows: list[dict[str, Any]] = [
        {"prompt": "x"},
        {"prompt": ""},
        {"prompt": "x", "count": 9},
        {"prompt": "x", "teamId": "t"},
        {"prompt": "x", "kind": "training"},
        {"prompt": "x", "references": [{"path": "nowhere", "mode": "style_only"}]},
    ]
    refused = refusal(pro, rows)
    assert refused.reason == "invalid-request"
    assert fields_of(refused) == [
        "rows[1].prompt",
        "rows[2].count",
        "rows[3].teamId",
        "rows[4].kind",
        "rows[5].references[0].path",
    ]
    assert pro.account().held == 0
    assert pro.batches() == []


def test_what_is_wrong_in_the_defaults_is_named_once(pro: World) -> None:
    assert fields_of(refusal(pro, 3, defaults={"aspectRatio": "7:1"})) == ["defaults.aspectRatio"]


@pytest.mark.parametrize(
    ("fields", "reason", "details"),
    [
        ({"rows": 11}, "batch-too-large", {"limit": 10, "of": "rows"}),
        ({"rows": 3, "priority": "high"}, "priority-not-in-tier", {"priority": "high"}),
        ({"rows": 3, "maxCredits": 5}, "over-budget", {"required": 6, "maxCredits": 5}),
        ({"rows": 3, "teamId": "nobodys"}, "not-a-member", {}),
        ({"rows": [{"prompt": "x", "count": 4}] * 6}, "quota-exceeded", {"limit": 20}),
        ({"rows": [{"prompt": "x", "model": "gemini-3-pro-image"}]}, "invalid-request", {}),
    ],
)
def test_a_refused_batch_leaves_nothing_behind(
    world: World, fields: dict[str, Any], reason: str, details: dict[str, Any]
) -> None:
    world.set_tier("free")
    refused = refusal(world, **fields)
    assert refused.reason == reason
    assert details.items() <= refused.details.items()
    assert world.batches() == []
    assert world.account().held == 0


def test_too_few_credits_for_all_rows_refuse_all_of_them(pro: World) -> None:
    pro.submit_batch([{"prompt": "x", "count": 4}] * 100)
    refused = refusal(pro, [{"prompt": "x", "count": 4}] * 100)
    assert refused.details == {"required": 800, "available": 200}
    assert len(pro.batches()) == 1


def test_the_same_request_is_the_same_batch(pro: World) -> None:
    first = pro.submit_batch(3, requestId="r")
    assert pro.submit_batch(3, requestId="r").id == first.id
    assert pro.account().held == 6
    assert refusal(pro, 4, requestId="r").reason == "request-id-reused"


# ---- turns -------------------------------------------------------------------------------------------


def test_a_single_job_waits_for_no_hundred_rows(pro: World) -> None:
    pro.submit_batch(100)
    pro.go_on()
    job = pro.submit("single").job
    assert job.waiting_for is WaitingFor.CAPACITY
    for _ in range(2):
        pro.deliver(next(j.id for j in pro.jobs() if j.is_dispatched and not j.status.is_final))
        pro.settle()
    assert pro.job(job.id).is_dispatched


def test_a_single_job_that_finds_a_free_slot_behind_rows_has_the_slots_filled(pro: World) -> None:
    pro.submit_batch(3)
    pro.tasks.of_batches.clear()
    job = pro.submit("single").job
    assert not job.is_dispatched
    pro.go_on()
    assert pro.job(job.id).is_dispatched
    assert pro.account().active == 4


def test_a_batch_of_a_higher_priority_goes_first(pro: World) -> None:
    low = pro.submit_batch(30, priority="low")
    pro.go_on()
    high = pro.submit_batch(30, priority="high")
    pro.deliver_all()
    pro.settle()
    begun = [sum(1 for row in pro.batch_rows(each.id) if row.job_id) for each in (low, high)]
    assert begun == [10, 10]


# ---- control -----------------------------------------------------------------------------------------


def test_once_a_pause_is_answered_no_row_begins(pro: World) -> None:
    batch = pro.submit_batch(30)
    pro.go_on()
    paused = pro.control_batch(batch.id, "pause")
    assert paused.status is BatchStatus.PAUSED
    assert pro.account().active == 0
    pro.deliver_all()
    pro.clock.advance(3600)
    sweep_jobs(pro.backend)
    pro.deliver_all()
    assert pro.provider.starts == {}
    assert {job.waiting_for for job in pro.jobs()} == {WaitingFor.BATCH}
    pro.control_batch(batch.id, "resume")
    pro.run_until_quiet()
    assert pro.batch(batch.id).counts.completed == 30
    pro.assert_promises()


def test_a_job_that_was_taken_back_waits_in_the_line_for_as_long_as_its_batch_may(
    pro: World,
) -> None:
    batch = pro.submit_batch(3, priority="low")
    pro.go_on()
    pro.control_batch(batch.id, "pause")
    ahead = pro.submit_batch(40)
    pro.control_batch(batch.id, "resume")
    waiting = [job for job in pro.jobs() if job.batch_id == batch.id]
    assert [job.waiting_for for job in waiting] == [WaitingFor.CAPACITY] * 3
    # Longer than any job may wait by itself, while what was sent later goes first.
    pro.clock.advance(1 + 3600 * pro.backend.catalogue.limits.job_age_h_max)
    sweep_jobs(pro.backend)
    assert statuses(pro, batch.id) == ["queued"] * 3
    pro.run_until_quiet()
    assert pro.batch(batch.id).counts.completed == 3
    assert pro.batch(ahead.id).counts.completed == 40
    pro.assert_promises()


def test_a_job_that_was_taken_back_goes_by_the_priority_that_its_batch_has_by_then(
    pro: World,
) -> None:
    batch = pro.submit_batch(3, priority="low")
    pro.go_on()
    pro.control_batch(batch.id, "setPriority", priority="normal")  # its jobs have their slots
    pro.control_batch(batch.id, "pause")
    pro.control_batch(batch.id, "resume")
    assert {job.priority for job in pro.jobs()} == {Priority.NORMAL.rank}
    pro.run_until_quiet()
    pro.assert_promises()


def test_begun_rows_of_a_paused_batch_go_on_to_their_end(pro: World) -> None:
    batch = pro.submit_batch(3)
    pro.go_on()
    pro.provider.meanwhile = [lambda: pro.control_batch(batch.id, "pause")]
    pro.deliver(pro.batch_rows(batch.id)[0].job_id or "")
    pro.deliver_all()
    assert statuses(pro, batch.id) == ["completed", "queued", "queued"]


def test_a_cancel_frees_the_credits_of_waiting_rows_in_its_own_commit(pro: World) -> None:
    batch = pro.submit_batch(30)
    pro.go_on()
    cancelled = pro.control_batch(batch.id, "cancel")
    assert cancelled.status is BatchStatus.CANCELLED
    assert cancelled.counts.cancelled == 30
    assert pro.entries()[f"{batch.id}:release"].amount == 40
    pro.run_until_quiet()
    assert pro.provider.starts == {}
    assert pro.account().held == 0
    assert pro.account().usage.named()["images"] == 0
    pro.assert_promises()
    for action in ("pause", "resume", "retryFailed"):
        with pytest.raises(RequestError) as refused:
            pro.control_batch(batch.id, action)
        assert refused.value.reason == "illegal-state"


def test_running_rows_of_a_cancelled_batch_end_soon(pro: World) -> None:
    batch = pro.submit_batch(3)
    pro.go_on()

    def cancels() -> None:
        pro.control_batch(batch.id, "cancel")
        pro.go_on()

    pro.provider.meanwhile = [cancels]
    pro.deliver(pro.batch_rows(batch.id)[0].job_id or "")
    pro.run_until_quiet()
    assert statuses(pro, batch.id) == ["cancelled"] * 3
    assert pro.account().held == 0
    pro.assert_promises()


def test_what_failed_is_run_once_more_under_a_hold_of_its_own(pro: World) -> None:
    batch = pro.submit_batch([{"prompt": "x"}, {"prompt": "[[blocked]]"}])
    pro.run_until_quiet()
    again = pro.control_batch(batch.id, "retryFailed", requestId="once")
    assert (again.status, again.counts.queued) == (BatchStatus.RUNNING, 1)
    assert pro.entries()[f"{batch.id}:hold:0"].amount == 2
    pro.run_until_quiet()
    pro.control_batch(batch.id, "retryFailed", requestId="once")
    assert [row.attempt for row in pro.batch_rows(batch.id)] == [1, 2]
    assert pro.batch(batch.id).status is BatchStatus.COMPLETED
    pro.control_batch(batch.id, "retryFailed", requestId="twice")
    pro.run_until_quiet()
    assert [row.attempt for row in pro.batch_rows(batch.id)] == [1, 3]
    pro.assert_promises()


def test_a_waiting_row_runs_once_with_its_change(pro: World) -> None:
    batch = pro.submit_batch(30)
    pro.go_on()
    pro.control_batch(batch.id, "editRow", row=20, changes={"prompt": "new", "count": 3})
    assert pro.account().held == 64
    pro.control_batch(batch.id, "editRow", row=2, changes={"prompt": "newer"})
    pro.run_until_quiet()
    rows = pro.batch_rows(batch.id)
    assert [rows[20].attempt, rows[2].attempt] == [1, 2]
    assert pro.job(rows[20].job_id or "").request_data["prompt"] == "new"
    assert pro.job(rows[2].job_id or "").request_data["prompt"] == "newer"
    assert pro.batch(batch.id).credits.charged == 64
    pro.assert_promises()


def test_a_row_that_is_changed_before_a_worker_has_it_counts_as_one(pro: World) -> None:
    """In the commit of the change, whether the row has a job yet or not. Whoever listens to that job sees it
    end."""
    batch = pro.submit_batch(30)
    pro.go_on()
    before = pro.account()
    job = pro.job(pro.batch_rows(batch.id)[2].job_id or "")
    pro.control_batch(batch.id, "editRow", row=2, changes={"prompt": "newer"})
    after = pro.account()
    assert after.usage == before.usage
    assert (after.available, after.held) == (before.available, before.held)
    assert (after.active, after.spend) == (9, accounts.free_slot(before, job).spend)
    assert (pro.view(job.id)["status"], pro.job(job.id).is_settled) == ("cancelled", True)
    assert pro.entries()[f"{job.id}:release"].amount == 2
    pro.run_until_quiet()
    assert pro.batch(batch.id).counts.completed == 30
    assert check_invariants(pro.backend) == []
    pro.assert_promises()


@pytest.mark.parametrize("has_job", [True, False])
def test_what_is_held_and_counted_for_a_row_is_enough_to_change_it(
    world: World, has_job: bool
) -> None:
    team_id = world.found_team(available=2, bob="editor")
    batch = world.submit_batch(1, teamId=team_id)
    if has_job:
        world.go_on()
    world.control_batch(batch.id, "editRow", user("bob"), row=0, changes={"prompt": "newer"})
    members = [world.member(team_id, uid) for uid in ("ann", "bob")]
    assert [member and member.usage.named()["images"] for member in members] == [0, 1]
    team = world.account(f"team_{team_id}")
    assert (team.available, team.held, team.usage.named()["images"]) == (0, 2, 1)
    world.run_until_quiet()
    assert world.batch(batch.id).credits.charged == 2
    world.assert_promises()


def test_what_is_wrong_with_a_change_is_named_in_the_changes(pro: World) -> None:
    batch = pro.submit_batch(3)
    for changes, field in (({"count": 9}, "changes.count"), ({"teamId": "t"}, "changes.teamId")):
        with pytest.raises(RequestError) as refused:
            pro.control_batch(batch.id, "editRow", row=1, changes=changes)
        assert fields_of(refused.value) == [field]
    with pytest.raises(RequestError) as refused:
        pro.control_batch(batch.id, "editRow", row=7, changes={})
    assert fields_of(refused.value) == ["row"]


def test_a_scheduled_batch_starts_at_its_time(pro: World) -> None:
    batch = pro.submit_batch(3, scheduledAt=pro.at(7200).isoformat())
    pro.go_on()
    pro.clock.advance(7140)
    sweep_jobs(pro.backend)
    assert pro.jobs() == []
    pro.clock.advance(120)
    pro.run_until_quiet()
    assert pro.batch(batch.id).counts.completed == 3
    pro.assert_promises()


def test_whoever_pauses_and_resumes_all_the_time_is_refused_the_resume(pro: World) -> None:
    batch = pro.submit_batch(3)
    limit = pro.backend.catalogue.tier_of("pro").submissions_a_minute

    def flip() -> None:
        pro.control_batch(batch.id, "pause")
        pro.control_batch(batch.id, "resume")

    for _ in range(limit - 1):
        flip()
    with pytest.raises(RequestError) as refused:
        flip()
    assert refused.value.reason == "rate-limited"
    assert pro.batch(batch.id).status is BatchStatus.PAUSED


def test_only_its_user_controls_a_batch(pro: World) -> None:
    batch = pro.submit_batch(3)
    with pytest.raises(RequestError) as refused:
        pro.control_batch(batch.id, "pause", caller=user("bob"))
    assert refused.value.reason == "not-found"


def test_editors_of_the_team_control_its_batch_and_viewers_do_not(world: World) -> None:
    team_id = world.found_team(available=100, bob="editor", eve="viewer")
    batch = world.submit_batch(3, teamId=team_id)
    world.control_batch(batch.id, "pause", caller=user("bob"))
    with pytest.raises(RequestError) as refused:
        world.control_batch(batch.id, "resume", caller=user("eve"))
    assert refused.value.reason == "not-owner"
    world.control_batch(batch.id, "resume", caller=ANN)
    world.run_until_quiet()
    assert [row.status for row in world.batch_rows(batch.id)] == [JobStatus.COMPLETED] * 3
    world.assert_promises()
