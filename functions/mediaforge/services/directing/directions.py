"""The commits of a direction's life: its hold, before the director is asked, and its one end.

Each writes the direction, the account and one entry. The call that asks ends the direction. Where that call
has died, the sweep closes the direction once its `due_at` has passed.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.domain.catalogue import Tier
from mediaforge.domain.directing import directions
from mediaforge.domain.directing.directions import DirectionRecord
from mediaforge.domain.errors import BusyError, ModelNotInTierError
from mediaforge.domain.money import accounts
from mediaforge.domain.money.accounts import Account
from mediaforge.ports.director import Brief
from mediaforge.ports.documents import Transaction
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.money import ledger
from mediaforge.services.money.blocks import refuse_blocked
from mediaforge.services.money.fuse import has_blown, report_blown, terms_of
from mediaforge.services.money.opening import open_for

SWEEP = "sweep"


@dataclass(frozen=True, slots=True)
class Turn:
    """A direction as it is. `brief` is what to ask about; None where this call is not the one that asks.
    `is_held_up`: nothing is asked, since a fuse is blown or the account's share of the hour is used up.
    `blows_fuse`: the account's fuse has blown with this direction."""

    direction: DirectionRecord
    brief: Brief | None = None
    is_held_up: bool = False
    blows_fuse: bool = False


def hold(
    backend: Backend, caller: Caller, draft: DirectionRecord, brief_for: Callable[[Tier], Brief]
) -> Turn:
    """Holds what `draft` costs, so that its owner may ask; or finds that another call asks, or has asked.

    Raises RequestErrors and BusyError with nothing held.
    """

    def work(tx: Transaction) -> Turn:
        now = backend.clock.now()
        tx.prefetch(at.direction(draft.id), at.account(draft.account_id))
        refuse_blocked(tx.get, draft.account_id)
        known = tx.get(at.direction(draft.id))
        if known is not None:
            directions.check_same_request(known, draft.request_hash)
            if not known.is_closed and not directions.is_asked_by(known, draft.owner):
                return Turn(known)
        opening = open_for(backend, tx, draft.account_id, caller, now)
        account = opening.account
        tier = backend.catalogue.tier_of(account.tier)
        brief = brief_for(tier)
        if known is not None and directions.is_asked_by(known, draft.owner):
            return Turn(known, brief)  # our own commit stood, and its answer was lost
        _check_tier(backend, tier, draft.model)
        terms = terms_of(backend, account)
        if accounts.is_stopped(account, terms):
            return Turn(draft, is_held_up=True)
        moment = accounts.counted_at(account, now)
        asking = directions.ask(replace(draft, lane=tier.lane), known, account.opened_at, moment)
        admitted = accounts.admit_direction(account, tier, now)
        begun, held_up = accounts.begin(admitted, terms, asking.price_credits, moment)
        with opening.explaining():
            held = directions.hold_of(asking)
            due = [*opening.postings, held]
            posted, entries = ledger.post(tx, begun, due, caller.uid, now)
        ledger.check_held(entries, held)
        if held_up is not None:
            return Turn(draft, is_held_up=True, blows_fuse=_blow(tx, begun))
        tx.put(at.direction(asking.id), asking)
        ledger.write(tx, posted, entries)
        opening.write(tx)
        return Turn(asking, brief)

    turn = backend.documents.transact(work)
    if turn.blows_fuse:
        report_blown(draft.account_id)
    if turn.is_held_up:
        # A job would wait. A direction is refused instead, since its caller waits for it. The gate counts the
        # refusal; a caller who comes again when they are told to stays far from its limit.
        backend.gate.count_user_refusal(caller.gate_name)
        raise BusyError("a fuse is blown, or a share used up", backend.timing.waiting_s)
    return turn


def _blow(tx: Transaction, begun: Account) -> bool:
    """Writes that the account's fuse has blown with this direction, and says whether it has. Nothing else of
    the direction is written: the account stays as it was read, without what this call would have brought."""
    found = tx.get(at.account(begun.id))
    if found is None or not has_blown(found, begun):
        return False
    blown = replace(found, fuse_blown_at=begun.fuse_blown_at, modified=begun.modified)
    tx.put(at.account(found.id), blown)
    return True


def _check_tier(backend: Backend, tier: Tier, model: str) -> None:
    if model not in tier.models:
        models = backend.catalogue.models
        directors = [name for name in tier.models if models[name].makes is None]
        message = f"The model {model} is not part of the tier {tier.title}."
        raise ModelNotInTierError(message, model=model, models=directors)


Ended = Callable[[DirectionRecord], DirectionRecord]


def end(
    backend: Backend, held: DirectionRecord, ended: Ended, *, cost_nothing: bool = False
) -> DirectionRecord | None:
    """Ends the direction that the owner of `held` has asked. Returns the direction after that; None where it
    is gone. Where the sweep has closed it meanwhile, `ended` comes too late and is dropped.

    `cost_nothing`: the director was not asked, or has said that it did nothing.
    """

    def is_mine(direction: DirectionRecord, _: datetime) -> bool:
        return directions.is_asked_by(direction, held.owner)

    after, is_done = _end(backend, held.id, is_mine, ended, held.user_id, cost_nothing)
    if after is not None:
        # Where the commit stood but its answer was lost, the work is done anew and finds its own end: that is
        # not late.
        is_mine_ended = (after.owner, after.status) == (held.owner, ended(held).status)
        _report(after, is_late=not (is_done or is_mine_ended))
    return after


def close_overdue(backend: Backend, direction_id: str) -> bool:
    """Closes a direction whose time is over, and says whether it is closed. Its ask stays counted, since the
    director may have been asked."""
    after, is_done = _end(backend, direction_id, directions.is_overdue, directions.close, SWEEP)
    if after is not None and is_done:
        _report(after, is_late=False)
    return after is not None and after.is_closed


def _end(
    backend: Backend,
    direction_id: str,
    may_end: Callable[[DirectionRecord, datetime], bool],
    ended: Ended,
    actor: str,
    cost_nothing: bool = False,
) -> tuple[DirectionRecord | None, bool]:
    """Ends the direction where it `may_end`. Returns the direction after that, and whether it was ended
    here."""

    def work(tx: Transaction) -> tuple[DirectionRecord | None, bool]:
        now = backend.clock.now()
        direction = tx.get(at.direction(direction_id))
        if direction is None or not may_end(direction, now):
            return direction, False
        account = tx.get(at.account(direction.account_id))
        if account is None or not accounts.is_held_from(account, direction):
            # The account that was held from is gone, or another has its name: nothing is posted.
            gone = directions.close(direction)
            gone = directions.unasked(gone) if cost_nothing else gone
            tx.put(at.direction(direction_id), gone)
            return gone, True
        after = directions.unasked(ended(direction)) if cost_nothing else ended(direction)
        account = accounts.end_direction(account, after, now)
        if cost_nothing:
            account = accounts.forget_direction(account, after, now)
        posted, entries = ledger.post(tx, account, [directions.end_of(after)], actor, now)
        tx.put(at.direction(direction_id), after)
        ledger.write(tx, posted, entries)
        return after, True

    return backend.documents.transact(work)


def _report(direction: DirectionRecord, *, is_late: bool) -> None:
    """The analytics line: who, model, what came of it, cost. No brief, no concept."""
    log.info(
        "direction.dropped" if is_late else "direction",
        direction_id=direction.id,
        account_id=direction.account_id,
        user_id=direction.user_id,
        model=direction.model,
        status=direction.status.value,
        asks=direction.asks,
        concepts=len(direction.concepts),
        credits=direction.charged_credits,
    )
