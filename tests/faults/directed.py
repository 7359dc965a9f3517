"""The verdict's part on directions: each was held for before it was asked, asked by one at a time, paid for
exactly when it was answered, and closed whatever happened to its caller. Imports nothing of the product."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from tests.faults.record import Ask, Commit, Fields, Record, Reply

Contents = Mapping[str, Fields]

_ENDS = {"answered", "refused", "closed"}
_SKEW = timedelta(seconds=1)
# Of these it is known that they cost nobody anything.
_FREE = {"throttles"}


def check_directions(contents: Contents, record: Record) -> Iterator[str]:
    directions = {
        path.removeprefix("directions/"): fields
        for path, fields in contents.items()
        if path.startswith("directions/")
    }
    for direction_id, direction in directions.items():
        yield from _check_at_rest(direction_id, direction)
        yield from _check_money(direction_id, direction, contents)
    holds = _holds(record)
    yield from _check_asks(record, holds)
    yield from _check_alone(record, holds)
    yield from _check_days(record)
    yield from _check_replies(directions, record)
    yield from _check_held(record)


# ---- each direction ------------------------------------------------------------------------------


def _check_at_rest(direction_id: str, direction: Fields) -> Iterator[str]:
    if direction["status"] not in _ENDS:
        yield f"directions/{direction_id}: expected to have ended, found {direction['status']}"
    if direction.get("due_at") is not None:
        yield f"directions/{direction_id}: expected no due_at, found {direction['due_at']}"


def _check_money(direction_id: str, direction: Fields, contents: Contents) -> Iterator[str]:
    """By what its entries say: as many holds as it was asked, each with one end of the same number."""
    folder = f"accounts/{direction['account_id']}/ledger/{direction_id}:"
    entries = {
        path.removeprefix(folder): fields
        for path, fields in contents.items()
        if path.startswith(folder) and fields["type"] != "adjust"
    }
    kinds = Counter(entry["type"] for entry in entries.values())
    asks, is_answered = direction["asks"], direction["status"] == "answered"
    expected = Counter(hold=asks, capture=int(is_answered), release=asks - is_answered)
    if +kinds != +expected:
        yield f"directions/{direction_id}: expected {dict(+expected)}, found {dict(kinds)}"
    numbers = Counter(name.rpartition(":")[2] for name in entries)
    if numbers != Counter({str(number): 2 for number in range(1, asks + 1)}):
        yield f"directions/{direction_id}: expected each hold to be closed, found {sorted(entries)}"
    amounts = {entry["amount"] for entry in entries.values()}
    if amounts != {direction["price_credits"]}:
        yield f"directions/{direction_id}: expected {direction['price_credits']}, found {amounts}"
    charged = direction["price_credits"] if is_answered else 0
    found = (direction["charged_credits"], bool(direction.get("concepts")))
    if found != (charged, is_answered):
        yield f"directions/{direction_id}: expected {(charged, is_answered)}, found {found}"


# ---- who asked -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Hold:
    direction_id: str
    account_id: str
    at: datetime
    until: datetime


def _holds(record: Record) -> dict[str, _Hold]:
    """The hold that each process committed, with the direction it is for."""
    return {
        commit.process: _Hold(
            path.removeprefix("directions/"), fields["account_id"], commit.at, fields["lease_until"]
        )
        for commit in record.commits
        for path, fields in commit.writes.items()
        if path.startswith("directions/") and fields and _is_held_for(commit, fields)
    }


def _is_held_for(commit: Commit, direction: Fields) -> bool:
    prefix = f"accounts/{direction['account_id']}/ledger/{direction['id']}:"
    entries = [e for path, e in commit.writes.items() if path.startswith(prefix) and e]
    return direction["status"] == "asking" and any(e["type"] == "hold" for e in entries)


def _check_asks(record: Record, holds: Mapping[str, _Hold]) -> Iterator[str]:
    asked = Counter(ask.process for ask in record.asks)
    for ask in record.asks:
        hold = holds.get(ask.process)
        if hold is None or hold.at > ask.started_at + _SKEW:
            yield f"{ask.name}: expected a hold before {ask.process} asked, found none"
        if asked[ask.process] > 1:
            yield f"{ask.name}: expected {ask.process} to ask once, found {asked[ask.process]}"


def _check_alone(record: Record, holds: Mapping[str, _Hold]) -> Iterator[str]:
    """Two callers who both lived and both believed in their lease never asked at the same time."""
    by_direction: dict[str, list[tuple[Ask, _Hold]]] = defaultdict(list)
    for ask in record.asks:
        if hold := holds.get(ask.process):
            by_direction[hold.direction_id].append((ask, hold))
    for direction_id, asks in by_direction.items():
        asks.sort(key=lambda pair: pair[0].started_at)
        for (ask, hold), (other, _) in pairwise(asks):
            assert ask.ended_at is not None
            if other.started_at < min(ask.ended_at, hold.until) - _SKEW:
                yield (
                    f"directions/{direction_id}: expected one to ask at a time, found "
                    f"{other.process} at {other.started_at} beside {ask.process}"
                )


def _check_days(record: Record) -> Iterator[str]:
    """By the day on which they were held for, or on which the director said no."""
    holds = _holds(record)
    days: Counter[tuple[str, str, str]] = Counter()
    for ask in record.asks:
        if (hold := holds.get(ask.process)) and ask.outcome not in _FREE:
            days[hold.account_id, hold.at.date().isoformat(), "directions"] += 1
    for commit in record.commits:
        for path, fields in commit.writes.items():
            if path.startswith("directions/") and fields and fields["status"] == "refused":
                day = commit.at.date().isoformat()
                days[fields["account_id"], day, "direction_refusals"] += 1
    for (account_id, day, what), number in days.items():
        most = max(record.direction_limits[tier][what] for tier in _tiers(account_id, record))
        if number > most:
            yield f"accounts/{account_id}: expected at most {most} {what} on {day}, found {number}"


def _tiers(account_id: str, record: Record) -> set[str]:
    path = f"accounts/{account_id}"
    return {account["tier"] for commit in record.commits if (account := commit.writes.get(path))}


# ---- what was answered ---------------------------------------------------------------------------


def _check_replies(directions: Mapping[str, Fields], record: Record) -> Iterator[str]:
    named: dict[tuple[str, str], list[Reply]] = defaultdict(list)
    for reply in record.replies:
        if reply.direction_id is not None:
            yield from _check_answered(reply, directions)
        if reply.request_id is not None:
            named[reply.uid, reply.request_id].append(reply)
    for (_, name), replies in named.items():
        told = {(r.direction_id, r.rationale) for r in replies if r.direction_id}
        told |= {("refused", None) for r in replies if r.refused == "invalid-request"}
        if len(told) > 1:
            yield f"{name}: expected one answer for ever, found {sorted(map(str, told))}"


def _check_answered(reply: Reply, directions: Mapping[str, Fields]) -> Iterator[str]:
    direction = directions.get(reply.direction_id or "")
    found = direction and (direction["status"], direction["user_id"], direction["rationale"])
    if found != ("answered", reply.uid, reply.rationale):
        yield f"directions/{reply.direction_id}: was answered {reply.rationale}, found {found}"


# ---- what is held --------------------------------------------------------------------------------


def _check_held(record: Record) -> Iterator[str]:
    """After every commit an account holds what its unsettled jobs, its waiting rows and its directions under
    way reserve. One that is opened anew has nothing to do with those of the one that was deleted."""
    open_: dict[str, dict[str, int]] = defaultdict(dict)
    gone: set[str] = set()
    for commit in record.commits:
        for path, fields in commit.writes.items():
            if fields is None and path.startswith("accounts/") and path.count("/") == 1:
                gone |= open_.pop(path.removeprefix("accounts/"), {}).keys()
            if fields is None and path.startswith("batches/"):
                gone.discard(path)  # under the same name it may be submitted anew
            if (
                fields
                and path.startswith(_HELD_FOR)
                and path not in gone
                and "account_id" in fields
            ):
                own, amount = open_[fields["account_id"]], _reserved(path, fields)
                if amount:
                    own[path] = amount
                else:
                    own.pop(path, None)
        for path, fields in commit.writes.items():
            if fields and path.startswith("accounts/") and path.count("/") == 1:
                own = open_[path.removeprefix("accounts/")]
                asking = sum(1 for name in own if name.startswith("directions/"))
                expected, found = (sum(own.values()), asking), (fields["held"], fields["asking"])
                if found != expected:
                    yield f"{path}: expected {expected} held and asking at {commit.at}, found {found}"


_HELD_FOR = ("jobs/", "directions/", "batches/")


def _reserved(path: str, fields: Fields) -> int:
    if path.startswith("batches/"):
        is_open = bool(fields.get("is_waiting"))  # a batch itself holds nothing: its rows do
        amount = fields["credits"]["estimated"]
    elif path.startswith("jobs/"):
        is_open, amount = fields["settled_at"] is None, fields["estimated_credits"]
    else:
        is_open, amount = fields["status"] == "asking", fields["price_credits"]
    return int(amount) if is_open else 0
