"""Decisions that rest on what they do not write: each is made anew where that has changed before its commit.
With reads that guard nothing, each of them passes, so it is the reads that keep it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from mediaforge.contract import documents as at
from mediaforge.domain.errors import NotOwnerError, ReferenceMissingError
from mediaforge.domain.jobs.job import JobStatus
from mediaforge.domain.money.purchases import Paid
from mediaforge.services.backend import Backend
from mediaforge.services.jobs.control import cancel_job
from mediaforge.services.jobs.dispatch import start_waiting
from mediaforge.services.jobs.submit import submit_job
from mediaforge.services.money.purchases import note_payment
from tests.faults.sabotage import guarding_nothing
from tests.support.world import ANN, World, image_request, user

BOB, CAT = user("bob"), user("cat")
# What decides, on the backend that it is given; whether it was decided on what is so no more.
Case = Callable[[World, Backend], bool]


def an_owner_who_is_removed_cancels_a_job(world: World, backend: Backend) -> bool:
    team_id = world.found_team(bob="owner", cat="editor")
    job_id = world.submit(caller=CAT, teamId=team_id).job.id
    remove = lambda: world.control_team(ANN, team_id, "remove", uid="bob")  # noqa: E731 - one line
    world.documents.meanwhile = [remove]
    try:
        cancel_job(backend, BOB, job_id)
    except NotOwnerError:
        return False
    return world.job(job_id).status is JobStatus.CANCELLED


def a_payment_of_an_account_that_comes_is_kept_unclaimed(world: World, backend: Backend) -> bool:
    team_id = world.found_team()
    come = taken_away(world, f"teams/{team_id}", f"accounts/team_{team_id}")
    world.documents.meanwhile = [come]
    note_payment(backend, Paid("cs_1", "pi_1", f"team_{team_id}", 500, 500))
    known = world.documents.get(at.purchase("pi_1"))
    return known is not None and known.unclaimed is not None


def a_job_of_an_account_that_comes_back_is_abandoned(world: World, backend: Backend) -> bool:
    job_id = world.submit(scheduledAt="2026-11-20T13:00:00Z").job.id
    world.clock.advance(3600)
    world.documents.meanwhile = [taken_away(world, "accounts/user_ann")]
    start_waiting(backend, job_id)
    return world.job(job_id).status is JobStatus.CANCELLED


def a_removed_member_uses_the_team_s_picture(world: World, backend: Backend) -> bool:
    team_id = world.found_team(bob="editor")
    job_id = world.submit(teamId=team_id).job.id
    world.run_until_quiet()
    path = world.view(job_id)["generation_data"]["storage_paths"][0]
    remove = lambda: world.control_team(ANN, team_id, "remove", uid="bob")  # noqa: E731 - one line
    world.documents.meanwhile = [remove]
    request = image_request(references=[{"path": path, "mode": "style_only"}])
    try:
        submit_job(backend, BOB, request)
    except ReferenceMissingError:
        return False
    return True


def taken_away(world: World, *paths: str) -> Callable[[], None]:
    """By hand, and what puts them back."""
    kept = {path: dict(world.contents()[path]) for path in paths}
    for path in paths:
        world.documents.overwrite(path, None)

    def put_back() -> None:
        for path, fields in kept.items():
            world.documents.overwrite(path, fields)

    return put_back


CASES: list[Case] = [
    an_owner_who_is_removed_cancels_a_job,
    a_payment_of_an_account_that_comes_is_kept_unclaimed,
    a_job_of_an_account_that_comes_back_is_abandoned,
    a_removed_member_uses_the_team_s_picture,
]


@pytest.mark.parametrize("case", CASES)
def test_what_was_got_is_guarded_until_the_commit(case: Case) -> None:
    world = World()
    assert not case(world, world.backend)


@pytest.mark.parametrize("case", CASES)
def test_with_reads_that_guard_nothing_it_passes(case: Case) -> None:
    world = World()
    assert case(world, replace(world.backend, documents=guarding_nothing(world.documents)))
