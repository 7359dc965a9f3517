"""Number 8: a batch of a hundred rows, from its acceptance to the listener that sees its rows.

Accepting is measured while nothing runs behind it. Then batches run to their end: a listener on the rows,
which the rules bind, notes when it is sent each status; Firestore says when that was committed, by this
machine's clock. The documents that all this reads and writes are counted at the functions' gRPC channels.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bench.journeys import ms, wait_until_settled
from bench.platform import BATCHES, HELD, RUN, SETTLE, SUBMIT_BATCH, Platform
from bench.report import Number, count, seconds, summary
from bench.samples import Samples
from bench.users import User, make_users
from mediaforge.domain.money.accounts import user_account_id

ROWS = 100
ACCEPTED = 40
RUNS = 3
ACCEPT_P95_S_MAX = 0.5
SEEN_P95_S_MAX = 1.0
WRITES_A_ROW_MAX = 12.5  # 12, and a hundredth of what the batch itself writes
CALLS = "batch-calls.jsonl"
ENDS_WITHIN_S = 300


@dataclass(frozen=True)
class Batches:
    """Times of acceptances, of row statuses from their commit to a listener, and documents a row."""

    accepted: Samples
    seen: Samples
    reads: float
    writes: float
    counts: float
    lasted_s: float


def measure_batches(platform: Platform) -> Batches:
    """Needs the triggers in place."""
    calls = platform.processes.folder / CALLS
    calls.touch()
    counting = {"BENCH_CALLS_FILE": str(calls)}
    platform.stop(RUN, SETTLE)
    platform.serve(SUBMIT_BATCH, BATCHES, RUN, SETTLE, environment=counting)
    platform.make_queue(BATCHES, HELD)
    platform.make_queue(RUN, 500)
    accepted = _accept(platform)
    platform.make_queue(BATCHES, 500)
    [user] = make_users(1, "batch-runs")
    calls.write_text("")
    began_s, seen, counts = time.perf_counter(), list[float](), 0
    for number in range(RUNS):
        states, more = _run(platform, user, number)
        seen += states
        counts += more
    wait_until_settled(user_account_id(user.uid), RUNS * ROWS)
    lasted_s = time.perf_counter() - began_s
    used = Counter[str]()
    for call in map(json.loads, calls.read_text().splitlines()):
        used.update(reads=call["reads"], writes=call["writes"])
    rows = RUNS * ROWS
    return Batches(
        Samples(accepted),
        Samples(seen),
        used["reads"] / rows,
        used["writes"] / rows,
        counts,
        lasted_s,
    )


def batch_numbers(batches: Batches) -> list[Number]:
    accepted, seen = batches.accepted, batches.seen
    facts = {
        "accepted": summary(accepted),
        "seen": summary(seen),
        "counts_seen": batches.counts,
        "rows_a_second": round(RUNS * ROWS / batches.lasted_s, 2),
    }
    return [
        seconds("batch_accept_median", f"accept a batch of {ROWS} rows", accepted.median / 1000),
        seconds("batch_accept_p95", "  at p95", accepted.p95 / 1000, ACCEPT_P95_S_MAX, **facts),
        seconds("row_seen_median", "a row's status to a listener", seen.median / 1000),
        seconds("row_seen_p95", "  at p95", seen.p95 / 1000, SEEN_P95_S_MAX),
        Number(
            "reads_per_row",
            "Firestore reads of a row",
            f"{batches.reads:.1f}",
            "",
            batches.reads,
            "documents",
        ),
        count(
            "writes_per_row",
            "Firestore writes of a row",
            round(batches.writes, 2),
            WRITES_A_ROW_MAX,
        ),
    ]


def _payload(name: str) -> dict[str, Any]:
    rows = [{"prompt": f"a lighthouse at dusk, seen from boat {index}"} for index in range(ROWS)]
    return {"name": name, "rows": rows, "requestId": name}


def _accept(platform: Platform) -> list[float]:
    """Each by an account of its own: a real one submits no two batches at once."""
    users, port = make_users(ACCEPTED, "batch"), platform.addresses[SUBMIT_BATCH.name]
    users[0].call(port, _payload("warm-up"))
    return [user.call(port, _payload("measured")).latency_ms for user in users]


def _run(platform: Platform, user: User, number: int) -> tuple[list[float], int]:
    """How long each status of a row took to the listener, in milliseconds, and how many states of the batch
    it was sent."""
    port = platform.addresses[SUBMIT_BATCH.name]
    batch_id = user.call(port, _payload(f"run-{number}")).result["batchId"]
    states, seen = list[str](), list[float]()
    with _listening(user, batch_id, states, seen):
        deadline = time.monotonic() + ENDS_WITHIN_S
        while "completed" not in states:
            if time.monotonic() > deadline:
                raise TimeoutError(f"the batch did not end within {ENDS_WITHIN_S} s")
            time.sleep(0.05)
    return seen, len(states)


@contextmanager
def _listening(user: User, batch_id: str, states: list[str], seen: list[float]) -> Iterator[None]:
    def look_at_batch(snapshots: list[Any], _changes: Any, _time: Any) -> None:
        states.extend((each.to_dict() or {}).get("status", "") for each in snapshots)

    def look_at_rows(_snapshots: Any, changes: list[Any], _time: Any) -> None:
        now = datetime.now(UTC)
        seen.extend(
            ms(now - change.document.update_time)
            for change in changes
            if change.type.name == "MODIFIED"
        )

    batch = user.database.document(f"batches/{batch_id}")
    watches = [batch.on_snapshot(look_at_batch), batch.collection("rows").on_snapshot(look_at_rows)]
    try:
        yield
    finally:
        for watch in watches:
            watch.unsubscribe()
