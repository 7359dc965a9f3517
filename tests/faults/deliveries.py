"""Whether anything could be read that was not paid for, and whether what was paid for is what was delivered.

Part of the verdict, and so in its own words: imports nothing of the product.
"""

import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass

from tests.faults.record import Fields, Look, Record


@dataclass(frozen=True)
class _Delivery:
    """What a job was completed with: by which commit, by whom, and what these files were then."""

    commit: int
    files: Mapping[str, bytes | None]


def check_deliveries(
    jobs: Mapping[str, Fields], record: Record, deleted: Set[str] = frozenset()
) -> Iterator[str]:
    """`deleted` are the ids of jobs that their users have deleted."""
    deliveries, deleted_by = _deliveries(record), _deleted_by(record)
    for look in record.looks:
        job_id = _job_of(look.path)
        if job_id in deleted_by and look.commits > deleted_by[job_id]:
            yield from _check_late_look(look)
        else:
            yield from _check_look(look, deliveries.get(job_id))
    yield from _check_readable(jobs, deliveries, record, deleted)


def _deliveries(record: Record) -> dict[str, _Delivery]:
    saved: dict[tuple[str, str], list[tuple[int, bytes]]] = {}
    for save in record.saves:
        saved.setdefault((save.process, save.path), []).append((save.commits, save.content))
    found: dict[str, _Delivery] = {}
    for number, commit in enumerate(record.commits):
        for path, job in commit.writes.items():
            if not path.startswith("jobs/") or job is None or job["status"] != "completed":
                continue
            if job["id"] in found:
                continue
            files = {
                file: _last(saved.get((commit.process, file), []), number)
                for file in _files_of(job)
            }
            found[job["id"]] = _Delivery(number, files)
    return found


def _files_of(job: Fields) -> list[str]:
    paths = job["output"]["storage_paths"]
    stem = f"generating/{job['user_id']}/{job['kind']}/{job['id']}"
    return [*paths, *(f"{stem}_{number}_thumb.webp" for number in range(len(paths)))]


def _last(saves: list[tuple[int, bytes]], commit: int) -> bytes | None:
    return next((content for at, content in reversed(saves) if at <= commit), None)


def _deleted_by(record: Record) -> dict[str, int]:
    """The number of the commit by which its user deleted a job."""
    found: dict[str, int] = {}
    for number, commit in enumerate(record.commits):
        for path, job in commit.writes.items():
            if path.startswith("jobs/") and job is not None and job["deleted_at"] is not None:
                found.setdefault(job["id"], number)
    return found


def _check_late_look(look: Look) -> Iterator[str]:
    """What its user has deleted is found by no path. Its files are deleted after that, and its addresses may
    open until they are; even once more, where a worker that was taken for dead saves its own over nothing,
    until the sweep comes back. In the end no file is left: `check_deleted` looks at that."""
    if look.by_path:
        yield f"{look.path}: expected to be found no more once it was deleted, found at {look.at}"


def _check_look(look: Look, delivery: _Delivery | None) -> Iterator[str]:
    way = "by its path" if look.by_path else "by its address"
    if delivery is None or look.commits <= delivery.commit:
        yield f"{look.path}: expected to be read by nobody before it was paid for, found {way} at {look.at}"
    elif look.path not in delivery.files:
        yield f"{look.path}: expected to be read by nobody, as nobody paid for it, found {way} at {look.at}"
    elif delivery.files[look.path] != look.content:
        paid = delivery.files[look.path]
        yield f"{look.path}: expected {paid!r}, which was paid for, found {look.content!r} at {look.at}"


def _check_readable(
    jobs: Mapping[str, Fields],
    deliveries: Mapping[str, _Delivery],
    record: Record,
    deleted: Set[str],
) -> Iterator[str]:
    """At once, in both ways, and in the end: unless it was deleted."""
    looks: dict[str, list[Look]] = {}
    for look in record.looks:
        looks.setdefault(look.path, []).append(look)
    for job_id, delivery in deliveries.items():
        if job_id not in jobs:
            continue
        for path in delivery.files:
            seen = [look for look in looks.get(path, []) if look.by_path and look.by_address]
            moments = {look.commits for look in seen}
            if delivery.commit + 1 not in moments:
                yield f"{path}: expected to be readable once it was paid for, found that it was not"
            if job_id not in deleted and len(record.commits) not in moments:
                yield f"{path}: expected to be readable for good, found that it is not"


def _job_of(path: str) -> str:
    return re.split("[_.]", path.rsplit("/", 1)[-1])[0]
