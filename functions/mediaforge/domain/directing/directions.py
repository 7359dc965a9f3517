"""The life of a direction: a brief that the creative director is asked about, once
at a time and never unpaid. Pure.

    (new) ──► asking ──► answered     its hold is captured
                │  ├───► refused      the director refuses: released, and counted in the day's refusals
                │  └───► closed       no answer, or none in time: released
                └◄─ again, with a hold of its own ─┘

`asks` numbers the holds, and the number is in the ids of the ledger entries. So a direction that was closed
and is asked again gets a hold of its own.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from mediaforge.domain.credits import EntryType, Posting
from mediaforge.domain.errors import RequestIdReusedError
from mediaforge.domain.lanes import Lane

ASK_S_MAX = 65
"""Seconds that a director may take: two calls of a language model, limited to half a minute each."""

LEASE_S = 120
"""Seconds that one call has the direction to itself: longer than its function's own limit."""
FORGOTTEN_AFTER = timedelta(days=90)
"""How long the document of a direction that has ended is kept, and its `requestId` is answered."""


class DirectionStatus(StrEnum):
    ASKING = "asking"
    ANSWERED = "answered"
    REFUSED = "refused"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class ConceptRecord:
    """One concept of a direction. `estimated_credits` is the price of the concept unchanged, on that day."""

    title: str
    prompt: str
    negative_prompt: str
    kind: str
    aspect_ratio: str
    model: str
    estimated_credits: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the director said instead of an answer."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class DirectionRecord:
    """`directions/{directionId}`: a brief that was held for, and what came of it. It is kept so that the same
    `requestId` gets the same answer and pays once. Not for clients.

    `price_credits` is what was held. `owner` is the call that asks or asked last, and has the direction until
    `lease_until`. `due_at` is set while it asks; when it has passed, the sweep closes the direction.
    `account_opened_at` tells which account of that id the hold is on, and `lane` is that of its tier.
    `started_credits` is what its asks may have cost us; the last ask was at `asked_at`. `team_id` is the team
    of the brand, for which the concepts are. A document without a status is from when only answers were kept.
    Once the direction has ended, its document may be deleted from `forget_at` on. The entries of its hold
    stay: a `requestId` that is sent again after that is refused, and charges nothing.
    """

    id: str
    user_id: str
    model: str
    request_hash: str
    created_at: datetime
    status: DirectionStatus = DirectionStatus.ANSWERED
    account_id: str = ""
    account_opened_at: datetime | None = None
    price_credits: int = 0
    lane: Lane | None = None
    asks: int = 0
    started_credits: int = 0
    owner: str = ""
    asked_at: datetime | None = None
    lease_until: datetime | None = None
    due_at: datetime | None = None
    concepts: tuple[ConceptRecord, ...] = ()
    rationale: str = ""
    director: str = ""
    refusal: Refusal | None = None
    charged_credits: int = 0
    brand_id: str | None = None
    team_id: str | None = None
    forget_at: datetime | None = None

    @property
    def is_asking(self) -> bool:
        return self.status is DirectionStatus.ASKING

    @property
    def is_closed(self) -> bool:
        return self.status is DirectionStatus.CLOSED


def check_same_request(known: DirectionRecord, request_hash: str) -> None:
    """Raises RequestIdReusedError where the same `requestId` came with
    another payload, whatever became of it."""
    if known.request_hash != request_hash:
        raise RequestIdReusedError("This requestId was used with another payload.")


def ask(
    draft: DirectionRecord, known: DirectionRecord | None, opened_at: datetime | None, now: datetime
) -> DirectionRecord:
    """`draft`, asking: for the first time, or again after `known` was closed. `opened_at` is the `opened_at`
    of the account that the hold is on."""
    if known is not None and not known.is_closed:
        raise AssertionError(f"direction {known.id} is {known.status} and is not asked again")
    lease_until = now + timedelta(seconds=LEASE_S)
    return replace(
        draft,
        status=DirectionStatus.ASKING,
        account_opened_at=opened_at,
        asks=known.asks + 1 if known else 1,
        started_credits=(known.started_credits if known else 0) + draft.price_credits,
        created_at=known.created_at if known else now,
        asked_at=now,
        lease_until=lease_until,
        due_at=lease_until,
    )


def is_asked_by(direction: DirectionRecord, owner: str) -> bool:
    return direction.is_asking and direction.owner == owner


def has_time(direction: DirectionRecord, now: datetime) -> bool:
    """Whether the director, asked now, would answer within the lease. It would not if the call that holds
    the lease was halted in between."""
    assert direction.lease_until is not None
    return now + timedelta(seconds=ASK_S_MAX) <= direction.lease_until


def is_overdue(direction: DirectionRecord, now: datetime) -> bool:
    return direction.is_asking and direction.due_at is not None and direction.due_at <= now


def answer(
    direction: DirectionRecord, concepts: tuple[ConceptRecord, ...], rationale: str, director: str
) -> DirectionRecord:
    """The direction, answered; all that was held is charged."""
    answered = _end(direction, DirectionStatus.ANSWERED)
    return replace(
        answered,
        concepts=concepts,
        rationale=rationale,
        director=director,
        charged_credits=direction.price_credits,
    )


def refuse(direction: DirectionRecord, refusal: Refusal) -> DirectionRecord:
    return replace(_end(direction, DirectionStatus.REFUSED), refusal=refusal)


def close(direction: DirectionRecord) -> DirectionRecord:
    return _end(direction, DirectionStatus.CLOSED)


def unasked(direction: DirectionRecord) -> DirectionRecord:
    """The direction without this ask: the director was not asked, or the ask cost nobody anything."""
    started = max(0, direction.started_credits - direction.price_credits)
    return replace(direction, started_credits=started)


def _end(direction: DirectionRecord, status: DirectionStatus) -> DirectionRecord:
    if not direction.is_asking:
        raise AssertionError(f"direction {direction.id} is {direction.status} and cannot end")
    asked_at = direction.asked_at or direction.created_at
    return replace(direction, status=status, due_at=None, forget_at=asked_at + FORGOTTEN_AFTER)


def hold_of(direction: DirectionRecord) -> Posting:
    """The hold, which is posted before the director is asked."""
    return Posting(_entry_id(direction, EntryType.HOLD), EntryType.HOLD, direction.price_credits)


def end_of(direction: DirectionRecord) -> Posting:
    """The posting that closes the hold of a direction that has ended."""
    is_answered = direction.status is DirectionStatus.ANSWERED
    entry_type = EntryType.CAPTURE if is_answered else EntryType.RELEASE
    return Posting(_entry_id(direction, entry_type), entry_type, direction.price_credits)


def _entry_id(direction: DirectionRecord, entry_type: EntryType) -> str:
    return f"{direction.id}:{entry_type.value}:{direction.asks}"
