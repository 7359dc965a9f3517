"""Whose turn it is in a night of the check, and what a night costs."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

import pytest

from mediaforge.contract import documents as at
from mediaforge.contract.requests import DirectCreative, parse
from mediaforge.domain.credits import Entry, EntryType
from mediaforge.domain.money.accounts import open_account
from mediaforge.services.directing.direct import direct
from mediaforge.services.watch.books import UNSEEN
from mediaforge.services.watch.invariants import check_in_turn
from mediaforge.services.watch.sweep import sweep_jobs
from tests.support.faults import Killed, Steps, mortal
from tests.support.world import ANN, SharedDocuments, World, logged, user

D = TypeVar("D")
DAY_S = 24 * 3600


@dataclass
class Noting(SharedDocuments):
    """Notes whose account is read. Where `is_empty` it is gone by then, and costs no more than that."""

    noted: list[str] = field(default_factory=list)
    is_empty: bool = False

    def __post_init__(self) -> None:
        super().__init__()

    def get(self, ref: at.Ref[D]) -> D | None:
        if ref.path.startswith("accounts/"):
            self.noted.append(ref.id)
            if self.is_empty:
                return None
        return super().get(ref)


@pytest.fixture
def world() -> World:
    return World(documents=Noting())


def night(world: World) -> list[str]:
    """Whose account a night looks at."""
    noted = world.documents.noted  # type: ignore[attr-defined]
    noted.clear()
    check_in_turn(world.backend)
    return sorted({*noted})


def open_accounts(world: World, number: int) -> list[str]:
    """Of long ago, with 100 credits each."""
    opened = [open_account(f"user_{n:04}", "free", world.clock.now()) for n in range(number)]
    grant = Entry(EntryType.GRANT, 100, 100, 0, world.clock.now(), "test")
    for account in opened:
        fields = at.dump(account) | {"available": 100}
        world.documents.overwrite(f"accounts/{account.id}", fields)
        world.documents.overwrite(f"accounts/{account.id}/ledger/welcome", at.dump(grant))
    world.clock.advance(10 * DAY_S)
    return [account.id for account in opened]


def leave_slice_behind(world: World, account_id: str, accounts: int = 1) -> None:
    """The slice has come so far by now, and the night before has looked at nothing else."""
    now = world.clock.now() - timedelta(days=1)
    mark = {"began_at": now, "since": now, "slice_after": account_id, "accounts": accounts}
    world.documents.overwrite("system/check_round", mark)


# ---- whose turn it is --------------------------------------------------------------------------------


def test_what_has_changed_has_its_turn_wherever_the_slice_is(world: World) -> None:
    open_accounts(world, 5)
    world.finish(caller=user("0001"))
    leave_slice_behind(world, "user_0003")
    assert night(world) == ["user_0001", "user_0004"]


def test_the_slice_goes_on_behind_the_last_and_begins_again_behind_all(world: World) -> None:
    ids = open_accounts(world, 90)
    leave_slice_behind(world, "user_0049")
    nights = []
    for _ in range(3):
        nights.append(night(world))
        world.clock.advance(DAY_S)
    assert nights == [ids[50:], ids, ids]


def test_a_lap_that_ends_with_a_whole_page_is_followed_by_the_next(world: World) -> None:
    ids = open_accounts(world, 40)
    for _ in range(3):
        assert night(world) == ids
        world.clock.advance(DAY_S)


def test_a_slice_is_as_large_as_the_last_lap_says(world: World) -> None:
    """1,000 at least; all of them, where nobody has counted them."""
    ids = open_accounts(world, 1_050)
    world.documents.is_empty = True  # type: ignore[attr-defined]
    assert len(night(world)) == 1_050
    nights = []
    for _ in range(3):
        world.clock.advance(DAY_S)
        nights.append(night(world))
    assert nights == [ids[:1_000], ids[1_000:], ids[:1_000]]


def test_what_nobody_has_changed_for_days_and_is_overdue_has_its_turn(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """A job that nobody settles, and a direction that nobody closes, while the sweep is dead."""
    open_accounts(world, 3)
    job = world.submit(caller=user("0000")).job
    world.deliver(job.id)
    steps = Steps(die_at=2)
    with pytest.raises(Killed):
        direct(mortal(world.backend, steps), ANN, parse(DirectCreative, {"brief": "a lighthouse"}))
    (direction,) = world.directions()
    world.clock.advance(10 * DAY_S)
    leave_slice_behind(world, "user_zoe", accounts=5)
    world.overwrite("system/check_round", slice_after="user_0001", met=2)
    assert night(world) == ["user_0000", "user_0002", "user_ann"]
    assert {line["document"] for line in logged(capsys, "invariant.violated")} >= {
        f"jobs/{job.id}",
        f"directions/{direction.id}",
    }


def test_a_run_without_time_for_the_slice_says_so_and_ends_the_round_all_the_same(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = open_accounts(world, 90)
    world.documents.on_commit = lambda paths: world.clock.advance(
        100 if paths == ["system/check_round"] else 0
    )
    assert night(world) == ids[:80]  # two pages, each begun and done
    (line,) = logged(capsys, "round.unfinished")
    assert (line["severity"], line["document"]) == ("WARNING", "system/check_round")
    world.clock.advance(DAY_S)
    world.finish(caller=user("0001"))
    assert night(world) == [ids[1], *ids[80:]]


def test_each_commit_that_changes_an_account_moves_its_modified(world: World) -> None:
    """By it the night finds what changed."""
    lagging = list[str]()

    def look(paths: list[str]) -> None:
        for path in paths:
            fields, _ = world.documents.peek(path)
            if path.startswith("accounts/") and path.count("/") == 1 and fields:
                before, known[path] = known.get(path), fields
                if before != fields and fields["modified"] != world.clock.now():
                    lagging.append(path)
        world.clock.advance(1)

    known: dict[str, object] = {}
    world.documents.on_commit = look
    live(world)
    assert len(known) == 3
    assert lagging == []


def live(world: World) -> None:
    """All that changes an account."""
    steps: list[Callable[[], object]] = [
        lambda: world.control_account("setTier", accountId="user_ann", tier="pro"),
        lambda: world.submit(scheduledAt="2026-11-20T14:00:00Z"),
        *[world.submit] * 6,
        world.run_until_quiet,
        lambda: world.clock.advance(3 * 3600),
        lambda: sweep_jobs(world.backend),
        world.run_until_quiet,
        lambda: direct(world.backend, ANN, parse(DirectCreative, {"brief": "a lighthouse"})),
        lambda: world.control_account("block", accountId="user_ann", reason="abuse"),
        lambda: world.control_account("unblock", accountId="user_ann"),
        lambda: world.control_account("resetFuse", accountId="user_ann"),
        lambda: world.cancel(world.submit().job.id, ANN),
        world.settle,
        world.found_team,
        lambda: world.submit(caller=user("bob")),
        lambda: world.control_account("setTier", accountId="user_bob", tier="free"),
    ]
    for step in steps:
        step()


# ---- what it costs -----------------------------------------------------------------------------------

# Of an account: its id on a page, itself, its unfinished and its lately settled jobs, its late entries, its
# directions under way and those of late, its batches likewise, the sums of entries by type and what is owed.
READS_QUIET = 1 + 1 + 3 + 2 + 2 + len(EntryType) + 1


def cost(world: World) -> tuple[int, int]:
    documents = world.documents
    documents.reads = documents.writes = 0
    night(world)
    return documents.reads, documents.writes


def test_an_account_that_rests_costs_its_few_reads_and_no_write(world: World) -> None:
    def of(accounts: int) -> tuple[int, int]:
        few = World(documents=Noting())
        open_accounts(few, accounts)
        check_in_turn(few.backend)
        few.clock.advance(2 * DAY_S)
        return cost(few)

    (few, writes), (more, writes_of_more) = of(10), of(30)
    assert more - few == 20 * READS_QUIET
    assert writes == writes_of_more == 3  # the page begun, the page done, the round over


def test_an_account_with_a_job_costs_three_reads_more(world: World) -> None:
    """That it has changed, a second entry, the view. The job and one entry are found by queries that cost as
    much where they find nothing."""
    open_accounts(world, 10)
    for number in range(5):
        world.finish(caller=user(f"000{number}"))  # and their welcome credits
    world.clock.advance(2 * DAY_S)
    check_in_turn(world.backend)
    world.clock.advance(2 * DAY_S)
    quiet, _ = cost(world)
    world.clock.advance(2 * DAY_S)
    for number in range(5):
        world.finish(caller=user(f"000{number}"))
    busy, _ = cost(world)
    assert busy - quiet == 5 * 3 - 1  # the quiet night's query for what has changed found nothing


# ---- what nobody else would see ------------------------------------------------------------------


def test_what_waits_in_an_account_that_the_sweep_cannot_find_is_started(world: World) -> None:
    """A release that could not read the job has taken the account for one with nothing waiting."""
    jobs = [world.submit().job for _ in range(4)]
    waiting = [job.id for job in jobs if not world.job(job.id).is_dispatched]
    world.overwrite("accounts/user_ann", due_at=None)
    for job in jobs:
        world.deliver(job.id)
    world.settle_all()
    assert waiting
    assert [job_id for job_id in waiting if world.job(job_id).is_dispatched] == []
    assert [each.rule for each in check_in_turn(world.backend)] == [UNSEEN]
    assert world.job(waiting[0]).is_dispatched
    world.run_until_quiet()
    world.assert_promises()
