"""What comes late while somebody is erased, and after it; tasks that die, or come when all is over."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mediaforge.contract import documents as at
from mediaforge.domain.errors import AccountBlockedError
from mediaforge.domain.money.purchases import (
    ACCOUNT_ERASED,
    Fact,
    Paid,
    Purchase,
    Refund,
    Refunded,
    RefundState,
)
from mediaforge.services.erasure.mark import erase_user
from mediaforge.services.erasure.work import go_on
from mediaforge.services.library.uploads import note_deleted, note_stored
from mediaforge.services.money.purchases import note_payment
from mediaforge.services.watch.invariants import check_invariants
from mediaforge.services.watch.sweep import sweep_jobs
from tests.services.erasure.lives import (
    BOB,
    EVE,
    EVES,
    UID,
    WORDS,
    books_of_nobody,
    erase,
    go_on_erasing,
    live_on,
    traces,
    world_with,
)
from tests.support.faults import Killed, Steps, mortal
from tests.support.pictures import PICTURE
from tests.support.world import InstantProvider, World, logged

MADE = Refund(100, RefundState.MADE)


@pytest.fixture
def world() -> World:
    """Eve has bought something and had a picture made."""
    world = world_with()
    world.provider = world.backend.providers["local"] = InstantProvider()  # type: ignore[index]
    world.set_tier("pro", EVE)
    tell(world, Paid("cs_1", "pi_1", EVES, 500, 500))
    world.submit(WORDS, EVE)
    world.run_until_quiet()
    return world


def tell(world: World, fact: Fact) -> Purchase:
    note_payment(world.backend, fact)
    found = world.documents.get(at.purchase(fact.payment_id))
    assert found is not None
    return found


def upload(world: World, name: str = "late.png") -> tuple[str, int]:
    path = f"references/{UID}/{name}"
    world.media.save(path, PICTURE, "image/png", "t")
    return path, world.media.list(path)[path]


# ---- workers and clients -----------------------------------------------------------------------------


def test_a_worker_that_is_overtaken_by_the_mark_brings_nothing_back(world: World) -> None:
    def leave() -> None:
        erase(world)
        go_on_erasing(world)

    world.provider.meanwhile = [leave]
    job = world.submit(WORDS, EVE).job
    assert world.deliver(job.id) == "late"
    live_on(world)
    assert traces(world) == []
    assert check_invariants(world.backend) == []


def test_what_a_dying_worker_saved_last_is_found_when_the_last_worker_is_dead(world: World) -> None:
    erase(world)
    go_on_erasing(world)
    world.media.save(f"generating/{UID}/image/lost.png", PICTURE, "image/png", "t")
    live_on(world)
    assert traces(world) == []


def test_an_upload_under_the_mark_is_deleted_by_its_event(world: World) -> None:
    erase(world)
    go_on_erasing(world)
    path, generation = upload(world)
    note_stored(world.backend, path, generation)
    assert not world.media.exists(path)
    note_deleted(world.backend, path, generation)
    live_on(world)
    note_deleted(world.backend, path, generation)
    note_stored(world.backend, path, generation)
    assert traces(world) == []


def test_an_upload_whose_event_is_lost_is_found_in_the_end(world: World) -> None:
    erase(world)
    go_on_erasing(world)
    upload(world)
    live_on(world)
    assert traces(world) == []


def test_one_pass_would_leave_what_comes_late(world: World) -> None:
    """With workers and ID tokens taken to be dead at once, the same upload stays: what the tests above rest
    on."""
    timing = replace(world.backend.timing, attempt_s=0, token_s=0)
    world.backend = replace(world.backend, timing=timing)
    erase(world)
    live_on(world)
    upload(world)
    live_on(world, hours=1)
    assert traces(world) == [f"references/{UID}/late.png"]


def test_a_document_that_a_client_writes_with_an_old_token_is_found_in_the_end(
    world: World,
) -> None:
    erase(world)
    go_on_erasing(world)
    world.clock.advance(3_000)
    now = world.clock.now()
    late = {"user_id": UID, "name": WORDS, "created_at": now, "modified": now}
    world.documents.overwrite("reference_packs/late", late)
    world.documents.overwrite("batches/b/comments/late", {**late, "text": WORDS})
    live_on(world)
    assert traces(world) == []


def test_a_job_that_was_accepted_for_a_team_beside_the_mark_is_ended(world: World) -> None:
    """The team's account is not that of the user: its commit may come just after the mark."""
    team_id = world.found_team(BOB, 100, **{UID: "editor"})
    world.documents.meanwhile = [lambda: erase(world)]
    job = world.submit(WORDS, EVE, teamId=team_id).job
    assert world.account(EVES).erasing_at is not None
    live_on(world)
    assert (world.job(job.id).user_id, traces(world)) == (
        world.job(job.id).user_id.replace(UID, ""),
        [],
    )
    assert world.account(f"team_{team_id}").held == 0
    assert check_invariants(world.backend) == []


# ---- payments ----------------------------------------------------------------------------------------


def test_a_payment_under_the_mark_is_kept_for_the_operator(world: World) -> None:
    erase(world)
    paid = tell(world, Paid("cs_2", "pi_2", EVES, 500, 500))
    assert (paid.unclaimed, paid.account_id) == (ACCOUNT_ERASED, None)
    live_on(world)
    assert traces(world) == []


def test_a_payment_after_the_end_opens_no_account(world: World) -> None:
    erase(world)
    live_on(world)
    for _ in range(2):
        paid = tell(world, Paid("cs_2", "pi_2", EVES, 500, 500))
    assert (paid.unclaimed, traces(world)) == (ACCOUNT_ERASED, [])
    tell(world, Refunded("pi_2", "re_2", MADE))
    assert traces(world) == []


def test_who_was_never_here_may_still_buy_first(world: World) -> None:
    assert tell(world, Paid("cs_2", "pi_2", "user_new", 500, 500)).unclaimed is None


@pytest.mark.parametrize("after_s", [0, 60, 7_200])
def test_a_refund_finds_the_books_wherever_they_are(world: World, after_s: float) -> None:
    erase(world)
    if after_s:
        go_on_erasing(world)
    if after_s > 60:
        live_on(world)
    refunded = tell(world, Refunded("pi_1", "re_1", MADE))
    live_on(world)
    books = books_of_nobody(world)
    assert world.entries(books)["re_1:taken"].amount == -100
    assert (refunded.unclaimed, traces(world)) == (None, [])
    assert check_invariants(world.backend) == []


def test_a_refund_beside_any_step_is_in_the_books(world: World) -> None:
    for number in range(1, 40):
        world, refund = world_with(), Refunded("pi_1", "re_1", MADE)
        tell(world, Paid("cs_1", "pi_1", EVES, 500, 500))
        erase(world)
        beside = Steps(number, die=lambda w=world, r=refund: note_payment(w.backend, r))  # type: ignore[misc,arg-type]
        go_on(mortal(world.backend, beside), EVES)
        if len(beside.passed) < number:
            assert number > 10
            return
        live_on(world, step_s=900)
        assert world.entries(books_of_nobody(world))["re_1:taken"].amount == -100, number
        assert traces(world) == [], number
        assert check_invariants(world.backend) == [], number


# ---- crashes and repeats -----------------------------------------------------------------------------


def small_life() -> World:
    world = world_with()
    world.submit(WORDS, EVE)
    world.deliver_all()
    world.submit_batch([{"prompt": WORDS}], EVE)
    world.found_team(EVE, 0, bob="owner")
    upload(world)
    erase(world)
    return world


def steps_of_all() -> int:
    world, steps = small_life(), Steps()
    backend = world.backend
    world.backend = mortal(backend, steps)
    go_on(world.backend, EVES)
    world.backend = backend
    return len(steps.passed)


def test_a_task_that_dies_at_any_step_is_made_up_for() -> None:
    for die_at in range(1, steps_of_all() + 1):
        world = small_life()
        with pytest.raises(Killed):
            go_on(mortal(world.backend, Steps(die_at)), EVES)
        live_on(world, step_s=900)
        assert traces(world) == [], die_at
        assert check_invariants(world.backend) == [], die_at


def test_the_last_task_may_die_at_any_step() -> None:
    die_at = 0
    while True:
        die_at += 1
        world = small_life()
        while "erased" not in (done := _until_due(world)):
            assert done, "it goes on"
            if world.clock.now() - (
                world.account(EVES).erasing_at or world.clock.now()
            ) > timedelta(seconds=4_000):
                break
        steps = Steps(die_at)
        try:
            go_on(mortal(world.backend, steps), EVES)
        except Killed:
            live_on(world, step_s=900)
            assert traces(world) == [], die_at
            continue
        break
    assert die_at > 5


def _until_due(world: World) -> list[str]:
    world.deliver_all()
    world.settle_all()
    world.clock.advance(600)
    sweep_jobs(world.backend)
    marked = world.account(EVES).erasing_at
    assert marked is not None
    if world.clock.now() - marked > timedelta(seconds=4_000):
        return ["due"]
    return go_on_erasing(world) or ["waits"]


def test_a_lost_task_is_made_again_by_the_sweep(world: World) -> None:
    erase(world)
    world.tasks.of_erasures.clear()
    live_on(world)
    assert traces(world) == []


def test_a_late_task_deletes_nothing_of_who_is_back(world: World) -> None:
    """It has read the mark, and stands still until its user is back and uploads under the old name."""
    path, _ = upload(world, "same.png")
    erase(world)

    def others_end_it() -> None:
        live_on(world)
        world.media.save(path, PICTURE, "image/png", "t")
        world.grant(10, EVES, "back")
        world.submit("a new heron", EVE)

    steps = Steps(die_at=4, die=others_end_it)
    assert go_on(mortal(world.backend, steps), EVES) == "over"
    assert world.media.exists(path)
    assert world.account(EVES).erasing_at is None
    assert len([job for job in world.jobs() if job.user_id == UID]) == 1


def test_a_task_for_nobody_does_nothing(world: World) -> None:
    assert go_on(world.backend, "user_nobody") == "nothing-to-do"
    assert go_on(world.backend, EVES) == "nothing-to-do"


# ---- teams and operators -----------------------------------------------------------------------------


def test_a_team_that_nobody_else_is_in_goes_with_its_last_member(world: World) -> None:
    team_id = world.found_team(EVE, 0)
    world.control_team(EVE, team_id, "invite", role="viewer")
    erase(world)
    live_on(world)
    assert [path for path in world.documents.paths() if path.startswith(f"teams/{team_id}")] == []
    assert world.account(f"team_{team_id}").available == 0


def test_a_team_whose_last_owner_goes_stays(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    team_id = world.found_team(EVE, 0, bob="editor")
    invited = world.control_team(EVE, team_id, "invite", role="editor")
    erase(world)
    live_on(world)
    assert logged(capsys, "team.ownerless") == [
        {"severity": "ERROR", "team_id": team_id, "message": "team.ownerless"}
    ]
    assert world.member(team_id, "bob") is not None
    assert world.member(team_id, "bob").invited_by is None  # type: ignore[union-attr]
    with pytest.raises(Exception, match="no such invitation"):
        world.control_team(replace(BOB, uid="carl"), team_id, "accept", code=invited.code)


def test_a_blocked_user_is_erased_by_an_operator_alone(world: World) -> None:
    world.control_account("block", accountId=EVES, reason="abuse")
    with pytest.raises(AccountBlockedError):
        erase(world)
    erase_user(world.backend, UID, "root")
    live_on(world)
    assert traces(world) == []


def test_nothing_is_given_to_who_is_being_erased(world: World) -> None:
    erase(world)
    with pytest.raises(AccountBlockedError):
        world.grant(10, EVES, "late")
    with pytest.raises(AccountBlockedError):
        world.control_account("setTier", accountId=EVES, tier="studio")
