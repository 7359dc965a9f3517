"""The nightly check of the books: which accounts have their turn in each of its rounds."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mediaforge.domain.rounds import Round, begin_round

# A job or direction that nobody has touched this long after its `due_at` will not be touched by itself.
OVERDUE = timedelta(minutes=10)
# One lap takes this many nights. Accounts that are opened during the lap extend it, to 30 nights at most
# while the number of accounts grows by less than a fifth in that time.
_LAP_NIGHTS = 25
# A night looks at this many accounts at least.
_SLICE_MIN = 1000


@dataclass(frozen=True, slots=True)
class CheckRound(Round):
    """`system/check_round`: how far the nightly check has come: in its `part`, it is behind the
    document `behind_id` of the moment `behind_at`. The last part is a slice of all accounts, in the
    order of their ids, that goes on from night to night: it is behind the account `slice_after`, and
    has met `met` accounts since the lap over all of them began. `accounts` is how many the previous
    lap met; 0 where there was none."""

    part: int = 0
    behind_at: datetime | None = None
    behind_id: str = ""
    slice_after: str = ""
    met: int = 0
    accounts: int = 0


def begin_check(known: CheckRound | None, now: datetime) -> CheckRound:
    """The round that is under way, or the next one. Its slice goes on where the last one ended."""
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
    """How many accounts a night's slice has. None where the number of all accounts is unknown: then the slice
    is as large as the run has time for."""
    return max(_SLICE_MIN, -(-mark.accounts // _LAP_NIGHTS)) if mark.accounts else None
