"""Many jobs at once: submitted from many connections, waited for, and then read by what Firestore and
the functions that served them have noted."""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter

from bench.platform import GENERATE, Platform
from bench.users import TIMEOUT_S, Answer, RefusedError, User, database
from mediaforge.contract import documents as at
from mediaforge.domain.jobs.job import JobStatus

FINAL = [status.value for status in JobStatus if status.is_final]
POLL_S = 0.5
STALLED_S = 20.0  # if nothing has happened for so long, what is not done will never be
LAST = "\uf8ff"  # sorts behind every character that a name has


@dataclass(frozen=True)
class Accepted:
    """One acknowledged submission, by the client's clock, which is this machine's."""

    user: User
    job_id: str
    view_path: str
    sent_at: datetime
    latency_ms: float

    @property
    def acknowledged_at(self) -> datetime:
        return self.sent_at + timedelta(milliseconds=self.latency_ms)


@dataclass
class Submissions:
    """What became of submissions. `refused` counts reasons; a submission that got no answer may have been
    accepted all the same."""

    accepted: list[Accepted] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Ended:
    """What Firestore says of a job: when it was accepted, when its status became final, and when it
    was settled, if it is."""

    created_at: datetime
    final_at: datetime
    settled_at: datetime | None


def submit_all(
    platform: Platform, users: Sequence[User], name: str, at_once: int, gap_s: float = 0
) -> Submissions:
    """Makes one submission for each of `users`, in that order, `at_once` at a time. With `gap_s` they are
    sent at fixed moments, however long the ones before take."""
    port = platform.addresses[GENERATE.name]
    done = Submissions()
    started_s = time.perf_counter()

    def submit(number: int) -> Answer | str:
        if gap_s:
            time.sleep(max(0.0, started_s + number * gap_s - time.perf_counter()))
        payload = {"prompt": "a lighthouse at dusk", "requestId": f"{name}-{number}"}
        try:
            return users[number].call(port, payload)
        except RefusedError as refusal:
            return refusal.reason
        except TimeoutError:
            return f"no answer in {TIMEOUT_S:.0f} s"

    with ThreadPoolExecutor(at_once) as threads:
        for user, answer in zip(users, threads.map(submit, range(len(users))), strict=True):
            if isinstance(answer, str):
                done.refused[answer] += 1
            else:
                done.accepted.append(_accepted(user, answer))
    return done


def _accepted(user: User, answer: Answer) -> Accepted:
    job_id, path = answer.result["jobId"], answer.result["path"]
    return Accepted(user, job_id, path, answer.sent_at, answer.latency_ms)


def wait_until_settled(account_prefix: str, count: int) -> int:
    """Waits, and returns how many jobs of the accounts with this prefix are settled: at least `count`, or
    fewer if nothing has happened for STALLED_S."""
    owner = database()
    final, settled, progress_s = 0, 0, time.monotonic()
    while settled < count and time.monotonic() - progress_s < STALLED_S:
        time.sleep(POLL_S)
        before = final + settled
        settled = _count_final(owner, account_prefix, awaits_settle=False)
        final = settled + _count_final(owner, account_prefix, awaits_settle=True)
        if final + settled > before:
            progress_s = time.monotonic()
    return settled


def _count_final(owner: firestore.Client, account_prefix: str, *, awaits_settle: bool) -> int:
    query: Any = owner.collection(at.JOBS)
    for name, operator, value in (
        ("status", "in", FINAL),
        ("awaits_settle", "==", awaits_settle),
        ("account_id", ">=", account_prefix),
        ("account_id", "<", account_prefix + LAST),
    ):
        query = query.where(filter=FieldFilter(name, operator, value))
    return int(query.count().get()[0][0].value)


def read_ends(accepted: Sequence[Accepted]) -> dict[str, Ended]:
    """The ends by job, without jobs that are not final. The moments are Firestore's: a view is last written
    when its status becomes final, a job's document when it is settled."""
    owner = database()
    views = owner.get_all([owner.document(one.view_path) for one in accepted])
    jobs = owner.get_all([owner.document(f"{at.JOBS}/{one.job_id}") for one in accepted])
    settled_at = {
        job.id: job.update_time for job in jobs if (job.to_dict() or {}).get("settled_at")
    }
    return {
        view.id: Ended(view.create_time, view.update_time, settled_at.get(view.id))
        for view in views
        if (view.to_dict() or {}).get("status") in FINAL
    }


def read_moments(file: Path) -> Mapping[str, Mapping[str, Sequence[datetime]]]:
    """Moment → job → when, in order."""
    found: dict[str, dict[str, list[datetime]]] = defaultdict(lambda: defaultdict(list))
    for text in file.read_text().splitlines():
        line = json.loads(text)
        found[line["moment"]][line["job_id"]].append(datetime.fromtimestamp(line["at_s"], UTC))
    return found


def per_s(moments: Iterable[datetime]) -> float:
    """How many moments a second there were, between the first and the last."""
    ordered = sorted(moments)
    span_s = (ordered[-1] - ordered[0]).total_seconds()
    return (len(ordered) - 1) / span_s


def ms(span: timedelta) -> float:
    return span.total_seconds() * 1000
