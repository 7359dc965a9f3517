"""What was begun may have been billed: it is begun twice at the most, cancelled at its price where no cancel
stops the bill, and counts in the limits of the day whatever became of it."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import pytest

from mediaforge.contract.requests import GenerateVideo, TrainBrand, parse
from mediaforge.domain.errors import (
    BusyError,
    CancelIsChargedError,
    IllegalStateError,
    LostError,
    NotAMemberError,
    NotOwnerError,
    ProviderError,
    QuotaExceededError,
    RejectedError,
    RoleNotAllowedError,
    ThrottledError,
    UnavailableError,
)
from mediaforge.domain.jobs.job import Job, JobStatus
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.money.quotas import Usage
from mediaforge.ports.documents import Transaction, Written
from mediaforge.ports.media import Head
from mediaforge.services.backend import Caller
from mediaforge.services.jobs.control import retry_job
from mediaforge.services.jobs.run import run_job
from mediaforge.services.jobs.submit import submit_job
from mediaforge.services.watch.invariants import check_invariants
from mediaforge.services.watch.sweep import sweep_jobs
from tests.memory.media import MemoryMedia
from tests.support.faults import Killed, Steps, mortal
from tests.support.operations import LongProvider
from tests.support.pictures import MINE
from tests.support.world import ANN, SharedDocuments, World, at_once, user

T = TypeVar("T")

BOB = user("bob")
BILLS = "gemini-3.1-flash-image"
STOPS = "runpod-image"
PRICE = 8
TODAY = "2026-11-20"

TIMED_OUT = UnavailableError("provider-timeout", "no answer in time")
TURNED_AWAY = UnavailableError("provider-full", "no machine", may_have_billed=False)
SLOW_DOWN = ThrottledError("throttled", "slow down", retry_after_s=7)
BLOCKED = RejectedError("content-blocked", "no")


def billing_world(provider: LongProvider | None = None) -> World:
    return with_billing(World(provider=provider) if provider else World())


def with_billing(world: World) -> World:
    """With models that bill, all of them run by the same provider."""
    names = ("local", "vertex", "runpod", "veo", "vertex-training")
    world.backend = replace(world.backend, providers=dict.fromkeys(names, world.provider))
    return world


def submit(world: World, caller: Caller = ANN, model: str = BILLS, **fields: Any) -> str:
    return world.submit(caller=caller, model=model, **fields).job.id


def fails_with(error: BaseException) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


def deliver(world: World, job_id: str, *ends: BaseException | None) -> Job:
    """So many deliveries, each at its time; None is one that delivers."""
    for end in ends:
        world.provider.meanwhile = [fails_with(end)] if end else []
        if isinstance(end, Killed):
            with pytest.raises(Killed):
                world.deliver(job_id)
        else:
            world.deliver(job_id)
        world.clock.advance(700)
    return world.job(job_id)


def running(world: World, **fields: Any) -> str:
    """A job whose worker is lost while the provider works."""
    job_id = submit(world, **fields)
    deliver(world, job_id, Killed())
    return job_id


def end_all(world: World) -> None:
    world.run_until_quiet()
    world.assert_promises()
    assert check_invariants(world.backend) == []


# ---- cancelling what bills on --------------------------------------------------------------------


def test_a_cancel_of_what_was_begun_says_what_it_costs_and_changes_nothing() -> None:
    world = billing_world()
    job_id = running(world, count=2)
    contents = world.contents()
    with pytest.raises(CancelIsChargedError) as refused:
        world.cancel(job_id)
    assert refused.value.details == {"credits": 2 * PRICE}
    assert (refused.value.code, refused.value.reason) == (
        "FAILED_PRECONDITION",
        "cancel-is-charged",
    )
    assert world.contents() == contents


def test_a_cancel_whose_charge_is_accepted_ends_the_job_and_is_captured() -> None:
    world = billing_world()
    job_id = running(world, count=2)
    job = world.cancel(job_id, acceptCharge=True)
    assert (job.status, job.charged_credits) == (JobStatus.CANCELLED, 16)
    view = world.view(job_id)
    assert (view["status"], view["credits"]) == ("cancelled", {"estimated": 16, "charged": 16})
    assert (view["generated"], view["error"], view["generation_data"]) == (False, None, None)
    end_all(world)
    assert (world.account().available, world.account().held) == (84, 0)
    entries = world.entries()
    assert entries[f"{job_id}:capture"].amount == 16
    assert f"{job_id}:release" not in entries


def test_a_charged_cancel_sent_again_answers_the_same_and_charges_nothing_more() -> None:
    world = billing_world()
    job_id = running(world)
    first = world.cancel(job_id, acceptCharge=True)
    assert world.cancel(job_id, acceptCharge=True) == first
    assert world.cancel(job_id) == first
    end_all(world)
    contents = world.contents()
    assert world.cancel(job_id, acceptCharge=True).charged_credits == PRICE
    assert world.contents() == contents
    assert world.account().available == 100 - PRICE


def test_what_comes_after_a_charged_cancel_is_dropped_and_its_files_are_deleted() -> None:
    world = billing_world()
    job_id = submit(world, count=3)
    world.provider.meanwhile = [lambda: world.cancel(job_id, acceptCharge=True)]
    assert world.deliver(job_id) == "late"
    assert world.media.files == {}
    end_all(world)
    assert world.view(job_id)["generation_data"] is None
    assert world.account().available == 100 - 3 * PRICE


def test_a_lost_worker_s_files_are_deleted_after_a_charged_cancel() -> None:
    world = billing_world()
    job_id = submit(world)
    with pytest.raises(Killed):
        run_job(mortal(world.backend, Steps(die_at=7)), job_id)
    assert world.media.files != {}
    world.cancel(job_id, acceptCharge=True)
    end_all(world)
    assert world.media.files == {}


def test_a_job_whose_cancel_was_refused_runs_to_its_end() -> None:
    world = billing_world()
    job_id = submit(world)
    world.provider.meanwhile = [lambda: cancel_is_refused(world, job_id)]
    world.deliver(job_id)
    assert world.job(job_id).status is JobStatus.COMPLETED


def cancel_is_refused(world: World, job_id: str) -> None:
    with pytest.raises(CancelIsChargedError):
        world.cancel(job_id)


@pytest.mark.parametrize("accepts", [False, True])
@pytest.mark.parametrize(
    "ends",
    [
        (),
        (SLOW_DOWN,),
        (SLOW_DOWN, SLOW_DOWN),
        (TURNED_AWAY,),
        (TURNED_AWAY, TURNED_AWAY, SLOW_DOWN),
    ],
)
def test_what_was_never_begun_is_cancelled_for_nothing(
    ends: tuple[ProviderError, ...], accepts: bool
) -> None:
    world = billing_world()
    job_id = submit(world)
    assert deliver(world, job_id, *ends).may_have_billed == 0
    job = world.cancel(job_id, acceptCharge=accepts)
    assert (job.status, job.charged_credits) == (JobStatus.CANCELLED, 0)
    end_all(world)
    assert (world.account().available, world.account().usage) == (100, Usage(TODAY))


@pytest.mark.parametrize(
    "ends",
    [
        (TIMED_OUT,),
        (Killed(),),
        (TIMED_OUT, SLOW_DOWN),
        (SLOW_DOWN, TIMED_OUT, SLOW_DOWN),
        (Killed(), SLOW_DOWN, TURNED_AWAY),
        (LostError("operation-lost", "gone"), SLOW_DOWN),
        (KeyError("a bug"), TURNED_AWAY),
    ],
)
def test_a_start_that_may_have_been_billed_stays_counted_whatever_comes_after(
    ends: tuple[BaseException, ...],
) -> None:
    world = billing_world()
    job_id = submit(world)
    assert deliver(world, job_id, *ends).may_have_billed == 1
    cancel_is_refused(world, job_id)
    world.cancel(job_id, acceptCharge=True)
    end_all(world)
    assert world.account().available == 100 - PRICE
    assert world.account().usage == Usage(TODAY, {JobKind.IMAGE: 1}, credits=PRICE)


@pytest.mark.parametrize("model", ["local-image", STOPS])
def test_where_a_cancel_stops_the_bill_it_is_free_and_counts_in_the_day(model: str) -> None:
    world = billing_world()
    job_id = running(world, model=model)
    assert world.cancel(job_id).charged_credits == 0
    end_all(world)
    assert world.account().available == 100
    assert world.account().usage.of(JobKind.IMAGE) == 1


def test_what_was_agreed_holds_whatever_the_catalogue_says_later() -> None:
    world = billing_world()
    job_id = running(world)
    models = dict(world.backend.catalogue.models)
    models[BILLS] = models[BILLS].model_copy(update={"cancel_stops_bill": True})
    catalogue = world.backend.catalogue.model_copy(update={"models": models})
    world.backend = replace(world.backend, catalogue=catalogue)
    cancel_is_refused(world, job_id)


def test_the_owner_of_a_team_accepts_the_charge_of_a_member_s_job() -> None:
    world = billing_world()
    team_id = world.found_team(bob="editor", carl="editor")
    job_id = running(world, caller=BOB, teamId=team_id)
    with pytest.raises(NotOwnerError):
        world.cancel(job_id, user("carl"), acceptCharge=True)
    cancel_is_refused(world, job_id)
    assert world.cancel(job_id, ANN, acceptCharge=True).charged_credits == PRICE
    end_all(world)
    assert world.account(f"team_{team_id}").available == 100 - PRICE
    member = world.member(team_id, "bob")
    assert member is not None
    assert member.usage == Usage(TODAY, {JobKind.IMAGE: 1}, credits=PRICE)


def test_a_removed_member_s_running_job_is_still_cancelled_at_its_price() -> None:
    world = billing_world()
    team_id = world.found_team(bob="editor")
    job_id = running(world, caller=BOB, teamId=team_id)
    world.control_team(ANN, team_id, "remove", uid="bob")
    with pytest.raises(CancelIsChargedError):
        world.cancel(job_id, BOB)
    assert world.cancel(job_id, ANN, acceptCharge=True).charged_credits == PRICE
    end_all(world)


def test_who_may_not_spend_a_team_s_credits_any_more_accepts_no_charge_for_it() -> None:
    world = billing_world()
    team_id = world.found_team(bob="editor")
    job_id = running(world, caller=BOB, teamId=team_id)
    contents = world.contents()
    world.control_team(ANN, team_id, "setMember", uid="bob", role="viewer")
    with pytest.raises(RoleNotAllowedError):
        world.cancel(job_id, BOB, acceptCharge=True)
    world.control_team(ANN, team_id, "remove", uid="bob")
    with pytest.raises(NotAMemberError):
        world.cancel(job_id, BOB, acceptCharge=True)
    for path in (f"jobs/{job_id}", f"accounts/team_{team_id}"):
        assert world.contents()[path] == contents[path]
    end_all(world)


def test_a_charge_that_meets_the_removal_of_who_accepts_it_is_not_made() -> None:
    world = billing_world()
    team_id = world.found_team(bob="editor")
    job_id = running(world, caller=BOB, teamId=team_id)
    world.documents.meanwhile = [
        lambda: world.control_team(ANN, team_id, "remove", uid="bob"),
    ]
    with pytest.raises(NotAMemberError):
        world.cancel(job_id, BOB, acceptCharge=True)
    assert world.job(job_id).status is JobStatus.PROCESSING
    end_all(world)


def test_who_was_removed_still_cancels_for_nothing_what_was_never_begun() -> None:
    world = billing_world()
    team_id = world.found_team(bob="editor")
    job_id = submit(world, caller=BOB, teamId=team_id)
    world.control_team(ANN, team_id, "remove", uid="bob")
    assert world.cancel(job_id, BOB, acceptCharge=True).charged_credits == 0
    end_all(world)


def test_a_film_that_runs_is_cancelled_at_its_price_and_its_provider_is_told() -> None:
    provider = LongProvider(is_stuck=True)
    world = billing_world(provider)
    world.set_tier("pro")
    world.grant(1000)
    request = parse(GenerateVideo, {"prompt": "waves", "model": "veo-3.1-fast-generate-001"})
    job = submit_job(world.backend, ANN, request).job
    world.deliver_all()
    for _ in range(3):
        world.clock.advance(60)
        world.deliver_all()
    assert world.job(job.id).may_have_billed == 1
    cancel_is_refused(world, job.id)
    world.cancel(job.id, acceptCharge=True)
    end_all(world)
    assert provider.ended == [f"{job.id}/1"]
    assert world.account().available == 1100 - job.estimated_credits


def test_a_retry_of_a_charged_cancel_is_a_new_job_that_is_counted_and_paid_anew() -> None:
    world = billing_world()
    job_id = running(world)
    world.cancel(job_id, acceptCharge=True)
    new = retry_job(world.backend, ANN, job_id)
    assert (new.may_have_billed, new.started_at, new.charged_credits) == (0, None, 0)
    end_all(world)
    assert world.job(new.id).status is JobStatus.COMPLETED
    assert world.job(job_id).charged_credits == PRICE
    assert world.account().available == 100 - 2 * PRICE
    assert world.account().usage == Usage(TODAY, {JobKind.IMAGE: 2}, credits=2 * PRICE)


def test_what_is_over_is_not_cancelled_whatever_is_accepted() -> None:
    world = billing_world()
    job_id = submit(world)
    end_all(world)
    with pytest.raises(IllegalStateError):
        world.cancel(job_id, acceptCharge=True)
    assert world.account().available == 100 - PRICE


# ---- two at once ---------------------------------------------------------------------------------


def test_a_cancel_that_read_the_job_before_it_was_claimed_decides_anew() -> None:
    world = billing_world()
    job_id = submit(world)

    def claim() -> None:
        deliver(world, job_id, Killed())

    world.documents.meanwhile = [claim]
    cancel_is_refused(world, job_id)
    assert world.job(job_id).may_have_billed == 1


def test_a_claim_that_read_the_job_before_it_was_cancelled_begins_nothing() -> None:
    world = billing_world()
    job_id = submit(world)
    world.documents.meanwhile = [lambda: world.cancel(job_id)]
    assert world.deliver(job_id) == "final"
    assert world.provider.starts == {}
    end_all(world)
    assert world.account().available == 100


def test_a_snooze_that_is_recorded_while_a_cancel_decides_makes_it_free() -> None:
    world = billing_world()
    job_id = submit(world)
    world.provider.meanwhile = [fails_with(SLOW_DOWN)]
    world.documents.meanwhile = [
        lambda: None,  # the claim
        lambda: cancel_is_refused(world, job_id),  # it is recorded after this
    ]
    world.deliver(job_id)
    assert world.cancel(job_id).charged_credits == 0


def test_a_charged_cancel_and_an_end_at_once_have_one_winner_and_one_price() -> None:
    for _ in range(20):
        world = billing_world()
        job_id = submit(world)
        at_once(partial(cancel_if_legal, world, job_id), partial(world.deliver, job_id))
        end_all(world)
        job = world.job(job_id)
        bought = PRICE if job.status is JobStatus.COMPLETED or job.may_have_billed else 0
        assert (job.charged_credits, world.account().available) == (bought, 100 - bought)


def cancel_if_legal(world: World, job_id: str) -> str:
    try:
        return world.cancel(job_id, acceptCharge=True).status.value
    except IllegalStateError:
        return "illegal-state"


def test_a_charged_cancel_and_an_expiry_have_one_winner() -> None:
    world = billing_world()
    job_id = running(world)
    world.clock.advance(48 * 3600)
    world.documents.meanwhile = [lambda: sweep_jobs(world.backend)]
    with pytest.raises(IllegalStateError):
        world.cancel(job_id, acceptCharge=True)
    end_all(world)
    assert (world.job(job_id).status, world.account().available) == (JobStatus.FAILED, 100)


def test_a_late_worker_s_snooze_takes_nothing_from_the_one_that_took_over() -> None:
    world = billing_world()
    job_id = submit(world)

    def take_over() -> None:
        world.clock.advance(61)
        deliver(world, job_id, Killed())
        raise SLOW_DOWN

    world.provider.meanwhile = [take_over]
    assert world.deliver(job_id) == "late"
    job = world.job(job_id)
    assert (job.attempts, job.snoozes, job.may_have_billed) == (2, 0, 2)


class LosingAnswers(SharedDocuments):
    """Each unit of work is done once more after its commit, as where the answer was lost."""

    def transact(self, work: Callable[[Transaction], T], after: Written | None = None) -> T:
        super().transact(work, after)
        return super().transact(work)


def test_a_claim_and_a_snooze_whose_answers_were_lost_count_and_take_back_one_start() -> None:
    world = with_billing(World(documents=LosingAnswers()))
    job_id = submit(world, requestId="r1")
    assert deliver(world, job_id, TIMED_OUT).may_have_billed == 1
    job = deliver(world, job_id, SLOW_DOWN)
    assert (job.attempts, job.snoozes, job.may_have_billed) == (1, 1, 1)


def test_a_kill_at_any_step_of_a_charged_cancel_charges_it_once() -> None:
    steps = Steps()
    live(billing_world(), steps)
    for die_at in range(1, len(steps.passed) + 1):
        world = billing_world()
        with pytest.raises(Killed):
            live(world, Steps(die_at))
        (job,) = world.jobs()
        world.cancel(job.id, acceptCharge=True)
        end_all(world)
        bought = PRICE if world.job(job.id).may_have_billed else 0
        assert world.account().available == 100 - bought


def live(world: World, steps: Steps) -> None:
    """A job that is begun, and cancelled by a process that may be killed."""
    job_id = submit(world)
    backend, world.backend = world.backend, mortal(world.backend, steps)
    try:
        world.provider.meanwhile = [lambda: world.cancel(job_id, acceptCharge=True)]
        run_job(world.backend, job_id)
        world.settle()
    finally:
        world.backend = backend


# ---- bought twice at the most --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ends", "code"),
    [
        ((TIMED_OUT, TIMED_OUT), "provider-timeout"),
        ((LostError("operation-lost", "gone"),) * 2, "operation-lost"),
        ((KeyError("a bug"),) * 2, "internal"),
        ((TIMED_OUT, SLOW_DOWN, TURNED_AWAY, TIMED_OUT), "provider-timeout"),
        ((Killed(), TIMED_OUT), "provider-timeout"),
        ((TIMED_OUT, Killed(), None), "provider-timeout"),
        ((Killed(), Killed(), None), "worker-lost"),
    ],
)
def test_what_may_have_been_billed_is_begun_twice_and_its_dead_letter_says_so(
    ends: tuple[BaseException | None, ...], code: str
) -> None:
    world = billing_world()
    job_id = submit(world)
    job = deliver(world, job_id, *ends)
    assert (job.status, job.may_have_billed, job.charged_credits) == (JobStatus.FAILED, 2, 0)
    letter = world.contents()[f"dead_letters/{job_id}"]
    assert (letter["error_code"], letter["may_have_billed"]) == (code, 2)
    assert "may have been billed" in letter["error_message"]
    error = world.view(job_id)["error"]
    assert (error["code"], error["retryable"]) == (code, True)
    begun = world.provider.starts[job_id]
    end_all(world)
    assert world.provider.starts[job_id] == begun
    assert world.account().usage == Usage(TODAY, {JobKind.IMAGE: 1}, credits=PRICE)


def test_a_throttle_after_a_part_that_was_billed_spends_an_attempt() -> None:
    world = billing_world()
    job_id = submit(world, count=4)
    part = ThrottledError("throttled", "slow down", retry_after_s=90, may_have_billed=True)
    world.provider.meanwhile = [fails_with(part)]
    world.deliver(job_id)
    job = world.job(job_id)
    assert (job.attempts, job.snoozes, job.may_have_billed) == (1, 0, 1)
    assert job.not_before is not None
    assert job.not_before >= world.at(90)
    world.clock.advance(700)
    assert deliver(world, job_id, part).status is JobStatus.FAILED


@pytest.mark.parametrize("end", [TURNED_AWAY, BusyError("storage")])
def test_what_cannot_have_been_billed_has_five_attempts(end: Exception) -> None:
    world = billing_world()
    reference = {"path": "references/ann/a.png", "mode": "style_only"}
    world.media.files[reference["path"]] = MINE
    job_id = submit(world, references=[reference])
    ends: list[Exception] = [end] * 5
    if isinstance(end, BusyError):
        # Storage does not answer when the reference is looked for: nobody was asked for anything.
        broken = replace(world.backend, media=BusyMedia(world.media.files))
        for _ in range(5):
            run_job(broken, job_id)
            world.clock.advance(700)
        ends = []
    job = deliver(world, job_id, *ends)
    assert (job.status, job.attempts, job.may_have_billed) == (JobStatus.FAILED, 5, 0)
    assert "billed" not in world.contents()[f"dead_letters/{job_id}"]["error_message"]
    end_all(world)
    assert world.account().usage == Usage(TODAY)


class BusyMedia(MemoryMedia):
    """A Storage that does not answer."""

    def head(self, uri: str, bytes_max: int) -> Head | None:
        raise BusyError(uri)


def test_a_bug_before_anybody_was_asked_cost_nothing() -> None:
    world = billing_world()
    job_id = submit(world)
    world.backend = replace(world.backend, providers={"local": world.provider})
    assert deliver(world, job_id, None).may_have_billed == 0
    assert world.provider.starts == {}


def test_what_costs_us_nothing_is_tried_five_times_whatever_is_lost() -> None:
    world = billing_world()
    job_id = submit(world, model="local-image")
    job = deliver(world, job_id, TIMED_OUT, Killed(), TIMED_OUT, Killed(), TIMED_OUT)
    assert (job.status, job.attempts, job.may_have_billed) == (JobStatus.FAILED, 5, 5)
    assert "billed" not in world.contents()[f"dead_letters/{job_id}"]["error_message"]


def test_an_operation_that_is_lost_was_paid_for_and_is_begun_once_more() -> None:
    provider = LongProvider(troubles=[LostError("operation-lost", "gone")] * 2)
    world = billing_world(provider)
    job_id = submit(world)
    world.run_until_quiet()
    job = world.job(job_id)
    assert (job.status, job.may_have_billed, len(provider.starts)) == (JobStatus.FAILED, 2, 2)


def test_an_operation_that_was_refused_for_nothing_gives_the_day_back() -> None:
    provider = LongProvider(troubles=[BLOCKED])
    world = billing_world(provider)
    job_id = submit(world)
    end_all(world)
    assert (world.job(job_id).status, world.job(job_id).may_have_billed) == (JobStatus.FAILED, 0)
    assert world.account().usage == Usage(TODAY)


def test_an_operation_that_overran_may_have_been_billed_whatever_its_question_met() -> None:
    provider = LongProvider(is_stuck=True)
    world = billing_world(provider)
    job_id = submit(world)
    world.deliver_all()
    world.clock.advance(3600)
    provider.troubles = [SLOW_DOWN]
    world.deliver(job_id)
    job = world.job(job_id)
    assert (job.handle, job.attempts, job.may_have_billed) == (None, 1, 1)


def test_a_job_that_expires_after_it_was_begun_has_it_in_its_dead_letter() -> None:
    world = billing_world()
    job_id = running(world)
    world.clock.advance(48 * 3600)
    sweep_jobs(world.backend)
    letter = world.contents()[f"dead_letters/{job_id}"]
    assert (letter["error_code"], letter["may_have_billed"]) == ("expired", 1)
    assert world.job(job_id).charged_credits == 0


def test_a_scheduled_job_is_begun_when_it_is_claimed() -> None:
    world = billing_world()
    job_id = submit(world, scheduledAt="2026-11-20T12:10:00Z")
    assert world.job(job_id).started_at is None
    world.clock.advance(600)
    world.deliver_all()
    assert world.job(job_id).started_at == world.clock.now()


# ---- the limits of a day -------------------------------------------------------------------------


def train(world: World, caller: Caller = ANN, **fields: object) -> Job:
    references = [
        {"path": f"references/{caller.uid}/{n}.png", "mode": "style_only"} for n in range(5)
    ]
    for reference in references:
        world.media.files[reference["path"]] = MINE
    payload = {"name": "Acme", "references": references, **fields}
    return submit_job(world.backend, caller, parse(TrainBrand, payload)).job


def test_a_training_counts_in_a_limit_of_its_own() -> None:
    world = billing_world()
    world.set_tier("pro")
    world.grant(1000)
    limit = world.backend.catalogue.tiers["pro"].a_day[JobKind.TRAINING]
    for _ in range(limit):
        train(world)
    with pytest.raises(QuotaExceededError) as refused:
        train(world)
    details = refused.value.details
    assert (details["of"], details["limit"], details["limitOf"]) == ("trainings", limit, "tier")
    assert world.account().usage.of(JobKind.TRAINING) == limit


def test_every_tier_that_may_train_has_a_limit_of_trainings() -> None:
    catalogue = World().backend.catalogue
    for tier in catalogue.tiers.values():
        kinds = {catalogue.models[name].kind for name in tier.models}
        assert (tier.a_day[JobKind.TRAINING] > 0) == ("training" in kinds)


def test_trainings_begun_and_cancelled_use_up_the_day_and_one_that_never_began_does_not() -> None:
    world = billing_world(LongProvider(is_stuck=True))
    world.set_tier("pro")
    world.grant(1000)
    world.cancel(train(world).id)
    world.settle()
    assert world.account().usage == Usage(TODAY)
    begun = train(world)
    world.deliver(begun.id)
    world.cancel(begun.id)
    end_all(world)
    assert world.account().usage == Usage(
        TODAY, {JobKind.TRAINING: 1}, credits=begun.estimated_credits
    )


def test_a_member_has_a_limit_of_trainings() -> None:
    world = billing_world()
    team_id = world.found_team(bob="editor", available=1000)
    world.overwrite(f"accounts/team_{team_id}", tier="pro")
    world.control_team(ANN, team_id, "setMember", uid="bob", limits={"trainingsADay": 1})
    train(world, BOB, teamId=team_id)
    with pytest.raises(QuotaExceededError) as refused:
        train(world, BOB, teamId=team_id)
    assert (refused.value.details["of"], refused.value.details["limitOf"]) == (
        "trainings",
        "member",
    )


def test_pictures_that_were_not_made_of_several_are_not_given_back() -> None:
    world = billing_world()
    job = world.finish("[[partial:1]]", model=BILLS, count=4)
    assert job.charged_credits == PRICE
    assert world.account().usage == Usage(TODAY, {JobKind.IMAGE: 4}, credits=4 * PRICE)


def test_cancelling_what_runs_does_not_buy_more_of_a_day() -> None:
    """Twenty pictures a day are twenty starts a day, whatever is cancelled."""
    world = billing_world()
    for _ in range(20):
        world.cancel(running(world, model=STOPS))
        world.settle()
    with pytest.raises(QuotaExceededError):
        submit(world, model=STOPS)
    assert sum(world.provider.starts.values()) == 20
