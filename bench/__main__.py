"""`python -m bench`: measures, prints the table, writes bench/results.json.

`python -m bench memory` measures that part alone and puts its numbers into the file, and so do `batches`,
`history`, `exports`, `api`, `herd`, `herd-of-queue` and `simulate`, which measures nothing itself; `memory`
with names of functions measures those, and writes nothing.
`python -m bench peers` puts other ways to do the same work beside ours, and prints tables in Markdown.

The exit status says whether it ran, not whether the numbers were reached: a benchmark is no test.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.accept import measure_accepting
from bench.api import api_numbers, measure_api
from bench.batches import ROWS, batch_numbers, measure_batches
from bench.chain import Chain, make_queues, measure_chain, measure_idle_poll
from bench.documents import count_documents
from bench.exports import export_numbers, measure_exports
from bench.herd import (
    OF_QUEUE,
    Herds,
    beside_numbers,
    flood_numbers,
    herd_numbers,
    herd_of_queue_numbers,
)
from bench.history import history_numbers, measure_history
from bench.hot_account import hot_account_numbers, measure_hot_account
from bench.imports import measure_imports
from bench.memory import measure_memory
from bench.peers.measure import measure_peers
from bench.peers.report import tables as peer_tables
from bench.platform import (
    API,
    BATCHES,
    FLOOR_ACCEPT,
    FLOOR_REACT,
    FLOOR_START,
    FLOOR_WORK,
    GENERATE,
    RUN,
    RUN_FREE,
    SAFE_START,
    SAFE_WORK,
    SETTLE,
    SUBMIT_BATCH,
    Platform,
)
from bench.processes import Processes
from bench.report import (
    Number,
    count,
    ratio,
    read_numbers,
    result,
    summary,
    table,
    update_part,
    update_results,
    write_results,
)
from bench.simulate import simulation_numbers
from mediaforge import config
from tools.console import complain, say
from tools.firebase import inherited_environment
from tools.ports import PortError, read_ports
from tools.readiness import StartError
from tools.setup import LOCAL, ROOT, SetupError

RESULTS = Path(__file__).parent / "results.json"
PEERS = "peers"
IMPORTS = 25
ACCEPTS = {1: 400, 8: 600}  # samples, by how many at once
CHAINS = {1: 200, 8: 320}
IDLE_CHAINS = 10
COUNTED_JOBS = 20
ACCEPT_RATIO_MAX = 1.5
CHAIN_RATIO_MAX = 2.0
SAFE_CHAIN_RATIO_MAX = 1.3
READS_MAX = 4
WRITES_MAX = 11
TRIGGER_CALLS_MAX = 2
IMPORT_RATIO_MAX = 1.15


def main() -> int:
    started, options = time.monotonic(), _options()
    try:
        ports = read_ports(ROOT / "firebase.json")
        processes = Processes(LOCAL / f"bench-{ports['functions']}")
        with processes.ended_at_exit():
            platform = Platform(processes, ports)
            if options.part == PEERS:
                compared = measure_peers(platform)
                update_part(RESULTS, PEERS, compared)
                say(f"\n{peer_tables(compared)}")
                return 0
            if options.part != "all":
                numbers = _ALONE[options.part](platform, options.functions)
                if not options.functions:
                    update_results(RESULTS, numbers, options.part)
                say(f"\n{table(numbers)}")
                return 0
            numbers, facts = measure(platform)
    except (PortError, SetupError, StartError) as error:
        complain(str(error))
        return 1
    except KeyboardInterrupt:
        return 130
    write_results(RESULTS, numbers, facts)
    say(f"\n{table(numbers)}\n")
    say(notes(numbers, facts))
    say(f"{RESULTS.relative_to(ROOT)} written, after {time.monotonic() - started:.0f} s")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("part", nargs="?", choices=["all", PEERS, *_ALONE], default="all")
    parser.add_argument("functions", nargs="*", help="of which functions the memory; all if none")
    return parser.parse_args()


def measure_memory_alone(platform: Platform, functions: Sequence[str]) -> list[Number]:
    say("Starting the emulators")
    platform.start_emulators()
    os.environ |= platform.environment()
    platform.add_triggers()
    say("Memory at the largest outputs")
    return measure_memory(platform, functions)


def measure_exports_alone(*_: object) -> list[Number]:
    say("Memory of exports")
    return export_numbers(measure_exports())


def measure_history_alone(platform: Platform, _: Sequence[str]) -> list[Number]:
    say("Starting the emulators")
    platform.start_emulators()
    os.environ |= platform.environment()
    say("Pages of a history")
    return history_numbers(measure_history(platform))


def measure_batches_alone(platform: Platform, _: Sequence[str]) -> list[Number]:
    say("Starting the emulators")
    platform.start_emulators()
    os.environ |= platform.environment()
    platform.serve(RUN, SETTLE)
    make_queues(platform)
    platform.add_triggers()
    platform.keep_tasks_emulator_awake()
    say(f"Batches of {ROWS} rows")
    return batch_numbers(measure_batches(platform))


def measure_api_alone(platform: Platform, _: Sequence[str]) -> list[Number]:
    say("Starting the emulators and the functions")
    platform.start_emulators()
    os.environ |= platform.environment()
    platform.serve(GENERATE, API)
    say("Accepting jobs by the HTTPS API")
    return list(api_numbers(measure_api(platform)))


def _start_for_herds(platform: Platform) -> None:
    say("Starting the emulators and the functions")
    platform.start_emulators()
    os.environ |= platform.environment()
    platform.serve(GENERATE, RUN, SETTLE)
    make_queues(platform)
    platform.add_triggers()
    platform.keep_tasks_emulator_awake()


def measure_herd_alone(platform: Platform, _: Sequence[str]) -> list[Number]:
    _start_for_herds(platform)
    return _herd(platform)


def measure_herd_of_queue_alone(platform: Platform, _: Sequence[str]) -> list[Number]:
    _start_for_herds(platform)
    return _herd_of_queue(Herds(platform))


def simulate_alone(platform: Platform, _: Sequence[str]) -> list[Number]:
    os.environ |= platform.environment()  # back-offs are settings
    say("A million users' peak hour")
    return _simulation(read_numbers(RESULTS))


_ALONE: Mapping[str, Callable[[Platform, Sequence[str]], list[Number]]] = {
    "memory": measure_memory_alone,
    "batches": measure_batches_alone,
    "history": measure_history_alone,
    "exports": measure_exports_alone,
    "api": measure_api_alone,
    "herd": measure_herd_alone,
    "herd-of-queue": measure_herd_of_queue_alone,
    "simulate": simulate_alone,
}


def measure(platform: Platform) -> tuple[list[Number], dict[str, Any]]:
    """Measures everything, in an order in which each phase has the machine to itself."""
    numbers = _imports(platform)
    say("Starting the emulators and the functions")
    platform.start_emulators()
    os.environ |= platform.environment()  # for this process's own Firestore clients
    platform.serve(GENERATE, FLOOR_ACCEPT)
    for at_once, samples in ACCEPTS.items():
        say(f"Accepting jobs, {at_once} at once")
        pair = measure_accepting(platform, at_once, samples)
        title = f"accept a job, {at_once} at once"
        numbers.append(ratio(f"accept_{at_once}_at_once", title, pair, ACCEPT_RATIO_MAX))
    platform.serve(API)
    say("Accepting jobs by the HTTPS API")
    numbers += api_numbers(measure_api(platform))
    platform.stop(API)
    platform.serve(RUN, SETTLE, FLOOR_START, FLOOR_WORK, FLOOR_REACT, SAFE_START, SAFE_WORK)
    make_queues(platform)
    platform.add_triggers()
    say("The floor on an idle tasks emulator")
    idle = measure_idle_poll(platform, IDLE_CHAINS)
    platform.keep_tasks_emulator_awake()
    for at_once, samples in CHAINS.items():
        say(f"Submit to final, {at_once} at once")
        numbers += _chain(measure_chain(platform, at_once, samples), at_once)
    say("Counting documents")
    numbers += _documents(platform)
    say("Pages of a history")
    numbers += history_numbers(measure_history(platform))
    platform.stop(FLOOR_ACCEPT, FLOOR_START, FLOOR_WORK, FLOOR_REACT, SAFE_START, SAFE_WORK)
    say("One hot account")
    numbers += hot_account_numbers(measure_hot_account(platform))
    numbers += _herd(platform)
    say(f"Batches of {ROWS} rows")
    numbers += batch_numbers(measure_batches(platform))
    platform.stop(SUBMIT_BATCH, BATCHES)
    platform.stop(GENERATE, RUN, RUN_FREE, SETTLE)
    say("Memory at the largest outputs")
    numbers += measure_memory(platform)
    numbers += measure_exports_alone()
    say("A million users' peak hour")
    numbers += _simulation({number.key: result(number) for number in numbers})
    return numbers, {"floor_chain_on_an_idle_tasks_emulator": summary(idle)}


def notes(numbers: list[Number], facts: Mapping[str, Any]) -> str:
    """Lines below the table, about what it has no column for."""
    lines = []
    for number in numbers:
        stages = number.facts.get("stages", {})
        passed = [f"{name} {stage['median_ms']:.1f} ms" for name, stage in stages.items()]
        if passed:
            lines.append(f"{number.title}: {', '.join(passed)}")
        lines += _herd_notes(number)
    idle_ms = facts["floor_chain_on_an_idle_tasks_emulator"]["median_ms"]
    lines.append(f"tasks emulator kept awake; idle, it makes the floor's chain {idle_ms:.0f} ms")
    lines.append("documents are counted from the POST to the settle, without a sweep")
    return "\n".join(lines)


def _herd_notes(number: Number) -> list[str]:
    """Notes on the herd: a thousand submissions at once are more than this machine serves, and the table must
    not hide that."""
    return [
        f"{herd['submitted']} at once, {name.replace('_', ' ')}: {herd['accepted_per_s']:.0f} a second "
        f"accepted, {herd['arrived_per_s']:.0f} arrived at the worker, {herd['final_per_s']:.0f} final; "
        f"limited by {herd['limited_by']}"
        for name, herd in number.facts.get("herds", {}).items()
    ]


def _imports(platform: Platform) -> list[Number]:
    say("Importing main.py")
    imports = measure_imports(inherited_environment(os.environ) | platform.environment(), IMPORTS)
    heavy = list(imports.heavy)
    return [
        ratio("import_main", "import main.py", imports.times, IMPORT_RATIO_MAX),
        count("import_heavy_sdks", "heavy SDKs it loads", len(heavy), 0, names=heavy),
    ]


def _chain(chain: Chain, at_once: int) -> list[Number]:
    """The numbers of a chain, beside both floors."""
    key, title = f"chain_{at_once}_at_once", f"submit to final, {at_once} at once"
    stages = {
        "accepted": summary(chain.accepted),
        "committed": summary(chain.committed),
        "settled": summary(chain.settled),
    }
    safe_title = f"{title}, beside the least that is safe"
    return [
        ratio(key, title, chain.seen, CHAIN_RATIO_MAX, stages=stages),
        ratio(f"safe_{key}", safe_title, chain.safe, SAFE_CHAIN_RATIO_MAX),
    ]


def _herd(platform: Platform) -> list[Number]:
    herds = Herds(platform)
    say("A thousand at once")
    through_open_queue = herds.measure_herd("open", is_held=False)
    with_backlog = herds.measure_herd("held", is_held=True)
    of_queue = _herd_of_queue(herds)
    say("A hundred free accounts beside the single jobs of paying ones")
    flood = herds.measure_flood()
    say("One account's thousand beside the single jobs of others")
    return [
        *herd_numbers(through_open_queue, with_backlog),
        *of_queue,
        *flood_numbers(flood),
        *beside_numbers(herds.measure_beside()),
    ]


def _herd_of_queue(herds: Herds) -> list[Number]:
    say("Four hundred at once, through a slower queue")
    return herd_of_queue_numbers(herds.measure_herd("of-queue", is_held=True, crowd=OF_QUEUE))


def _simulation(results: Mapping[str, Any]) -> list[Number]:
    return simulation_numbers(results, config.read_config().timing)


def _documents(platform: Platform) -> list[Number]:
    used = count_documents(platform, COUNTED_JOBS)
    facts = asdict(used)
    return [
        count("reads_per_job", "Firestore reads of a job", used.reads, READS_MAX, **facts),
        count("writes_per_job", "Firestore writes of a job", used.writes, WRITES_MAX),
        count(
            "trigger_calls_per_job",
            "trigger calls of a job",
            used.trigger_calls,
            TRIGGER_CALLS_MAX,
            unit="calls",
        ),
    ]


if __name__ == "__main__":
    sys.exit(main())
