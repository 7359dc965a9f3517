"""What accounts were given by themselves, judged from plain documents: the welcome, once for each identity
and so much a day; and of each month what the highest tier gives that the account had in it.

Imports nothing of the product, like the rest of the verdict.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from tests.faults.record import Fields, Identity, Record

WELCOME_CREDITS = 100
Contents = Mapping[str, Fields]
_OF_A_MONTH = re.compile(r".+, \d{4}-\d{2}")
_SKEW = timedelta(seconds=1)
_NEVER = datetime.max


def given_by_itself(contents: Contents) -> dict[str, int]:
    """By account. What is in these entries is looked at below."""
    given: dict[str, int] = defaultdict(int)
    for account_id, entry in _entries(contents):
        if _is_welcome(entry) or _is_monthly(entry):
            given[account_id] += entry["amount"]
    return given


def check_given(contents: Contents, record: Record) -> Iterator[str]:
    welcomes = defaultdict(list)
    for account_id, entry in _entries(contents):
        if _is_welcome(entry):
            welcomes[account_id].append(entry)
    yield from _check_each(welcomes, record)
    yield from _check_identities(welcomes, record)
    yield from _check_linked(welcomes, record)
    yield from _check_days(contents, welcomes, record)
    yield from _check_nobody_forgotten(contents, welcomes, record)
    yield from _check_months(contents, record)


def _entries(contents: Contents) -> Iterator[tuple[str, Fields]]:
    for path, fields in contents.items():
        if path.startswith("accounts/") and "/ledger/" in path:
            yield path.split("/")[1], fields


def _is_welcome(entry: Fields) -> bool:
    return entry["type"] == "grant" and entry.get("reason") == "welcome"


def _is_monthly(entry: Fields) -> bool:
    return entry["type"] == "grant" and bool(_OF_A_MONTH.fullmatch(entry.get("reason") or ""))


# ---- the welcome ---------------------------------------------------------------------------------

Welcomes = Mapping[str, list[Fields]]


def _uid(account_id: str) -> str:
    return account_id.removeprefix("user_")


def _known_by(account_id: str, record: Record) -> set[Identity]:
    """Nothing of a team, and of whoever has verified nothing."""
    return record.sign_ins.get(_uid(account_id), set())


def _check_each(welcomes: Welcomes, record: Record) -> Iterator[str]:
    for account_id, entries in welcomes.items():
        amounts = [entry["amount"] for entry in entries]
        if amounts != [WELCOME_CREDITS]:
            yield f"accounts/{account_id}: expected to be welcomed once, found {amounts}"
        if not _known_by(account_id, record):
            yield f"accounts/{account_id}: expected no welcome of who is not verified, found one"


def _check_identities(welcomes: Welcomes, record: Record) -> Iterator[str]:
    had: dict[Identity, list[str]] = defaultdict(list)
    for account_id in welcomes:
        for identity in _known_by(account_id, record):
            had[identity].append(account_id)
    for identity, account_ids in had.items():
        if len(account_ids) > 1:
            yield f"gifts: expected one for {identity}, found those of {sorted(account_ids)}"


def _check_linked(welcomes: Welcomes, record: Record) -> Iterator[str]:
    """What is linked to an account that was welcomed brings no gift elsewhere from then on."""
    for identity, (uid, linked_at) in record.linked.items():
        for account_id, entries in welcomes.items():
            is_other = _uid(account_id) != uid and identity in _known_by(account_id, record)
            if is_other and entries[0]["created_at"] > linked_at + _SKEW:
                yield f"gifts: expected none for {identity}, linked to {uid}, found {account_id}'s"


def _check_days(contents: Contents, welcomes: Welcomes, record: Record) -> Iterator[str]:
    given: dict[str, int] = defaultdict(int)
    for entries in (*welcomes.values(), _deleted(contents, record)):
        for entry in entries:
            given[f"{entry['created_at']:%Y-%m-%d}"] += entry["amount"]
    counted: dict[str, int] = defaultdict(int)
    for day, part in _parts(contents):
        counted[day] += part["credits"]
    for day in given.keys() | counted.keys():
        if given[day] > record.welcome_a_day:
            yield f"welcome_days/{day}: expected at most {record.welcome_a_day}, found {given[day]}"
        if given[day] != counted[day]:
            yield f"welcome_days/{day}: expected {given[day]} to be counted, found {counted[day]}"


def _deleted(contents: Contents, record: Record) -> list[Fields]:
    """What was given, and went with its account."""
    return [
        entry
        for commit in record.commits
        for path, entry in commit.writes.items()
        if "/ledger/" in path and entry is not None and _is_welcome(entry)
        if path not in contents or contents[path]["created_at"] != entry["created_at"]
    ]


def _parts(contents: Contents) -> Iterator[tuple[str, Fields]]:
    for path, fields in contents.items():
        if path.startswith("welcome_days/"):
            yield path.removeprefix("welcome_days/").partition("_")[0], fields


def _check_nobody_forgotten(
    contents: Contents, welcomes: Welcomes, record: Record
) -> Iterator[str]:
    """Who was verified and served without a gift had had one, or a part of that day's was given away. A row
    was accepted on the day that it counts in, and may have got its job on the next."""
    had = {i for account_id in welcomes for i in _known_by(account_id, record)} | set(record.linked)
    full = {
        day
        for day, part in _parts(contents)
        if part["credits"] + WELCOME_CREDITS > record.welcome_part
    }
    deleted = {path for commit in record.commits for path, f in commit.writes.items() if f is None}
    for path, job in contents.items():
        own = f"user_{job['user_id']}" if path.startswith("jobs/") else ""
        if not own or job["account_id"] != own or own in welcomes:
            continue
        if f"accounts/{own}" in deleted:
            continue  # its account has gone, and the entry with it
        accepted_at = job.get("counted_at") or job["created_at"]
        known, day = _known_by(own, record), f"{accepted_at:%Y-%m-%d}"
        if known and not known & had and day not in full:
            yield f"accounts/{own}: expected to be welcomed with {path}, found that it was not"


# ---- months --------------------------------------------------------------------------------------


def _check_months(contents: Contents, record: Record) -> Iterator[str]:
    """At least what the tiers give that were set in a month, and the last one; at most what any gives that
    the account had in it, if only for a moment."""
    granted: dict[tuple[str, str], int] = defaultdict(int)
    for account_id, entry in _entries(contents):
        if _is_monthly(entry):
            granted[account_id, f"{entry['created_at']:%Y-%m}"] += entry["amount"]
    months = sorted(_months(record))
    for account_id, tiers in _tiers(record).items():
        for month in months:
            least = {tier for set_in, _, _, tier in tiers if set_in == month}
            least |= {tiers[-1][-1]} if month == months[-1] else set()
            most = least | {tier for _, since, until, tier in tiers if since <= month <= until}
            low, high = (max((record.levels[t] for t in some), default=0) for some in (least, most))
            found = granted[account_id, month]
            if not low <= found <= high:
                wanted = f"{low}" if low == high else f"{low} to {high}"
                yield f"accounts/{account_id}: expected to be granted {wanted} in {month}, found {found}"


def _months(record: Record) -> set[str]:
    assert record.lasted is not None
    return {f"{moment:%Y-%m}" for moment in record.lasted}


def _tiers(record: Record) -> dict[str, list[tuple[str, str, str, str]]]:
    """By account, each tier that it got: the month in which that was decided, and those from which to which
    the account had it. A month more or less for clocks that are a little before or behind."""
    changes: dict[str, list[tuple[str, datetime, str]]] = defaultdict(list)
    for commit in record.commits:
        for path, fields in commit.writes.items():
            if not fields or not path.startswith("accounts/") or path.count("/") > 1:
                continue
            account_id = path.removeprefix("accounts/")
            known = changes[account_id]
            if not known or known[-1][-1] != fields["tier"]:
                known.append((f"{fields['modified']:%Y-%m}", commit.at, fields["tier"]))
    return {account_id: list(_lasting(known)) for account_id, known in changes.items()}


def _lasting(changes: list[tuple[str, datetime, str]]) -> Iterator[tuple[str, str, str, str]]:
    ends = [at + _SKEW for _, at, _ in changes[1:]] + [_NEVER]
    for (set_in, at, tier), until in zip(changes, ends, strict=True):
        yield set_in, f"{at - _SKEW:%Y-%m}", f"{until:%Y-%m}", tier
