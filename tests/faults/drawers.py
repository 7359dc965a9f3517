"""The verdict's part on teams and blocks, judged commit by commit: by which code whoever joined came in, that
leaving lifts no limit, that only members are served, and that nothing begins for a blocked account.

Imports nothing of the product.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tests.faults.members import REMOVAL
from tests.faults.record import Commit, Fields, Record

Contents = Mapping[str, Fields]


# ---- who is in, and by what ------------------------------------------------------------------------


@dataclass
class _Seen:
    """Of the teams, as the commits so far left them: when each code was made (by its invitation's path), when
    somebody was removed from a team, and when somebody's own membership ended (by the member's path)."""

    roles: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    invites: dict[str, tuple[int, Fields]] = field(default_factory=dict)
    removed: dict[str, int] = field(default_factory=dict)
    ended: dict[str, int] = field(default_factory=dict)
    jobs: set[str] = field(default_factory=set)


def check_memberships(contents: Contents, record: Record) -> Iterator[str]:
    seen = _Seen()
    for number, commit in enumerate(record.commits):
        for finding in _check_commit(commit, number, seen):
            yield f"{finding} (committed by {commit.process} at {commit.at})"
    yield from _check_limits(contents, record)
    yield from _check_days(contents, record)


def _check_commit(commit: Commit, number: int, seen: _Seen) -> Iterator[str]:
    for path, fields in commit.writes.items():
        if path.startswith("jobs/") and fields is not None:
            yield from _check_served(path, fields, seen)
    for path, fields in commit.writes.items():
        if "/members/" in path and fields is not None:
            yield from _check_join(path, commit, seen)
    _note(commit, number, seen)
    for path in commit.writes:
        team = path.partition("/members/")[0]
        if "/members/" in path and "owner" not in seen.roles[team].values():
            yield f"{team}: expected an owner at every moment, found {seen.roles[team]}"


def _note(commit: Commit, number: int, seen: _Seen) -> None:
    for path, fields in commit.writes.items():
        team, _, name = path.partition("/members/")
        if "/invites/" in path and fields is not None:
            seen.invites.setdefault(path, (number, fields))
        if not name:
            continue
        if fields is None:
            seen.roles[team].pop(name, None)
            seen.ended[path] = number
        else:
            seen.roles[team][name] = fields["role"]
    if commit.process.startswith(f"{REMOVAL} "):
        for path in commit.writes:
            if path.startswith("teams/"):
                seen.removed["/".join(path.split("/")[:2])] = number


def _check_served(path: str, job: Fields, seen: _Seen) -> Iterator[str]:
    """A removal takes effect at once: whoever is accepted for a team is in it at that commit."""
    if path in seen.jobs:
        return
    seen.jobs.add(path)
    if job.get("batch_id"):
        return  # accepted with its batch
    team, uid = f"teams/{job.get('team_id')}", job["user_id"]
    if job.get("team_id") is not None and seen.roles[team].get(uid) not in ("owner", "editor"):
        yield f"{path}: expected to be of an editor of {team}, found {uid}"


def _check_join(path: str, commit: Commit, seen: _Seen) -> Iterator[str]:
    team, _, uid = path.partition("/members/")
    used = [
        name for name, fields in commit.writes.items() if "/invites/" in name and fields is None
    ]
    if uid in seen.roles[team] or not used:
        return
    made_at, invite = seen.invites[used[0]]
    bound_to = invite.get("bound_to")
    if bound_to is not None and bound_to != f"uid:{uid}":
        yield f"{path}: expected a code for {bound_to} to let in nobody else"
    if not (bound_to or "").startswith("uid:") and made_at < seen.removed.get(team, -1):
        yield f"{path}: expected no code of before a removal to let anybody in"
    if made_at < seen.ended.get(path, -1):
        yield f"{path}: expected no code of before the end of their membership to let them in"


# ---- limits ----------------------------------------------------------------------------------------


def _check_limits(contents: Contents, record: Record) -> Iterator[str]:
    for (team_id, uid), limit in record.member_limits.items():
        places = [f"teams/{team_id}/{folder}/{uid}" for folder in ("members", "former")]
        known = [contents[path] for path in places if path in contents]
        if [fields["limits"]["images"] for fields in known] != [limit]:
            yield f"{places[0]}: expected a limit of {limit} images a day, found {known}"


def _check_days(contents: Contents, record: Record) -> Iterator[str]:
    """What was begun counts in its day, whatever became of it and of the membership."""
    begun: dict[tuple[str, str, str], int] = defaultdict(int)
    for path, job in contents.items():
        if path.startswith("jobs/") and job["may_have_billed"] > 0 and job.get("team_id"):
            day = f"{job['created_at']:%Y-%m-%d}"
            begun[job["team_id"], job["user_id"], day] += job["count"]
    for (team_id, uid, day), images in begun.items():
        limit = record.member_limits.get((team_id, uid), images)
        if images > limit:
            path = f"teams/{team_id}/members/{uid}"
            yield f"{path}: expected at most {limit} images on {day}, found {images}"


# ---- blocks ----------------------------------------------------------------------------------------


def check_blocks(record: Record) -> Iterator[str]:
    blocked: set[str] = set()
    dispatched: dict[str, bool] = {}
    for commit in record.commits:
        for path, job in commit.writes.items():
            if not path.startswith("jobs/") or job is None:
                continue
            is_new, had_slot = path not in dispatched, dispatched.get(path, False)
            dispatched[path] = job["is_dispatched"]
            if job["account_id"] not in blocked:
                continue
            if is_new or (job["is_dispatched"] and not had_slot):
                what = "accepted" if is_new else "given a slot"
                yield (
                    f"{path}: expected nothing for {job['account_id']}, which is blocked, found it "
                    f"{what} (committed by {commit.process} at {commit.at})"
                )
        for path, account in commit.writes.items():
            if path.startswith("accounts/") and path.count("/") == 1:
                name = path.removeprefix("accounts/")
                is_blocked = account is not None and account.get("blocked_at") is not None
                (blocked.add if is_blocked else blocked.discard)(name)
