"""What a page of a user's history reads, of 100 and of 10,000 generations: counted at the gRPC channels of
the function that serves it (bench/served/counting.py), and timed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.documents import CALLS
from bench.platform import SEARCH, Platform
from bench.report import Number, count, summary
from bench.samples import Samples
from bench.users import User, database, make_users
from mediaforge.contract import documents as at
from mediaforge.contract.views import View, ViewCredits
from mediaforge.domain.jobs.job import JobStatus
from mediaforge.domain.jobs.kinds import JobKind

SIZES = (100, 10_000)
# For each of the two kinds one document more than the page has, and the caller's account.
READS_MAX = 43
_PAGES = 5
_WRITTEN_AT_ONCE = 500
# Searches that find all of them. The last two ask for several filters at once.
SEARCHES: tuple[Mapping[str, Any], ...] = (
    {},
    {"text": "lighthouse"},
    {"favourite": True},
    {"status": "completed", "model": "bench"},
)


@dataclass(frozen=True)
class Pages:
    """`reads` of a page, the most of any; the times of all."""

    reads: float
    times: Samples


def measure_history(platform: Platform) -> dict[int, Pages]:
    file = platform.processes.folder / CALLS
    file.touch()
    platform.serve(SEARCH, environment={"BENCH_CALLS_FILE": str(file)})
    pages = {}
    for size in SIZES:
        [user] = make_users(1, f"history-{size}")
        _write(user, size)
        pages[size] = _read(platform, user, file)
    platform.stop(SEARCH)
    return pages


def history_numbers(pages: Mapping[int, Pages]) -> list[Number]:
    return [
        count(
            f"history_reads_per_page_of_{size}",
            f"Firestore reads of a page of 20, of {size:,} generations a kind",
            page.reads,
            READS_MAX,
            answered=summary(page.times),
        )
        for size, page in pages.items()
    ]


def _write(user: User, size: int) -> None:
    """So many pictures and as many films."""
    owner, now = database(), datetime.now(UTC)
    for kind in (JobKind.IMAGE, JobKind.VIDEO):
        for start in range(0, size, _WRITTEN_AT_ONCE):
            batch = owner.batch()
            for number in range(start, min(size, start + _WRITTEN_AT_ONCE)):
                view = _view(user, f"{kind.value}{number:05}", now - timedelta(seconds=number))
                ref = at.view_of(user.uid, kind, view.file_uid)
                batch.set(owner.document(ref.path), at.dump(view))
            batch.commit()


def _view(user: User, job_id: str, now: datetime) -> View:
    return View(
        status=JobStatus.COMPLETED,
        created_at=now,
        modified=now,
        completed_at=now,
        request_data={"prompt": "a lighthouse at dusk"},
        file_uid=job_id,
        user_id=user.uid,
        account_id=f"user_{user.uid}",
        generated=True,
        progress=1.0,
        waiting_for=None,
        generation_data=None,
        error=None,
        credits=ViewCredits(2, 2),
        attempts=1,
        model="bench",
        search_terms=("a", "lighthouse", "at", "dusk"),
        favourite=True,
    )


def _read(platform: Platform, user: User, file: Path) -> Pages:
    port = platform.addresses[SEARCH.name]
    user.call(port, {})  # the first call loads the service
    most, times = 0, []
    for asked in SEARCHES:
        cursor = None
        for _ in range(_PAGES):
            file.write_text("")
            answer = user.call(port, {**asked, "cursor": cursor})
            lines = file.read_text().splitlines()
            most = max(most, sum(json.loads(line)["reads"] for line in lines))
            times.append(answer.latency_ms)
            cursor = answer.result["cursor"]
    return Pages(most, Samples(times))
