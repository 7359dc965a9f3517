"""Number 3: document reads and writes of one completed job, counted at the gRPC channels of the
functions that serve it (bench/served/counting.py), so by nothing of the product itself.

From the POST to the settle. No sweep is included: it looks for what was lost, and here nothing is.
The client's own listener is not included either.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from bench.chain import Chains
from bench.platform import GENERATE, RUN, SETTLE, Platform
from bench.served.invocations import INVOKED

WARM_UP = 3
CALLS = "firestore-calls.jsonl"


@dataclass(frozen=True)
class Usage:
    """Documents and round trips for one job, how often the trigger was called, and the documents by
    function."""

    reads: float
    writes: float
    calls: float
    trigger_calls: float
    reads_by_function: dict[str, float]
    writes_by_function: dict[str, float]


def count_documents(platform: Platform, jobs: int) -> Usage:
    """Serves the product's functions anew, with counting channels, and runs jobs one by one."""
    file = platform.processes.folder / CALLS
    file.touch()
    platform.stop(GENERATE, RUN, SETTLE)
    platform.serve(GENERATE, RUN, SETTLE, environment={"BENCH_CALLS_FILE": str(file)})
    chains = Chains(platform, "documents", users=1)
    for number in range(WARM_UP):
        chains.ours(number)
    file.write_text("")
    for number in range(WARM_UP, WARM_UP + jobs):
        chains.ours(number)
    return usage_in(file, jobs)


def usage_in(file: Path, jobs: int) -> Usage:
    """What the noted calls come to, for each of so many jobs."""
    reads: Counter[str] = Counter()
    writes: Counter[str] = Counter()
    calls = [json.loads(line) for line in file.read_text().splitlines()]
    invoked = [call for call in calls if call["call"] == INVOKED]
    for call in calls:
        reads[call["function"]] += call["reads"]
        writes[call["function"]] += call["writes"]
    return Usage(
        reads=reads.total() / jobs,
        writes=writes.total() / jobs,
        calls=(len(calls) - len(invoked)) / jobs,
        trigger_calls=len(invoked) / jobs,
        reads_by_function={name: count / jobs for name, count in sorted(reads.items())},
        writes_by_function={name: count / jobs for name, count in sorted(writes.items())},
    )
