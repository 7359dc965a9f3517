"""The nightly check of the books: whose turn it is in each of its rounds."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mediaforge.domain.rounds import Round, begin_round

# What nobody has touched for so long after it was due, nobody will by itself.
OVERDUE = timedelta(minutes=10)
# All accounts in so many nights. With those that were opened meanwhile, in 30 at most, where their number
# grows by a fifth in that time.
_LAP_NIGHTS = 25
# A night looks at so many at least.
_SLICE_MIN = 1000


@dataclass(frozen=True, slots=True)
class CheckRound(Round):
    """`system/check_round`: how far the nightly check has come, behind `behind_id` of `behind_at` in its
    `part`. The last part is a slice of all accounts, in the order of their ids, and goes on from night to
    night: behind `slice_after`, `met` accounts after the lap over all of them began. The lap before met
    `accounts`; 0 where there was none."""

    part: int = 0
    behind_at: datetime | None = None
    behind_id: str = ""
    slice_after: str = ""
    met: int = 0
    accounts: int = 0


def begin_check(known: CheckRound | None, now: datetime) -> CheckRound:
    """The round that is under way, or the next, whose slice goes on behind the last."""
    anew = CheckRound()
    if known is not None:
        anew = CheckRound(slice_after=known.slice_after, met=known.met, accounts=known.accounts)
    return begin_round(known, anew, now)


def behind(mark: CheckRound, part: int, moment: datetime, document_id: str) -> CheckRound:
    return replace(mark, part=part, behind_at=moment, behind_id=document_id)


def behind_in_slice(mark: CheckRound, part: int, account_id: str) -> CheckRound:
    return replace(
        mark, part=part, behind_at=None, behind_id="", slice_after=account_id, met=mark.met + 1
    )


def end_lap(mark: CheckRound) -> CheckRound:
    return replace(mark, slice_after="", met=0, accounts=mark.met)


def slice_size(mark: CheckRound) -> int | None:
    """Of how many accounts a night's slice is; None where nobody knows how many there are: of as many as the
    run has time for."""
    return max(_SLICE_MIN, -(-mark.accounts // _LAP_NIGHTS)) if mark.accounts else None
