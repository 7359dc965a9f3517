"""`python -m bench.scale`: what users would cost a month, and which limit they meet first, by arithmetic from
what is measured (results.json) or counted by tests, and from list prices. docs/scale.md shows these tables,
and a test that they are these."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.report import read_numbers
from mediaforge import config
from mediaforge.domain.catalogue import Catalogue, parse
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.jobs.queues import AT_ONCE_MAX
from mediaforge.domain.watch.schedules import SILENT_AFTER
from ops.deploy.table import read
from tools.console import say

RESULTS = Path(__file__).parent / "results.json"
USERS = (100, 10_000, 1_000_000)
DAYS, MINUTES_A_DAY, SECONDS_A_DAY = 30, 1_440, 86_400
GB, GIB = 10**9, 2**30
JOB_WRITES = 4
WHOLE = 10  # From so many dollars on, cents say nothing.
PEAK = 3  # The busiest hour, over the mean.
QUEUE = "runVertexImage"
# Of results.json: the herd that the simulation is compared with, how far it misses that, and what it says.
HERD, ERROR, PEAK_HOUR = "herd_of_queue_rate", "simulation_error", "simulated_peak_hour"


@dataclass(frozen=True)
class Prices:
    """List prices in US dollars, before what is free. Firestore and Storage in the US multi-region, Cloud Run
    and Eventarc's functions in `us-central1`.

    Sources: cloud.google.com/firestore/pricing, /run/pricing, /tasks/docs/pricing, /storage/pricing,
    /products/observability/pricing, /scheduler/pricing, /artifact-registry/pricing."""

    read: float = 0.06 / 100_000
    write: float = 0.18 / 100_000
    stored_gib: float = 0.18
    changes_gib: float = 0.18  # of the database, while its changes of seven days are kept
    backup_gib: float = 0.03  # of each backup that is kept
    call: float = 0.40 / 1e6
    cpu_s: float = 0.000024
    gib_s: float = 0.0000025
    task: float = 0.40 / 1e6
    file_gb: float = 0.026
    file_written: float = 0.10 / 10_000
    logged_gib: float = 0.50
    log_kept_gib: float = 0.01  # for each month after the first
    schedule: float = 0.10
    container_gb: float = 0.10
    # From so many GB a month on, a GB costs so much.
    egress_gb: tuple[tuple[int, float], ...] = ((0, 0.12), (1_024, 0.11), (10_240, 0.08))


@dataclass(frozen=True)
class Use:
    """What an image uses. Measured, or counted by a test: `reads`, `writes`, `calls`, `document_bytes`
    (documents and index entries that stay), `sweep_reads` a minute, `nightly_reads` of an account that has
    changed. The others are assumed."""

    reads: float
    writes: float
    calls: int = 6
    tasks: int = 2  # a task is billed when it is made and when it is handed out
    document_bytes: int = 3_700 + 41 * 100
    sweep_reads: int = 25
    nightly_reads: int = 18
    listener_reads: int = 4  # the statuses that one client is shown
    waiting_s: float = 10
    worker_gib: float = 2
    own_s: float = 0.2  # of each other call
    own_gib: float = 0.5
    file_bytes: int = 2_000_000
    downloaded_bytes: int = 2_000_000 + 10 * 20_000  # the picture once, its thumbnail ten times
    logged_bytes: int = 2_000
    line_bytes: int = 1_000  # of the line that goes into the log of 400 days, too
    containers_gb: float = 10  # the functions' images
    images_a_day: int = 5


def use() -> Use:
    counted = read_numbers(RESULTS)["reads_per_job"]
    return Use(counted["reads"], counted["writes"])


def bill(
    users: int, used: Use, prices: Prices, model_dollars: float
) -> Iterator[tuple[str, float]]:
    """What a month costs, each line in US dollars; of what is stored, the twelfth month."""
    jobs = users * used.images_a_day * DAYS
    reads = jobs * (used.reads + used.listener_reads)
    reads += used.sweep_reads * MINUTES_A_DAY * DAYS + users * used.nightly_reads * DAYS
    yield "Firestore: operations", reads * prices.read + jobs * used.writes * prices.write
    stored_gib = 12 * jobs * used.document_bytes / GIB
    yield "Firestore: stored, month 12", stored_gib * prices.stored_gib
    kept = prices.changes_gib + backups_kept() * prices.backup_gib
    yield "Firestore: changes of a week, and backups, month 12", stored_gib * kept
    own_s = (jobs * (used.calls - 1) + MINUTES_A_DAY * DAYS) * used.own_s
    own = own_s * (prices.cpu_s + used.own_gib * prices.gib_s)
    yield "functions: calls and own work", jobs * used.calls * prices.call + own
    waiting = prices.cpu_s + used.worker_gib * prices.gib_s
    yield "functions: workers that wait for the model", jobs * used.waiting_s * waiting
    files = 12 * jobs * used.file_bytes / GB * prices.file_gb + 2 * jobs * prices.file_written
    yield "Storage, month 12", files
    yield "downloads", _downloads(jobs * used.downloaded_bytes / GB, prices)
    logged = jobs * used.logged_bytes / GIB * prices.logged_gib
    yield "Cloud Tasks and Logging", jobs * used.tasks * prices.task + logged
    kept_line = prices.logged_gib + 11 * prices.log_kept_gib
    yield "the log of 400 days, month 12", jobs * used.line_bytes / GIB * kept_line
    fixed = len(SILENT_AFTER) * prices.schedule + used.containers_gb * prices.container_gb
    yield "Cloud Scheduler and Artifact Registry", fixed
    yield "the model", jobs * model_dollars


def backups_kept() -> int:
    """How many backups of the database a production keeps, as ops/deploy/deployment.toml has it."""
    days = {"d": 1, "w": 7}
    return sum(
        int(each.keeps[:-1]) * days[each.keeps[-1]] // days[each.recurrence[0]]
        for each in read().environments["production"].backups
    )


def _downloads(gb: float, prices: Prices) -> float:
    ends = [start for start, _ in prices.egress_gb[1:]] + [float("inf")]
    return sum(
        max(0.0, min(gb, end) - start) * price
        for (start, price), end in zip(prices.egress_gb, ends, strict=True)
    )


def catalogue() -> Catalogue:
    return parse(config.CATALOGUE_PATH.read_text(encoding="utf-8"))


def model_cost(known: Catalogue) -> tuple[str, float]:
    """The model that a production gives who names none, and what an image of it costs us, in dollars."""
    model_id = known.defaults.production[JobKind.IMAGE]
    cost = known.models[model_id].cost
    assert cost is not None, f"{model_id} has no cost"
    return model_id, cost.ct / 100


def costs() -> str:
    """The table of costs, in Markdown."""
    model_id, dollars = model_cost(catalogue())
    used, prices = use(), Prices()
    bills = [dict(bill(users, used, prices, dollars)) for users in USERS]
    jobs = [users * used.images_a_day * DAYS for users in USERS]
    ours = [sum(each.values()) - each["the model"] for each in bills]
    rows = [[what, *(_money(each[what]) for each in bills)] for what in bills[0]]
    rows.insert(-1, ["**sum, without the model**", *map(_money, ours)])
    rows.insert(-1, ["an image", *(f"${o / j:.5f}" for o, j in zip(ours, jobs, strict=True))])
    rows[-1][0] = f"the model (`{model_id}`, ${dollars:g} an image)"
    rates = [f"{each:,} ({each / DAYS / SECONDS_A_DAY:.2g})" for each in jobs]
    head = ["a month, in US dollars", *(f"{users:,} users" for users in USERS)]
    return _markdown(head, [["images (a second, on average)", *rates], *rows])


def limits() -> str:
    """The table of limits, in Markdown, in the order in which they bind."""
    known, used = catalogue(), use()
    queue = known.queues[QUEUE]
    price = known.models[model_cost(known)[0]].price_credits
    bound = [
        (
            known.limits.project_credits_an_hour_max / price / 3600,
            "the project's fuse: `project_credits_an_hour_max`, at the price of an image",
            "the number in the catalogue, and a deploy",
        ),
        (
            AT_ONCE_MAX / queue.p95_s,
            f"{AT_ONCE_MAX:,} tasks of one queue at once, each on an instance of its own, for "
            f"{queue.p95_s} s each (`p95_s`)",
            "more queues, each with a model of its own; and Google, for more instances in the region",
        ),
        (
            queue.a_minute / 60,
            "the provider's quota as the catalogue has it (`queues.runVertexImage`): rate, work at once and "
            "instances follow from it",
            "your quota in the catalogue, and a deploy",
        ),
        (
            500 / used.writes,
            "Firestore's ramp: 500 writes a second at once, half as much again every five minutes",
            "raise `a_minute` by half at a time",
        ),
        (
            500 / JOB_WRITES,
            "500 writes a second to a collection with an index whose values only grow (`created_at` of "
            f"`jobs`; a job's document is written {JOB_WRITES} times)",
            "a hash before the value: designed, not built",
        ),
        (
            500.0,
            "Cloud Tasks: 500 a second of one queue",
            "a queue of its own for each model: an entry in the catalogue",
        ),
    ]
    rows = [[f"{at:.3g}", what, how] for at, what, how in sorted(bound)]
    peak = asked_a_second(used)
    rows.append([f"({peak / PEAK:.2g}; {peak:.3g} at the peak)", f"{USERS[-1]:,} users", ""])
    return _markdown(["images a second", "what binds", "the remedy"], rows)


def asked_a_second(used: Use) -> float:
    """Images a second in the busiest hour of the most users."""
    return USERS[-1] * used.images_a_day / SECONDS_A_DAY * PEAK


def compared(numbers: dict[str, Any]) -> str:
    """The table of the simulation beside the herd, in Markdown."""
    if ERROR not in numbers:
        return "It was not compared with a herd yet."
    rows = [
        [name, f"{each['measured']:.1f}", f"{each['simulated']:.1f}"]
        for name, each in numbers[ERROR]["compared"].items()
    ]
    return _markdown(["the herd (times in seconds)", "measured", "simulated"], rows)


def peak_hour(numbers: dict[str, Any]) -> str:
    """The table of the busiest hour, in Markdown; a sentence where the simulation is not to be trusted."""
    if HERD not in numbers or ERROR not in numbers:
        return "No herd was measured yet that a simulation can be compared with."
    if not numbers[HERD]["is_reached"]:
        return "The herd was not bound by its queue: there is nothing to compare a simulation with."
    if not numbers[ERROR]["is_reached"]:
        return (
            "The simulation misses the herd by too much, so it says nothing about a million users."
        )
    rows = [
        [
            f"{row['provision']}: {row['queues']} × {row['a_minute']:,} a minute",
            row["lane"],
            f"{row['at_once']:,}",
            f"{row['begun_per_s']:g} of {row['asked_per_s']:g}",
            _wait(row["wait_p50_s"]),
            _wait(row["wait_p95_s"]),
            f"{row['waiting']:,}",
            row["binds"],
        ]
        for row in numbers[PEAK_HOUR]["rows"]
    ]
    head = [
        "queues",
        "lane",
        "at once",
        "begun a second",
        "wait p50",
        "p95",
        "waiting then",
        "what binds",
    ]
    return _markdown(head, rows)


def _wait(wait_s: float | None) -> str:
    return "longer" if wait_s is None else f"{wait_s:g} s"


def _money(dollars: float) -> str:
    return f"{dollars:,.0f}" if dollars >= WHOLE else f"{dollars:.2f}"


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    results = read_numbers(RESULTS)
    say("\n\n".join([costs(), limits(), compared(results), peak_hour(results)]))
