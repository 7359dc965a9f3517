"""Deleting for good: what goes, what the books keep, who may, and what a crash leaves."""

from typing import Any

import pytest

from mediaforge.contract import documents as at
from mediaforge.contract.requests import TrainBrand, parse
from mediaforge.domain.errors import (
    BusyError,
    IllegalStateError,
    NotAMemberError,
    NotFoundError,
    NotOwnerError,
    ReferenceMissingError,
)
from mediaforge.domain.jobs.job import Job, JobStatus
from mediaforge.services.backend import Caller
from mediaforge.services.jobs.clean import clean_up
from mediaforge.services.jobs.control import retry_job
from mediaforge.services.jobs.submit import submit_job
from mediaforge.services.library.deletion import DeleteGeneration, delete_generation
from mediaforge.services.library.history import SearchGenerations, search_generations
from mediaforge.services.watch.invariants import check_invariants
from mediaforge.services.watch.sweep import sweep_jobs
from tests.support.faults import Killed
from tests.support.operations import LongProvider
from tests.support.pictures import MINE
from tests.support.world import ANN, World, user

BOB, CAT = user("bob"), user("cat")
PRIVATE = "a lighthouse that nobody is to know of"


def delete(world: World, *job_ids: str, caller: Caller = ANN) -> None:
    request = parse(DeleteGeneration, {"jobIds": list(job_ids)})
    assert delete_generation(world.backend, caller, request).on_the_wire() == {}


def reference(job: Job) -> list[dict[str, str]]:
    assert job.output is not None
    return [{"path": job.output.storage_paths[0], "mode": "style_only"}]


def test_what_was_made_goes_and_the_books_stay() -> None:
    world = World()
    job, other = world.finish(PRIVATE, count=2), world.finish("a mill")
    entries, account = world.entries(), world.account()
    assert len(world.media.files) == 6

    delete(world, job.id)

    assert [p for p in world.media.files if job.id in p] == []
    assert len([p for p in world.media.files if other.id in p]) == 2
    assert at.view_path(job) not in world.documents.paths()
    assert PRIVATE not in repr(world.contents())
    assert (world.entries(), world.account()) == (entries, account)
    after = world.job(job.id)
    assert (after.charged_credits, after.status) == (job.charged_credits, JobStatus.COMPLETED)
    assert (after.deleted_at, after.clean_at) == (world.clock.now(), None)
    found = search_generations(world.backend, ANN, parse(SearchGenerations, {"text": "lighthouse"}))
    assert found.items == ()
    assert check_invariants(world.backend) == []
    world.assert_promises()


@pytest.mark.parametrize("prompt", ["[[fail:permanent]]", "[[fail:always]]", "[[throttle:9]]"])
def test_what_came_to_nothing_is_deleted_with_its_dead_letter(prompt: str) -> None:
    world = World()
    job = world.submit(f"{PRIVATE} {prompt}").job
    if "throttle" in prompt:
        world.deliver_all()
        world.cancel(job.id)
    world.run_until_quiet()
    delete(world, job.id)
    assert PRIVATE not in repr(world.contents())
    assert check_invariants(world.backend) == []
    world.assert_promises()


def test_what_has_just_ended_is_settled_first() -> None:
    world = World()
    job = world.submit().job
    world.deliver_all()
    assert not world.job(job.id).is_settled
    delete(world, job.id)
    assert world.job(job.id).is_settled
    assert (world.account().held, world.account().available) == (0, 98)
    world.assert_promises()


def test_deleted_again_nothing_changes() -> None:
    world = World()
    job = world.finish()
    delete(world, job.id)
    contents = world.contents()
    world.clock.advance(60)
    delete(world, job.id)
    assert world.contents() == contents


def test_what_has_not_ended_is_refused_and_nothing_is_deleted() -> None:
    world = World()
    done, queued = world.finish(), world.submit().job
    contents = world.contents()
    with pytest.raises(IllegalStateError) as refused:
        delete(world, done.id, queued.id)
    assert refused.value.details == {"status": "queued"}
    assert world.contents() == contents


def test_what_is_deleted_is_neither_cancelled_nor_repeated() -> None:
    world = World()
    job = world.finish("[[fail:permanent]]")
    delete(world, job.id)
    with pytest.raises(NotFoundError):
        world.cancel(job.id)
    with pytest.raises(NotFoundError):
        retry_job(world.backend, ANN, job.id)


def test_the_same_request_id_stays_the_same_job() -> None:
    world = World()
    job = world.finish(requestId="r1")
    delete(world, job.id)
    again = world.submit(requestId="r1")
    assert (again.is_replay, again.job.id) == (True, job.id)


# ---- who may ----------------------------------------------------------------------------------------


def test_a_stranger_finds_nothing_to_delete() -> None:
    world = World()
    job = world.finish()
    contents = world.contents()
    with pytest.raises(NotFoundError) as refused:
        delete(world, job.id, "gone", caller=BOB)
    assert refused.value.details == {"jobIds": sorted([job.id, "gone"])}
    assert world.contents() == contents


def test_a_team_s_is_deleted_by_its_maker_and_by_owners() -> None:
    world = World()
    team_id = world.found_team(bob="editor", cat="editor")
    first, second = (world.submit(caller=BOB, teamId=team_id).job.id for _ in range(2))
    world.run_until_quiet()
    with pytest.raises(NotOwnerError):
        delete(world, first, caller=CAT)
    delete(world, first, caller=BOB)
    delete(world, second, caller=ANN)
    assert [p for p in world.documents.paths() if p.startswith("generations/")] == []


def test_who_has_left_a_team_deletes_nothing_that_it_paid_for() -> None:
    world = World()
    team_id = world.found_team(bob="editor")
    job = world.submit(caller=BOB, teamId=team_id).job
    world.run_until_quiet()
    world.control_team(ANN, team_id, "remove", uid="bob")
    with pytest.raises(NotAMemberError):
        delete(world, job.id, caller=BOB)


def test_a_team_s_addresses_end_though_some_of_its_pictures_are_deleted() -> None:
    world = World()
    team_id = world.found_team(bob="editor")
    kept, gone = (world.finish(teamId=team_id) for _ in range(2))
    delete(world, gone.id)
    before = world.view(kept.id)["generation_data"]
    world.control_team(ANN, team_id, "remove", uid="bob")
    world.run_until_quiet()
    assert world.view(kept.id)["generation_data"] != before
    assert world.job(gone.id).address_epoch == 1
    assert check_invariants(world.backend) == []


def test_a_picture_that_is_deleted_while_its_addresses_turn_stays_deleted() -> None:
    world = World()
    team_id = world.found_team(bob="editor")
    job = world.finish(teamId=team_id)
    world.control_team(ANN, team_id, "remove", uid="bob")
    world.documents.meanwhile = [lambda: None, lambda: delete(world, job.id)]
    world.run_until_quiet()
    assert world.media.files == {}
    assert world.job(job.id).output is None
    assert at.view_path(job) not in world.documents.paths()


# ---- what others made of it -------------------------------------------------------------------------


def test_who_used_the_picture_is_refused_or_gets_their_credits_back() -> None:
    world = World()
    job = world.finish()
    waiting = world.submit("the same at night", references=reference(job)).job
    delete(world, job.id)
    with pytest.raises(ReferenceMissingError):
        world.submit("the same at noon", references=reference(job))
    world.run_until_quiet()
    after = world.job(waiting.id)
    assert after.error is not None
    assert (after.status, after.error.code) == (JobStatus.FAILED, "reference-missing")
    assert (after.charged_credits, world.account().held) == (0, 0)
    world.assert_promises()


def test_a_row_whose_job_is_deleted_shows_its_addresses_no_more_and_counts_as_before() -> None:
    world = World()
    batch = world.submit_batch(2)
    world.run_until_quiet()
    first, second = world.batch_rows(batch.id)
    counts, kept = world.batch(batch.id).counts, second.generation_data
    delete(world, str(first.job_id))
    first, second = world.batch_rows(batch.id)
    assert (first.generation_data, first.status) == (None, JobStatus.COMPLETED)
    assert second.generation_data == kept
    assert world.batch(batch.id).counts == counts
    world.assert_promises()


def training(world: World) -> Job:
    world.set_tier("pro")
    paths = [f"references/ann/{number}.png" for number in range(5)]
    world.media.files.update(dict.fromkeys(paths, MINE))
    references = [{"path": path, "mode": "style_only"} for path in paths]
    request = parse(TrainBrand, {"name": PRIVATE, "references": references})
    return submit_job(world.backend, ANN, request).job


def test_a_training_is_not_deleted_while_there_is_its_brand() -> None:
    world = World(provider=LongProvider())
    job = training(world)
    world.run_until_quiet()
    contents, files = world.contents(), dict(world.media.files)
    with pytest.raises(IllegalStateError) as refused:
        delete(world, job.id)
    assert refused.value.details == {"status": "completed"}
    assert (world.contents(), world.media.files) == (contents, files)


def test_a_training_that_came_to_nothing_goes_with_its_brand() -> None:
    world = World(provider=LongProvider())
    job = training(world)
    world.deliver_all()
    world.cancel(job.id)
    world.run_until_quiet()
    delete(world, job.id)
    assert PRIVATE not in repr(world.contents())
    assert f"brands/{job.brand_id}" not in world.documents.paths()
    assert check_invariants(world.backend) == []


# ---- crashes ----------------------------------------------------------------------------------------


def stop_at(world: World, call: int, monkeypatch: Any) -> None:
    """Kills the process at that call of Storage."""
    calls = iter(range(call + 1))

    def dying(method: Any) -> Any:
        def act(*given: Any) -> Any:
            if next(calls, call) == call:
                raise Killed
            return method(*given)

        return act

    for name in ("list", "delete"):
        monkeypatch.setattr(world.media, name, dying(getattr(world.media, name)))


@pytest.mark.parametrize("call", range(4))
@pytest.mark.parametrize("goes_on", ["sweep", "repeat"])
def test_after_a_crash_the_sweep_or_the_same_call_deletes_the_files(
    call: int, goes_on: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World()
    job = world.finish(count=2)
    with monkeypatch.context() as dying:
        stop_at(world, call, dying)
        with pytest.raises(Killed):
            delete(world, job.id)
    assert at.view_path(job) not in world.documents.paths()
    if goes_on == "repeat":
        delete(world, job.id)
    else:
        world.clock.advance(300)
        sweep_jobs(world.backend)
    assert world.media.files == {}
    assert world.job(job.id).clean_at is None
    world.assert_promises()


def test_while_storage_does_not_answer_the_files_wait_for_the_sweep(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    job = world.finish()

    def busy(*_: object) -> None:
        raise BusyError("Storage")

    with monkeypatch.context() as storage:
        storage.setattr(world.media, "list", busy)
        delete(world, job.id)
    assert world.media.files != {}
    world.clock.advance(300)
    sweep_jobs(world.backend)
    assert world.media.files == {}


def test_who_tidied_up_before_a_deletion_does_not_call_the_job_clean_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    job = world.finish(count=2)
    with monkeypatch.context() as dying:
        stop_at(world, 1, dying)
        with pytest.raises(Killed):
            delete(world, job.id)
    clean_up(world.backend, [job])  # a settle that stood still since it had read the job
    world.clock.advance(300)
    sweep_jobs(world.backend)
    assert world.media.files == {}
    assert world.job(job.id).clean_at is None
