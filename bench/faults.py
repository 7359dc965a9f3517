"""A thousand jobs at a time while everything goes wrong, on the real adapters: `python -m bench.faults`.

Each seed is one run of the fault harness (`tests/faults`), in a database of its own on emulators that it
starts. A run is one thread that waits for its emulators most of the time, so five are played beside each
other. A seed plays the same run again.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial

from bench.platform import Platform
from bench.processes import Processes
from bench.report import Number, count
from mediaforge import bootstrap
from mediaforge.adapters.storage import CloudStorage
from tests.faults.harness import Result, Sent, Settings, play
from tests.faults.load import uid_prefix
from tests.faults.stores import FirestoreStores
from tests.faults.story import story
from tools.console import complain, say
from tools.firebase import BUCKET
from tools.ports import PortError, read_ports
from tools.readiness import StartError
from tools.setup import LOCAL, ROOT, SetupError

AT_ONCE = 5
SEEDS, JOBS, ACCOUNTS = 20, 1000, 40
_SHOWN = 10


@dataclass(frozen=True)
class Played:
    """What a seed came to. `stories` are those of the findings, in lines; `faults` counts them by kind;
    `simulated_s` is how long the platform lived."""

    seed: int
    jobs: int
    final: int
    batches: Sent
    findings: Sequence[str]
    stories: Sequence[str]
    faults: Mapping[str, int]
    simulated_s: float
    seconds: float

    def __str__(self) -> str:
        kinds = ", ".join(f"{kind} {number}" for kind, number in sorted(self.faults.items()))
        return (
            f"seed {self.seed}: {self.final} of {self.jobs} jobs final, {self.batches}, "
            f"{len(self.findings)} findings, {self.simulated_s / 3600:.1f} h in {self.seconds:.0f} s; {kinds}"
        )


def play_seeds(
    platform: Platform | None, seeds: Sequence[int], jobs: int, accounts: int
) -> Iterator[Played]:
    """Yields the result of each seed as soon as its run has ended. Without a platform the runs are in
    memory."""
    environment = platform.environment() if platform else None
    play_one = partial(_play, jobs, accounts, is_in_memory=platform is None)
    # Processes are spawned and not forked, because gRPC does not survive a fork.
    context = multiprocessing.get_context("spawn")
    with context.Pool(AT_ONCE, initializer=_enter, initargs=(environment,)) as pool:
        yield from pool.imap_unordered(play_one, seeds)


def fault_numbers(played: Sequence[Played]) -> list[Number]:
    """The numbers for the table and results.json. All are 0 unless a promise was broken."""
    jobs = sum(one.jobs for one in played)
    faults = sum((Counter(one.faults) for one in played), Counter[str]())
    facts = {
        "seeds": len(played),
        "jobs": jobs,
        "batches": sum(one.batches.batches for one in played),
        "rows": sum(one.batches.rows for one in played),
        "faults": dict(sorted(faults.items())),
        "seconds_a_seed": round(sum(one.seconds for one in played) / len(played), 1),
    }
    left = jobs - sum(one.final for one in played)
    findings = sum(len(one.findings) for one in played)
    rows = sum(one.batches.rows for one in played)
    left_of_rows = rows - sum(one.batches.rows_final for one in played)
    left_of_batches = sum(one.batches.batches - one.batches.batches_final for one in played)
    return [
        count(
            "faults_not_final", f"not final of {jobs} under faults", left, 0, unit="jobs", **facts
        ),
        count(
            "faults_rows_not_final",
            f"not final of {rows} rows of batches under faults, and of their batches",
            left_of_rows + left_of_batches,
            0,
            unit="rows",
        ),
        count("faults_findings", "promises broken under faults", findings, 0, unit="findings"),
    ]


def _enter(environment: Mapping[str, str] | None) -> None:
    """Tells each process of the pool where the emulators are."""
    if environment is not None:
        os.environ |= environment
        bootstrap.initialize_firebase()


def _play(jobs: int, accounts: int, seed: int, *, is_in_memory: bool) -> Played:
    settings = Settings(seed, jobs, accounts)
    if is_in_memory:
        return _summary(play(settings))
    address, media = os.environ["FIRESTORE_EMULATOR_HOST"], CloudStorage(BUCKET)
    with closing(FirestoreStores(address, f"faults-{seed}", media, uid_prefix(seed))) as stores:
        return _summary(play(settings, stores))


def _summary(result: Result) -> Played:
    return Played(
        seed=result.settings.seed,
        jobs=result.jobs,
        final=result.final,
        batches=result.batches,
        findings=list(result.findings),
        stories=[line for each in result.findings[:_SHOWN] for line in story(result.record, each)],
        faults=dict(result.record.faults),
        simulated_s=result.lasted.total_seconds(),
        seconds=result.seconds,
    )


def main() -> int:
    options = _options()
    seeds = range(options.first, options.first + options.seeds)
    try:
        played = list(_played(seeds, options))
    except (PortError, SetupError, StartError) as error:
        complain(str(error))
        return 1
    except KeyboardInterrupt:
        return 130
    for number in fault_numbers(played):
        say(f"{number.title}: {number.ours}")
    return 0 if all(number.is_reached for number in fault_numbers(played)) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.faults", description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS, help="how many runs")
    parser.add_argument("--first", type=int, default=1, help="the first seed; the others follow it")
    parser.add_argument("--jobs", type=int, default=JOBS)
    parser.add_argument("--accounts", type=int, default=ACCOUNTS)
    parser.add_argument("--memory", action="store_true", help="without emulators")
    return parser.parse_args()


def _played(seeds: Sequence[int], options: argparse.Namespace) -> Iterator[Played]:
    if options.memory:
        yield from _told(play_seeds(None, seeds, options.jobs, options.accounts))
        return
    ports = read_ports(ROOT / "firebase.json")
    processes = Processes(LOCAL / f"bench-{ports['functions']}")
    with processes.ended_at_exit():
        platform = Platform(processes, ports)
        say("Starting the emulators")
        platform.start_emulators()
        yield from _told(play_seeds(platform, seeds, options.jobs, options.accounts))


def _told(played: Iterator[Played]) -> Iterator[Played]:
    for one in played:
        say(str(one))
        for finding in one.findings[:_SHOWN]:
            say(f"  {finding}")
        if one.stories:
            told = LOCAL / f"faults-{one.seed}.txt"
            told.write_text("\n".join(one.stories) + "\n", encoding="utf-8")
            say(f"  what became of them: {told.relative_to(ROOT)}")
        yield one


if __name__ == "__main__":
    sys.exit(main())
