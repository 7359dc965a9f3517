"""What attackers tried with batches: other people's things, times that are odd, calls without end."""

from collections.abc import Callable
from typing import Any

import pytest

from mediaforge.contract import documents as at
from mediaforge.domain.errors import RequestError
from mediaforge.domain.library.batches import BatchStatus
from mediaforge.domain.library.brands import Brand, BrandStatus
from mediaforge.services.watch.sweep import sweep_jobs
from tests.services.library.test_templates import write_template
from tests.support.world import ANN, START, World, user

BOB = user("bob")


def reason(ask: Callable[[], object]) -> str:
    with pytest.raises(RequestError) as refused:
        ask()
    return refused.value.reason


def failed_batch(world: World, **fields: Any) -> str:
    batch = world.submit_batch([{"prompt": "[[blocked]] x"}], **fields)
    world.run_until_quiet()
    return batch.id


# ---- other people's things ---------------------------------------------------------------------------


def test_an_editor_changes_a_row_with_what_they_may_use_themselves(world: World) -> None:
    team_id = world.found_team(bob="editor")
    write_template(world, user_id="ann", visibility="private")
    batch_id = failed_batch(world, teamId=team_id)
    secret = {"prompt": None, "templateId": "t", "variables": {"colour": "red"}}
    picture = {"references": [{"path": "references/ann/passport.png", "mode": "style_only"}]}
    for changes, why in ((secret, "not-found"), (picture, "invalid-request")):
        assert (
            reason(
                lambda c=changes: world.control_batch(  # type: ignore[misc]
                    batch_id, "editRow", BOB, row=0, changes=c
                )
            )
            == why
        )


def test_who_runs_rows_again_uses_up_their_own_day(world: World) -> None:
    team_id = world.found_team(bob="editor")
    world.control_team(ANN, team_id, "setMember", uid="bob", limits={"imagesADay": 2})
    batch_id = failed_batch(world, teamId=team_id)
    world.control_batch(batch_id, "retryFailed", BOB)
    world.run_until_quiet()
    members = [world.member(team_id, uid) for uid in ("ann", "bob")]
    assert [member and member.usage.named()["images"] for member in members] == [1, 1]
    world.control_batch(batch_id, "editRow", BOB, row=0, changes={"prompt": "fine"})
    world.run_until_quiet()
    assert world.batch_rows(batch_id)[0].user_id == "ann"
    bob = world.member(team_id, "bob")
    assert bob is not None
    assert bob.usage.named()["images"] == 2
    world.assert_promises()


def test_rows_are_run_again_though_who_submitted_them_has_left(world: World) -> None:
    team_id = world.found_team(bob="owner", carl="editor")
    batch = world.submit_batch([{"prompt": "[[blocked]] x"}], caller=user("carl"), teamId=team_id)
    world.run_until_quiet()
    world.control_team(ANN, team_id, "remove", uid="carl")
    assert world.control_batch(batch.id, "retryFailed", BOB).status is BatchStatus.RUNNING


def test_an_owner_runs_a_member_s_row_again_with_all_that_it_shows(world: World) -> None:
    """Its frames, references and brand are what was agreed, whoever repeats it."""
    team_id = world.found_team(bob="owner", carl="editor")
    world.control_account("setTier", accountId=f"team_{team_id}", tier="pro")
    world.documents.transact(lambda tx: tx.put(at.brand("b"), brand_of_carl()))
    mine = {"path": "references/carl/1.png"}
    shown = {"references": [{**mine, "mode": "style_only"}], "brandId": "b"}
    rows: list[dict[str, Any]] = [
        {"kind": "video", "prompt": "[[blocked]] x", "firstFrame": mine, "lastFrame": mine},
        {"kind": "video", "prompt": "[[blocked]] x", **shown},
        {"prompt": "[[blocked]] x", "editOf": mine, **shown},
    ]
    batch = world.submit_batch(rows, caller=user("carl"), teamId=team_id)
    world.run_until_quiet()
    assert world.batch(batch.id).counts.failed == 3
    again = world.control_batch(batch.id, "retryFailed", BOB)
    assert (again.status, again.counts.queued) == (BatchStatus.RUNNING, 3)


def brand_of_carl() -> Brand:
    return Brand(
        id="b",
        name="Carl's",
        status=BrandStatus.READY,
        user_id="carl",
        account_id="user_carl",
        job_id="b",
        progress=1.0,
        model="local-training",
        created_at=START,
        modified=START,
    )


# ---- time --------------------------------------------------------------------------------------------


def test_a_scheduled_batch_that_is_paused_before_its_time_ends_all_the_same(pro: World) -> None:
    batch = pro.submit_batch(3, scheduledAt=pro.at(7200).isoformat())
    pro.control_batch(batch.id, "pause")
    pro.clock.advance(8 * 86_400)
    sweep_jobs(pro.backend)
    pro.go_on()
    assert pro.batch(batch.id).status is BatchStatus.CANCELLED
    assert pro.account().held == 0


def test_what_is_run_again_after_a_week_has_its_time(pro: World) -> None:
    batch_id = failed_batch(pro)
    pro.clock.advance(8 * 86_400)
    pro.control_batch(batch_id, "editRow", row=0, changes={"prompt": "fine"})
    sweep_jobs(pro.backend)
    pro.run_until_quiet()
    assert pro.batch(batch_id).counts.completed == 1


def test_a_pause_that_has_ended_with_the_last_row_does_not_come_back(pro: World) -> None:
    batch = pro.submit_batch([{"prompt": "[[blocked]] x"}])
    pro.tasks.of_batches.clear()
    pro.settle()
    sweep_jobs(pro.backend)
    pro.clock.advance(1)
    pro.provider.meanwhile = [lambda: pro.control_batch(batch.id, "pause")]
    for row in pro.batch_rows(batch.id):
        pro.deliver(row.job_id or "")
    again = pro.control_batch(batch.id, "retryFailed")
    assert again.status is BatchStatus.RUNNING
    assert pro.control_batch(batch.id, "pause").status is BatchStatus.PAUSED


def test_a_time_long_ago_is_no_schedule(pro: World) -> None:
    batch = pro.submit_batch(1, scheduledAt="0001-01-01T00:00:00+14:00")
    assert batch.scheduled_at is None
    assert at.dump_new(batch).get("scheduled_at") is None


# ---- what has changed since --------------------------------------------------------------------------


def test_a_retry_is_of_the_same_kind_whatever_became_of_its_template(pro: World) -> None:
    write_template(pro, prompt="[[blocked]] {{colour=red}}", defaults={"kind": "video"})
    batch = pro.submit_batch([{}], templateId="t")
    pro.run_until_quiet()
    pro.documents.overwrite("templates/t", None)
    pro.control_batch(batch.id, "retryFailed")
    assert [row.kind.value for row in pro.batch_rows(batch.id)] == ["video"]


def test_the_price_that_was_told_once_refuses_no_retry(pro: World) -> None:
    batch = pro.submit_batch([{"prompt": "[[blocked]] x", "estimatedCredits": 2}])
    pro.run_until_quiet()
    pro.control_batch(batch.id, "editRow", row=0, changes={"count": 2})
    assert pro.account().held == 4


# ---- calls without end -------------------------------------------------------------------------------


def test_what_is_sent_again_enqueues_nothing(pro: World) -> None:
    batch = pro.submit_batch(3, requestId="r")
    pro.control_batch(batch.id, "pause", requestId="p")
    before = len(pro.tasks.of_batches)
    pro.submit_batch(3, requestId="r")
    pro.control_batch(batch.id, "pause")
    pro.control_batch(batch.id, "pause", requestId="p")
    assert len(pro.tasks.of_batches) == before


def test_calls_that_cost_nothing_are_bounded_by_the_minute(pro: World) -> None:
    """Nothing is charged, and the day gets back what never began: what is left is the minute's limit, which a
    submission, a change and a resume count in, and a cancel gives nothing back of."""
    limit = pro.backend.catalogue.tier_of("pro").submissions_a_minute

    def submit() -> None:
        pro.control_batch(pro.submit_batch(1).id, "cancel")

    def submit_a_job() -> None:
        pro.cancel(pro.submit().job.id)

    def change() -> None:
        pro.control_batch(open_id, "editRow", row=0, changes={"prompt": "x"})

    def pause() -> None:
        pro.control_batch(open_id, "pause")
        pro.control_batch(open_id, "resume")

    for act in (submit, submit_a_job, change, pause):
        open_id = pro.submit_batch(1).id
        pro.clock.advance(120)
        for _ in range(limit):
            act()
        assert reason(act) == "rate-limited"
        pro.clock.advance(120)
        pro.control_batch(open_id, "cancel")
    pro.run_until_quiet()
    assert pro.account().usage.named()["images"] == 0


def test_a_control_call_of_a_known_name_that_asks_for_something_else_is_refused(pro: World) -> None:
    batch = pro.submit_batch(3)
    pro.control_batch(batch.id, "editRow", row=0, changes={"prompt": "a"}, requestId="e")
    pro.control_batch(batch.id, "editRow", row=0, changes={"prompt": "a"}, requestId="e")
    assert (
        reason(
            lambda: pro.control_batch(
                batch.id, "editRow", row=1, changes={"prompt": "a"}, requestId="e"
            )
        )
        == "request-id-reused"
    )


def test_rows_that_are_too_large_are_refused_by_name(pro: World) -> None:
    large = {"prompt": "x", "variables": {f"v{n}": "😀" * 1000 for n in range(20)}}
    with pytest.raises(RequestError) as refused:
        pro.submit_batch([{"prompt": "x"}, large])
    assert refused.value.details["fieldErrors"][0]["field"] == "rows[1]"


def test_a_row_that_somebody_spoilt_keeps_no_other_waiting(pro: World) -> None:
    batch = pro.submit_batch(3)
    path = f"batches/{batch.id}/rows/0"
    fields = pro.documents.peek(path)[0] or {}
    pro.documents.overwrite(path, {**fields, "wish": {**fields["wish"], "seed": "no"}})
    pro.go_on()
    assert [bool(row.job_id) for row in pro.batch_rows(batch.id)] == [False, True, True]
    pro.control_batch(batch.id, "cancel")


# ---- what is left out --------------------------------------------------------------------------------


def test_a_row_says_its_size_in_another_way_than_the_defaults(pro: World) -> None:
    pro.submit_batch(
        [{"prompt": "x", "width": 1024, "height": 1024}], defaults={"aspectRatio": "16:9"}
    )


def test_a_default_that_is_null_leaves_the_template_of_the_batch(pro: World) -> None:
    write_template(pro, prompt="a house")
    batch = pro.submit_batch([{}], templateId="t", defaults={"templateId": None})
    assert pro.batch_rows(batch.id)[0].request_data == {"templateId": "t"}
