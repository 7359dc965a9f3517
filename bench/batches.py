"""Number 8: a batch of a hundred rows, from its acceptance to the listener that sees its rows.

Accepting is measured while nothing runs behind it. Then batches run to their end: a listener on the rows,
which the rules bind, notes when it is sent each status; Firestore says when that was committed, by this
machine's clock. Its floor is the same listener while one writer changes the rows at that pace, and nothing
else runs. The documents that all this reads and writes are counted at the functions' gRPC channels.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from google.api_core.exceptions import GoogleAPICallError
from google.cloud.firestore_v1.types import ListenRequest, ListenResponse, Target, TargetChange

from bench.journeys import ms, wait_until_settled
from bench.platform import BATCHES, HELD, RUN, SETTLE, SUBMIT_BATCH, Platform
from bench.report import Number, count, seconds, summary
from bench.samples import Samples
from bench.users import User, database, make_users
from mediaforge.domain.money.accounts import user_account_id

ROWS = 100
ACCEPTED = 40
RUNS = 3
ACCEPT_P95_S_MAX = 0.5
SEEN_P95_S_MAX = 1.0
WRITES_A_ROW_MAX = 12.5  # 12, and a hundredth of what the batch itself writes
CALLS = "batch-calls.jsonl"
ENDS_WITHIN_S = 300
BARE_WRITES, BARE_WRITES_A_S = 200, 12


@dataclass(frozen=True)
class Batches:
    """Times of acceptances, of row statuses from their commit to a listener, and documents a row."""

    accepted: Samples
    seen: Samples
    bare: Samples
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
        batch_id, states, more = _run(platform, user, number)
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
        Samples(_see_bare_writes(user, batch_id)),
        used["reads"] / rows,
        used["writes"] / rows,
        counts,
        lasted_s,
    )


def batch_numbers(batches: Batches) -> list[Number]:
    accepted, seen, bare = batches.accepted, batches.seen, batches.bare
    facts = {
        "accepted": summary(accepted),
        "seen": summary(seen),
        "bare": summary(bare),
        "counts_seen": batches.counts,
        "rows_a_second": round(RUNS * ROWS / batches.lasted_s, 2),
    }
    return [
        seconds("batch_accept_median", f"accept a batch of {ROWS} rows", accepted.median / 1000),
        seconds("batch_accept_p95", "  at p95", accepted.p95 / 1000, ACCEPT_P95_S_MAX, **facts),
        _beside("row_seen_median", "a row's status to a listener", seen.median, bare.median),
        _beside("row_seen_p95", "  at p95", seen.p95, bare.p95, SEEN_P95_S_MAX),
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


def _beside(
    key: str, title: str, ours_ms: float, floor_ms: float, target_max: float | None = None
) -> Number:
    ours_s, floor_s = round(ours_ms / 1000, 3), round(floor_ms / 1000, 3)
    return Number(
        key,
        title,
        f"{ours_s:.2f} s",
        f"{floor_s:.2f} s",
        ours_s,
        "seconds",
        target_max,
        {"floor_s": floor_s},
    )


def _payload(name: str) -> dict[str, Any]:
    rows = [{"prompt": f"a lighthouse at dusk, seen from boat {index}"} for index in range(ROWS)]
    return {"name": name, "rows": rows, "requestId": name}


def _accept(platform: Platform) -> list[float]:
    """Each by an account of its own: a real one submits no two batches at once."""
    users, port = make_users(ACCEPTED, "batch"), platform.addresses[SUBMIT_BATCH.name]
    users[0].call(port, _payload("warm-up"))
    return [user.call(port, _payload("measured")).latency_ms for user in users]


def _run(platform: Platform, user: User, number: int) -> tuple[str, list[float], int]:
    """The batch's id, how long each status of a row took to the listener, in milliseconds, and how many
    states of the batch it was sent."""
    port = platform.addresses[SUBMIT_BATCH.name]
    batch_id = user.call(port, _payload(f"run-{number}")).result["batchId"]
    states, seen = list[str](), list[float]()
    with _listening(user, batch_id, states, seen):
        deadline = time.monotonic() + ENDS_WITHIN_S
        while "completed" not in states:
            if time.monotonic() > deadline:
                raise TimeoutError(f"the batch did not end within {ENDS_WITHIN_S} s")
            time.sleep(0.05)
    return batch_id, seen, len(states)


def _see_bare_writes(user: User, batch_id: str) -> list[float]:
    """How long a listener waits for plain writes to the rows of a batch that has ended."""
    owner, seen = database(), list[float]()
    with _listening(user, batch_id, [], seen):
        for number in range(BARE_WRITES):
            row = owner.document(f"batches/{batch_id}/rows/{number % ROWS}")
            row.update({"modified": datetime.now(UTC)})
            time.sleep(1 / BARE_WRITES_A_S)
        deadline = time.monotonic() + ENDS_WITHIN_S
        while len(seen) < BARE_WRITES / 2 and time.monotonic() < deadline:
            time.sleep(0.05)
    return seen


@contextmanager
def _listening(user: User, batch_id: str, states: list[str], seen: list[float]) -> Iterator[None]:
    """Notes the states of the batch, and the time that each change of a row took. The rows are listened to
    without the SDK: the emulator sends all of them for each change, which the SDK's listener sorts and copies
    for longer than what is measured takes."""

    def look_at_batch(snapshots: list[Any], _changes: Any, _time: Any) -> None:
        states.extend((each.to_dict() or {}).get("status", "") for each in snapshots)

    batch, is_over, is_listening = (
        user.database.document(f"batches/{batch_id}"),
        threading.Event(),
        threading.Event(),
    )
    rows = Target(
        query=Target.QueryTarget(
            parent=batch._document_path,
            structured_query=batch.collection("rows")._query()._to_protobuf(),
        ),
        target_id=1,
    )

    known = dict[str, datetime]()

    def ask() -> Iterator[ListenRequest]:
        yield ListenRequest(database=user.database._database_string, add_target=rows)
        is_over.wait()

    def look_at_rows() -> None:
        listen = user.database._firestore_api.listen
        try:
            for said in listen(requests=ask(), metadata=user.database._rpc_metadata):
                now, answer = datetime.now(UTC), ListenResponse.pb(said)
                if answer.target_change.target_change_type == TargetChange.TargetChangeType.CURRENT:
                    is_listening.set()
                if answer.WhichOneof("response_type") != "document_change":
                    continue
                row = answer.document_change.document
                changed_at = row.update_time.ToDatetime(UTC)
                if known.get(row.name) not in (None, changed_at):
                    seen.append(ms(now - changed_at))
                known[row.name] = changed_at
        except GoogleAPICallError:
            if not is_over.is_set():
                raise

    reader = threading.Thread(target=look_at_rows, daemon=True)
    watch = batch.on_snapshot(look_at_batch)
    reader.start()
    is_listening.wait(ENDS_WITHIN_S)
    try:
        yield
    finally:
        watch.unsubscribe()
        is_over.set()
