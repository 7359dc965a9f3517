"""Dead letters: found, replayed for their users, purged. Everything may come twice, and die half-way."""

from datetime import timedelta
from typing import Any

import pytest

from mediaforge.contract import documents as at
from mediaforge.domain.errors import (
    IllegalStateError,
    InsufficientCreditsError,
    NotAdminError,
    NotAMemberError,
    NotFoundError,
)
from mediaforge.domain.jobs.job import Job, JobStatus
from mediaforge.services.jobs.control import retry_job
from mediaforge.services.operate import dead_letters
from mediaforge.services.operate.dead_letters import Chosen, Replayed
from tests.support.world import ADMIN, ANN, World, logged, user

FAILS = "[[fail:always]]"


def died(world: World, prompt: str = FAILS, **fields: Any) -> Job:
    job = world.finish(prompt, **fields)
    assert world.documents.get(at.dead_letter(job.id)) is not None
    return job


def replay(world: World, job_id: str, **how: Any) -> Replayed:
    return dead_letters.replay(world.backend, ADMIN, job_id, **how)


def letters(world: World, **chosen: Any) -> list[str]:
    return [each.job_id for each in dead_letters.letters(world.backend, Chosen(**chosen))]


def mended(world: World, job_id: str) -> None:
    """The provider works again: what the job asks for can be made now."""
    job = world.row(f"jobs/{job_id}")
    world.overwrite(f"jobs/{job_id}", request_data={**job["request_data"], "prompt": "a boat"})


# ---- finding -----------------------------------------------------------------------------------------


def test_letters_are_found_oldest_first_and_by_what_they_say() -> None:
    world = World()
    first = died(world)
    world.clock.advance(3600)
    second = died(world, caller=user("bob"))
    assert letters(world) == [first.id, second.id]
    assert letters(world, account_id="user_bob") == [second.id]
    assert letters(world, code="provider-unavailable") == [first.id, second.id]
    assert letters(world, code="expired") == []
    assert letters(world, model="local-image", account_id="user_ann") == [first.id]
    assert letters(world, older_than=timedelta(minutes=30)) == [first.id]
    assert letters(world, newer_than=timedelta(minutes=30)) == [second.id]
    assert dead_letters.count_letters(world.backend) == 2


def test_each_way_to_a_letter_leaves_one_line_that_can_be_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World()
    spent = died(world)
    lost = world.submit("nobody comes").job
    world.tasks.queued.clear()
    world.run_until_quiet()
    late = world.submit("too late").job
    world.clock.advance(72 * 3600)
    world.deliver(late.id)
    written = [(line["job_id"], line["code"]) for line in logged(capsys, "dead_letter.written")]
    assert (spent.id, "provider-unavailable") in written
    assert (late.id, "expired") in written
    assert sorted(job_id for job_id, _ in written) == sorted(letters(world))
    assert lost.id not in letters(world)  # the sweep made another task


# ---- replaying ---------------------------------------------------------------------------------------


def test_a_replay_is_a_new_job_of_its_user_with_a_hold_of_its_own_and_the_letter_is_gone() -> None:
    world = World()
    job = died(world)
    mended(world, job.id)
    replayed = replay(world, job.id)
    assert replayed.job_id is not None
    again = world.job(replayed.job_id)
    assert (again.retry_of, again.user_id, again.account_id) == (job.id, "ann", "user_ann")
    assert letters(world) == []
    world.run_until_quiet()
    assert world.job(again.id).status is JobStatus.COMPLETED
    assert world.job(job.id).status is JobStatus.FAILED
    world.assert_promises()


def test_replayed_again_it_is_the_same_job() -> None:
    world = World()
    job = died(world)
    first = replay(world, job.id)
    again = replay(world, job.id)
    assert again == Replayed(first.job_id, was_repeated=True)
    assert sum(each.retry_of == job.id for each in world.jobs()) == 1


def test_a_user_who_has_repeated_the_job_meanwhile_is_not_charged_twice() -> None:
    world = World()
    job = died(world)
    own = retry_job(world.backend, ANN, job.id)
    assert replay(world, job.id) == Replayed(own.id, was_repeated=True)
    assert letters(world) == []


def test_a_replay_that_dies_before_the_letter_is_deleted_is_ended_by_the_next() -> None:
    world = World()
    job = died(world)
    commits = 0

    class DiedError(Exception):
        pass

    transact = world.documents.transact

    def dies_at_the_letter(work: Any, after: Any = None) -> Any:
        nonlocal commits
        commits += 1
        if "_delete" in work.__qualname__:
            raise DiedError
        return transact(work, after)

    world.documents.transact = dies_at_the_letter  # type: ignore[method-assign]
    with pytest.raises(DiedError):
        replay(world, job.id)
    world.documents.transact = transact  # type: ignore[method-assign]
    assert commits > 1
    assert letters(world) == [job.id]
    assert replay(world, job.id).was_repeated
    assert letters(world) == []
    world.run_until_quiet()
    world.assert_promises()


def test_a_replay_that_its_user_could_not_pay_for_is_refused_and_the_letter_stays() -> None:
    world = World()
    job = died(world)
    world.control_account(
        "adjust", accountId="user_ann", amount=-world.account().available, reason="x", requestId="x"
    )
    with pytest.raises(InsufficientCreditsError):
        replay(world, job.id)
    assert letters(world) == [job.id]


def test_of_somebody_who_has_left_the_team_nothing_is_replayed_at_its_cost() -> None:
    world = World()
    team_id = world.found_team(ANN, bob="editor")
    job = world.submit(FAILS, user("bob"), teamId=team_id).job
    world.run_until_quiet()
    world.control_team(ANN, team_id, "remove", uid="bob")
    with pytest.raises(NotAMemberError):
        replay(world, job.id)
    assert letters(world) == [job.id]


def test_what_fails_each_time_is_replayed_three_times_and_then_by_force_only() -> None:
    world = World()
    job = died(world)
    for _ in range(3):
        replayed = replay(world, job.id)
        assert replayed.job_id is not None
        world.run_until_quiet()
        job = world.job(replayed.job_id)
    with pytest.raises(IllegalStateError, match="repeated 3 times"):
        replay(world, job.id)
    assert letters(world) == [job.id]
    assert replay(world, job.id, forces=True).job_id is not None


def test_a_failed_row_is_run_again_within_its_batch() -> None:
    world = World()
    batch = world.submit_batch([{"prompt": "[[fail:always]] row"}, {"prompt": "a boat"}])
    world.run_until_quiet()
    [job_id] = letters(world)
    assert replay(world, job_id) == Replayed(None, False, batch.id, 0)
    assert letters(world) == []
    again = replay(world, job_id)
    assert (again.was_repeated, again.row) == (True, 0)
    world.run_until_quiet()
    [second] = letters(world)
    assert second != job_id
    assert world.row(f"batches/{batch.id}/rows/0")["attempt"] == 2
    world.assert_promises()


@pytest.mark.parametrize("prompt", ["a boat", "[[fail:permanent]]"])
def test_what_has_no_letter_can_be_repeated_only_where_it_failed(prompt: str) -> None:
    world = World()
    job = world.finish(prompt)
    if job.status is JobStatus.FAILED:
        assert replay(world, job.id).job_id is not None
        return
    with pytest.raises(IllegalStateError):
        replay(world, job.id)


def test_a_job_that_nobody_knows_is_not_found() -> None:
    world = World()
    with pytest.raises(NotFoundError):
        replay(world, "nobody")


# ---- purging -----------------------------------------------------------------------------------------


def test_a_purge_deletes_the_letter_and_nothing_else() -> None:
    world = World()
    job = died(world)
    before = world.contents()
    dead_letters.purge(world.backend, ADMIN, job.id)
    dead_letters.purge(world.backend, ADMIN, job.id)
    del before[f"dead_letters/{job.id}"]
    assert world.contents() == before


@pytest.mark.parametrize("act", [dead_letters.replay, dead_letters.purge])
def test_only_an_administrator_does_this(act: Any) -> None:
    world = World()
    job = died(world)
    before = world.contents()
    with pytest.raises(NotAdminError):
        act(world.backend, ANN, job.id)
    assert world.contents() == before
