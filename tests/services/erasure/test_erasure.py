"""Somebody is erased in the middle of their work: nothing names them any more, the books add up, and what
comes late is dropped."""

import pytest

from mediaforge.contract import documents as at
from mediaforge.contract.requests import parse
from mediaforge.domain.errors import AccountBlockedError, InvalidRequestError
from mediaforge.domain.jobs.job import JobStatus
from mediaforge.domain.money.gifts import Welcome
from mediaforge.domain.watch.audit import AuditEntry
from mediaforge.services.erasure.mark import DeleteAccount, delete_account
from mediaforge.services.operate.audit import audited, last_entries
from mediaforge.services.watch.invariants import check_invariants
from tests.services.erasure.lives import (
    EVE,
    EVES,
    UID,
    WORDS,
    begin_work,
    books_of_nobody,
    erase,
    go_on_erasing,
    live_on,
    traces,
    use_everything,
    world_with,
)
from tests.support.world import ADMIN, World


@pytest.fixture
def world() -> World:
    return world_with()


def test_a_life_that_was_full_of_traces(world: World) -> None:
    """What the other tests look for is there before."""
    use_everything(world)
    folders = {path.split("/")[0] for path in traces(world)}
    assert folders >= {
        "accounts",
        "api_keys",
        "audit",
        "batches",
        "brands",
        "comparisons",
        "directions",
        "exports",
        "generating",
        "generations",
        "jobs",
        "purchases",
        "reference_packs",
        "references",
        "teams",
        "templates",
        "thumbnails",
        "webhooks",
    }


def test_who_is_erased_in_the_middle_of_their_work_leaves_nothing_but_anonymous_books(
    world: World,
) -> None:
    team_id = use_everything(world)
    job_ids = begin_work(world)
    handles = [world.job(job_id).handle for job_id in job_ids[:4]]
    before = world.account(EVES)

    erase(world)
    assert "erased" in live_on(world)

    assert traces(world) == []
    assert set(world.provider.ended) >= set(handles)
    books = world.account(books_of_nobody(world))
    assert (books.held, books.owed) == (0, before.owed)
    assert books.available > 0
    assert len(world.entries(books.id)) > len(job_ids)
    assert world.account(f"team_{team_id}").held == 0
    assert check_invariants(world.backend) == []
    world.assert_promises()


def test_at_once_nothing_is_accepted_and_what_runs_ends(world: World) -> None:
    use_everything(world)
    job_ids = begin_work(world)
    erase(world)
    with pytest.raises(AccountBlockedError):
        world.submit("x", EVE)
    assert go_on_erasing(world) == ["kept-out"]
    for job_id in job_ids:
        job = world.job(job_id)
        assert (job.status, job.is_settled) == (JobStatus.CANCELLED, True)
    assert world.account(EVES).books_moved_at is not None
    assert world.sign_ins.records == {}


def test_who_comes_back_starts_clean_and_is_not_welcomed_again(world: World) -> None:
    use_everything(world)
    erase(world)
    live_on(world)
    with pytest.raises(Exception, match="are available"):
        world.submit("a new heron", EVE, requestId="done-0")
    assert world.documents.get(at.account(EVES)) is None
    world.grant(10, EVES, "again")
    job = world.submit("a new heron", EVE, requestId="done-0").job
    world.run_until_quiet()
    account = world.account(EVES)
    assert (world.job(job.id).status, account.available) == (JobStatus.COMPLETED, 8)
    assert (account.welcome, account.erasing_at) == (Welcome.HAD, None)
    assert check_invariants(world.backend) == []


def test_only_oneself_is_deleted(world: World) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        delete_account(world.backend, EVE, parse(DeleteAccount, {"confirm": "bob"}))
    assert refused.value.details["fieldErrors"][0]["field"] == "confirm"
    assert world.documents.paths() == []


def test_sent_again_the_same_is_answered(world: World) -> None:
    world.submit("x", EVE)
    erase(world)
    marked = world.account(EVES)
    erase(world)
    assert world.account(EVES) == marked
    assert marked.erasing_at == world.clock.now()
    assert UID in marked.id


# ---- what operators did ------------------------------------------------------------------------------


def act(world: World, action: str, subject: str, *about: str, **details: str) -> None:
    reason = f"asked by {WORDS}" if len(about) < 2 else "ticket 7"
    with audited(world.backend, ADMIN, action, subject, reason, about) as note:
        for name, came_of_it in details.items():
            note.did(name, came_of_it)


def entries(world: World) -> dict[str, AuditEntry]:
    return {entry.action: entry for entry in last_entries(world.backend, 100)}


def test_the_audit_keeps_who_did_what_and_when_but_not_to_whom(world: World) -> None:
    world.submit("x", EVE)
    act(world, "accounts block", EVES, EVES, **{EVES: "block"})
    act(world, "teams set-owner", "t1", EVES, **{UID: "owner"})
    act(world, "jobs cancel", f"account={EVES} model=m", EVES, "user_bob", j1="done")
    act(world, "accounts adjust", f"{EVES}-2", f"{EVES}-2")
    before = entries(world)
    erase(world)
    assert "erased" in live_on(world)
    nobody, after = books_of_nobody(world), entries(world)
    assert set(after) == set(before)
    kept = ("actor", "begun_at", "ended_at", "outcome", "changed", "forget_at")
    for action, entry in after.items():
        assert [getattr(entry, name) for name in kept] == [
            getattr(before[action], name) for name in kept
        ]
    block, owner, cancel = (
        after[each] for each in ("accounts block", "teams set-owner", "jobs cancel")
    )
    assert (block.subject, list(block.about), block.reason) == (nobody, [nobody], "")
    assert dict(block.details) == {nobody: "block"}
    assert (dict(owner.details), owner.reason) == ({nobody: "owner"}, "")
    assert cancel.subject == f"account={nobody} model=m"
    assert (set(cancel.about), cancel.reason) == ({nobody, "user_bob"}, "ticket 7")
    # Whose id begins like hers is somebody else.
    assert after["accounts adjust"] == before["accounts adjust"]


def test_a_command_that_ends_after_the_erasure_does_not_name_its_user_again(world: World) -> None:
    world.submit("x", EVE)
    with audited(world.backend, ADMIN, "users erase", EVES, WORDS, [EVES]) as note:
        note.did(EVES, "marked")
        erase(world)
        assert "erased" in live_on(world)
    assert traces(world) == []
    [entry] = entries(world).values()
    assert (entry.actor, entry.outcome.value, entry.changed) == (ADMIN.uid, "done", 1)
    assert entry.subject == books_of_nobody(world)
