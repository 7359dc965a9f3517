"""People whose account an operator deletes by hand, with all that lies below it and their views, while their
jobs run; who then come back. Their batches are left without an account. And what must hold for what is gone,
by hand or since its user has deleted it: none of it is ever written again."""

from collections.abc import Iterator, Mapping, Set
from dataclasses import replace
from datetime import datetime, timedelta

from tests.faults import calls
from tests.faults.chance import Chance
from tests.faults.load import SUBJECT, Holder, Load, Wish, uid_prefix
from tests.faults.platform import Platform
from tests.faults.record import Fields, Record

_JOBS_A_LEAVER = 50
_LEAVERS_MIN = 3
_TAGS = ("", "", "[[sleep:90]]", "[[throttle:1]]", "[[fail:transient:1]]", "[[crash:after-save]]")
# So many wishes come before an account is deleted for the first time, and after each time.
_WISHES = 5
_LIFE_S = (60, 200)
_DELETIONS = 2
_SCHEDULED = 0.2


# ---- what happens ------------------------------------------------------------------------------


def with_leavers(load: Load, chance: Chance, start: datetime) -> Load:
    """The load with people whose accounts will be deleted. They are of the free tier, and are given nothing:
    whatever they have is the welcome of their present account, whose markers are deleted with it."""
    number = max(_LEAVERS_MIN, len(load.wishes) // _JOBS_A_LEAVER)
    names = [f"{uid_prefix(chance.seed)}leaver{n}" for n in range(number)]
    leavers = [Holder(name, "free", 0.6, (name,)) for name in names]
    wishes = [wish for leaver in leavers for wish in _wishes(chance, leaver, start)]
    return replace(load, holders=[*load.holders, *leavers], wishes=[*load.wishes, *wishes])


def begin_deletions(platform: Platform, load: Load) -> None:
    for holder in load.holders:
        if is_leaver(holder.name):
            for moment_s in _deletions_s(platform.stage.chance, holder):
                platform.stage.timeline.after(moment_s, lambda h=holder: _delete(platform, h))  # type: ignore[misc]


def is_leaver(uid: str) -> bool:
    return "leaver" in uid


def staying(load: Load) -> Load:
    """Without them: for those whose promises are about what an account has been given in all its life."""
    holders = [holder for holder in load.holders if not is_leaver(holder.name)]
    return replace(load, holders=holders)


def _deletions_s(chance: Chance, leaver: Holder) -> list[float]:
    moments_s, moment_s = [], 0.0
    for number in range(_DELETIONS):
        moment_s += chance.between(*_LIFE_S, "deleted", leaver.name, number)
        moments_s.append(moment_s)
    return moments_s


def _wishes(chance: Chance, leaver: Holder, start: datetime) -> Iterator[Wish]:
    begins_s = [0.0, *_deletions_s(chance, leaver)]
    for life, begin_s in enumerate(begins_s):
        for number in range(_WISHES):
            name = f"{leaver.name}.{life}.{number}"
            at_s = begin_s + chance.between(1, _LIFE_S[1], "wish", name)
            tag = chance.one_of(_TAGS, "tag", name)
            payload = {"prompt": f"{SUBJECT} {tag}", "count": 1, "model": "local-image"}
            payload["requestId"] = name
            if chance.happens(_SCHEDULED, "scheduled", name):
                later_s = at_s + chance.between(20, 400, "when", name)
                payload["scheduledAt"] = (start + timedelta(seconds=later_s)).isoformat()
            yield Wish(name, leaver, leaver.name, payload, at_s)


def _delete(platform: Platform, leaver: Holder) -> None:
    account_id, last = f"user_{leaver.name}", platform.stage.record.last
    letters = {
        path.replace("jobs/", "dead_letters/")
        for path, fields in last.items()
        if path.startswith("jobs/") and fields["account_id"] == account_id
    }
    below = (f"accounts/{account_id}/", f"generations/{leaver.name}/")
    paths = [
        path
        for path in last
        if path == f"accounts/{account_id}" or path.startswith(below) or path in letters
    ]
    # One of an earlier life may be there under the same name.
    paths = list(dict.fromkeys([*paths, *_markers_of(account_id, platform.stage.record)]))
    platform.live(
        f"the operator deletes {account_id}",
        lambda backend: calls.delete(backend, paths),
        is_troubled=False,
    )


def _markers_of(account_id: str, record: Record) -> list[str]:
    """Of who they are does not say: those that came with the account's own welcome."""
    entry = f"accounts/{account_id}/ledger/welcome:grant"
    with_it = [commit.writes for commit in record.commits if commit.writes.get(entry)]
    return [p for writes in with_it for p in writes if p.startswith("gifts/") and p in record.last]


# ---- what must hold ----------------------------------------------------------------------------


def gone_jobs(record: Record) -> Set[str]:
    """The ids of jobs that were there when their account was deleted."""
    known: dict[str, set[str]] = {}
    gone: set[str] = set()
    for commit in record.commits:
        for path, fields in commit.writes.items():
            if path.startswith("jobs/") and fields is not None:
                known.setdefault(f"accounts/{fields['account_id']}", set()).add(fields["id"])
            elif fields is None:
                gone |= known.pop(path, set())
    return gone


def gone_batches(record: Record) -> Set[str]:
    """The ids of batches that were there when their account was deleted, or of which something was deleted by
    hand."""
    accounts: dict[str, set[str]] = {}
    gone: set[str] = set()
    for commit in record.commits:
        for path, fields in commit.writes.items():
            match path.split("/"):
                case ["accounts", account_id] if fields is None:
                    gone |= accounts.pop(account_id, set())
                case ["batches", batch_id] if fields is not None:
                    accounts.setdefault(fields["account_id"], set()).add(batch_id)
                case ["batches", batch_id] | ["batches", batch_id, "rows", _] if fields is None:
                    gone.add(batch_id)
    return gone


def as_they_were(record: Record) -> dict[str, Fields]:
    """The jobs that their users have deleted, by id, each as it was before that."""
    last: dict[str, Fields] = {}
    found: dict[str, Fields] = {}
    for commit in record.commits:
        for path, job in commit.writes.items():
            if not path.startswith("jobs/") or job is None:
                continue
            if job["deleted_at"] is not None and job["id"] not in found:
                found[job["id"]] = last[job["id"]]
            last[job["id"]] = job
    return found


def check_deleted(
    contents: Mapping[str, Fields], deleted: Mapping[str, Fields], files: Set[str]
) -> Iterator[str]:
    """What its user deletes has ended and is settled; nothing that shows it is left, and no file."""
    for job_id, job in deleted.items():
        if job["settled_at"] is None:
            yield f"jobs/{job_id}: expected to be settled before it is deleted, found that it was not"
        view = f"generations/{job['user_id']}/{job['kind']}s/{job_id}"
        for path in (view, f"dead_letters/{job_id}"):
            if path in contents:
                yield f"{path}: expected to be deleted, found it"
        row = contents.get(f"batches/{job['batch_id']}/rows/{job['row']}")
        if row is not None and row.get("job_id") == job_id and row.get("generation_data"):
            yield f"batches/{job['batch_id']}/rows/{job['row']}: expected to show no deleted picture"
        stem = f"generating/{job['user_id']}/{job['kind']}/{job_id}"
        if left := [path for path in files if path.startswith(stem)]:
            yield f"jobs/{job_id}: expected no files of what was deleted, found {left}"


def check_gone(
    contents: Mapping[str, Fields], jobs: Mapping[str, Fields], files: Set[str], gone: Set[str]
) -> Iterator[str]:
    """Of what was deleted under them, nothing has come back: no view, no letter, no entry; and no files of
    what was not delivered before."""
    for job_id in sorted(gone & jobs.keys()):
        job = jobs[job_id]
        view = f"generations/{job['user_id']}/{job['kind']}s/{job_id}"
        entries = [path for path in contents if f"/ledger/{job_id}:" in path]
        for path in (view, f"dead_letters/{job_id}", *entries):
            if path in contents:
                yield f"{path}: expected to stay deleted, found that it is back"
        stem = f"generating/{job['user_id']}/{job['kind']}/{job_id}"
        left = [path for path in files if path.startswith(stem)]
        if job["status"] != "completed" and left:
            yield f"jobs/{job_id}: expected no files of what is gone, found {left}"
