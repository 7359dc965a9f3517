"""The check finds each kind of damage and names the document; where there is none it finds none."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from mediaforge.contract import documents as at
from mediaforge.domain.credits import Entry, EntryType
from mediaforge.domain.jobs import Job
from mediaforge.services.invariants import Violation, check_invariants
from tests.support.world import World, user

BOB = user("bob")
LEDGER = "accounts/user_ann/ledger"


def damaged(damage: Callable[[World, Job], None]) -> tuple[Job, list[Violation]]:
    """A world where all is well but for the damage to one of Ann's two finished jobs."""
    world = World()
    job = world.finish()
    world.finish("[[partial:1]]", count=2)
    world.submit(caller=BOB)
    assert check_invariants(world.backend) == []
    damage(world, job)
    return job, check_invariants(world.backend)


def test_an_account_at_work_has_no_violations() -> None:
    world = World()
    world.submit()
    world.submit("[[throttle:1]]")
    world.submit()
    world.submit(scheduledAt="2026-11-21T00:00:00Z")
    assert check_invariants(world.backend) == []
    world.deliver_all()
    assert check_invariants(world.backend) == []
    world.run_until_quiet()
    assert check_invariants(world.backend) == []


@pytest.mark.parametrize(
    "prompt", ["a lighthouse", "[[partial:1]]", "[[blocked]]", "[[fail:always]]"]
)
def test_a_finished_job_has_no_violations(prompt: str) -> None:
    world = World()
    world.finish(prompt, count=3)
    assert check_invariants(world.backend) == []


def test_an_empty_project_has_no_violations() -> None:
    assert check_invariants(World().backend) == []


@pytest.mark.parametrize("field", ["available", "held"])
def test_a_changed_balance_is_found(field: str) -> None:
    _, violations = damaged(lambda world, _: world.overwrite("accounts/user_ann", **{field: 7}))
    assert {v.document for v in violations} == {"accounts/user_ann"}
    assert violations[0].expected == "(96, 0)"
    assert "7" in violations[0].found


def test_a_hold_without_an_unfinished_job_is_found() -> None:
    def damage(world: World, _: Job) -> None:
        hold = Entry(EntryType.HOLD, 5, 91, 5, world.clock.now(), "nobody")
        world.overwrite(f"{LEDGER}/lost:hold", **at.dump(hold))
        world.overwrite("accounts/user_ann", available=91, held=5)

    _, (violation,) = damaged(damage)
    assert violation.rule == "held is what the unfinished jobs reserve"
    assert (violation.document, violation.expected, violation.found) == (
        "accounts/user_ann",
        "0",
        "5",
    )


def test_an_entry_of_a_job_that_is_gone_is_found() -> None:
    def damage(world: World, job: Job) -> None:
        world.documents.overwrite(f"jobs/{job.id}", None)

    job, (violation,) = damaged(damage)
    assert (violation.document, violation.expected) == ("accounts/user_ann", f"jobs/{job.id}")


def test_a_job_settled_long_ago_is_looked_at_when_everything_is_asked_for() -> None:
    world = World()
    job = world.finish()
    world.clock.advance(26 * 3600)
    world.overwrite(f"jobs/{job.id}", charged_credits=1)
    assert check_invariants(world.backend) == []
    (violation,) = check_invariants(world.backend, timedelta(days=36_500))
    assert violation.document == f"jobs/{job.id}"


def test_a_waiting_job_that_its_account_does_not_know_of_is_found() -> None:
    world = World()
    waiting = [world.submit().job.id for _ in range(3)][-1]
    world.overwrite("accounts/user_ann", due_at=None)
    (violation,) = check_invariants(world.backend)
    assert violation.document == "accounts/user_ann"
    assert waiting in violation.found


def test_a_negative_balance_is_found_as_such() -> None:
    _, violations = damaged(lambda world, _: world.overwrite("accounts/user_ann", held=-1))
    assert [v.rule for v in violations] == [
        "available and held are the sum of the entries",
        "no balance is below 0",
        "held is what the unfinished jobs reserve",
    ]


def test_a_changed_hold_is_found() -> None:
    job, violations = damaged(
        lambda world, job: world.overwrite(f"{LEDGER}/{job.id}:hold", amount=3)
    )
    assert [v.document for v in violations] == ["accounts/user_ann", f"jobs/{job.id}"]
    assert (violations[1].expected, violations[1].found) == ("[2]", "[3]")


def test_a_changed_capture_is_found() -> None:
    job, violations = damaged(
        lambda world, job: world.overwrite(f"{LEDGER}/{job.id}:capture", amount=1)
    )
    assert [v.document for v in violations] == ["accounts/user_ann", f"jobs/{job.id}"]
    assert (violations[1].expected, violations[1].found) == ("(2, 0)", "(1, 0)")


def test_a_capture_that_became_a_release_is_found() -> None:
    job, violations = damaged(
        lambda world, job: world.overwrite(f"{LEDGER}/{job.id}:capture", type="release")
    )
    assert f"jobs/{job.id}" in [v.document for v in violations]


def test_a_wrong_count_of_active_jobs_is_found() -> None:
    _, (violation,) = damaged(lambda world, _: world.overwrite("accounts/user_ann", active=1))
    assert (violation.document, violation.expected, violation.found) == (
        "accounts/user_ann",
        "0",
        "1",
    )


def test_a_missing_file_is_found() -> None:
    job, (violation,) = damaged(lambda world, job: world.media.delete(paths_of(job)))
    assert violation.document == f"jobs/{job.id}"
    assert violation.expected == f"generating/ann/image/{job.id}.png"


def paths_of(job: Job) -> tuple[str, ...]:
    assert job.output is not None
    return job.output.storage_paths


def test_a_file_missing_for_longer_than_a_day_is_not_looked_for_again() -> None:
    world = World()
    world.media.delete(paths_of(world.finish()))
    world.clock.advance(26 * 3600)
    assert check_invariants(world.backend) == []


def test_a_final_job_that_nobody_settles_is_found() -> None:
    world = World()
    job = world.submit().job
    world.deliver(job.id)
    world.clock.advance(600)
    assert check_invariants(world.backend) == []
    world.clock.advance(1)
    (violation,) = check_invariants(world.backend)
    assert violation.document == f"jobs/{job.id}"
    assert violation.rule == "a final job is settled"


def test_damage_in_several_accounts_is_found_in_each() -> None:
    def damage(world: World, _: Job) -> None:
        world.overwrite("accounts/user_ann", active=9)
        world.overwrite("accounts/user_bob", available=0)

    _, violations = damaged(damage)
    assert [v.document for v in violations] == ["accounts/user_ann", "accounts/user_bob"]


def test_a_check_changes_nothing() -> None:
    world = World()
    world.finish()
    world.overwrite("accounts/user_ann", active=9)
    contents = world.contents()
    check_invariants(world.backend)
    assert world.contents() == contents
