"""Number 5: the herd. A thousand submissions at once; one account's thousand beside single jobs of other
accounts; and paying accounts' single jobs beside free accounts that flood. And a smaller herd of free
accounts, which this machine serves as fast as its queue hands out: bench/simulate.py is compared with it.

AT_ONCE connections each send the next submission when the last one is answered; the accounts come in a random
order. Each lane's queue hands out its part of a provider that takes 65 a second: 50 for paying work, 15 for
free. All accounts pay but those that flood. The queue may have any number of tasks at the worker at once, and
the worker has a thread for each, as in production each dispatch has an instance: so a task arrives when the
queue sends it, and not when the task before it is done. bench/served notes each arrival before the product
sees the task.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from bench.journeys import (
    Accepted,
    Ended,
    Submissions,
    ms,
    per_s,
    read_ends,
    read_moments,
    submit_all,
    wait_until_settled,
)
from bench.platform import GENERATE, HELD, RUN, RUN_FREE, SETTLE, Platform, Served
from bench.report import Number, count, seconds, summary
from bench.samples import Samples
from bench.users import User, make_users
from mediaforge import config
from mediaforge.domain.catalogue import parse
from mediaforge.domain.jobs.queues import throughput
from mediaforge.domain.lanes import Lane

GIVEN_A_MINUTE = 3_900
FREE_PERCENT = parse(config.CATALOGUE_PATH.read_text(encoding="utf-8")).limits.free_lane_percent
RATE, FREE_RATE = (  # dispatches a second
    throughput(GIVEN_A_MINUTE, 1, lane, FREE_PERCENT).a_second for lane in (Lane.PAID, Lane.FREE)
)
DISPATCHES_AT_ONCE = 500
AT_ONCE = 64
SETTLE_INSTANCES = 4
ACCOUNTS = 100
WARM_UPS = 32
WARM_UPS_AT_ONCE = 8
THOUSAND = 1000
SINGLES = 50
SINGLES_GAP_S = 0.1
FLOODING = 100
FLOOD_EACH = 5
PAYING = 100
SEED = 1
RATE_RATIO_MIN, RATE_RATIO_MAX = 0.95, 1.05
FAIRNESS_MIN = 0.98
LATER_S_MAX = 2.0
SETTLED_S_MAX = 2.0
QUEUE_S_MAX = 5.0

Each = TypeVar("Each")


@dataclass(frozen=True)
class Crowd:
    """Accounts of one tier that all submit at once, and the queue that hands out their jobs, at its rate in
    tasks a second."""

    tier: str
    jobs_each: int
    queue: Served
    rate: float


A_THOUSAND = Crowd("studio", 10, RUN, RATE)
# Twice as many jobs as a free account has slots.
OF_QUEUE = Crowd("free", 4, RUN_FREE, FREE_RATE)


@dataclass(frozen=True)
class Herd:
    """Many submissions of many accounts. `refused` counts reasons; `lost` were acknowledged and
    never became final; `arrived_per_s` are tasks at the worker; `released_s` is when the queue began to hand
    out, from the first submission; `throughput_fairness` is Jain's index over the accounts."""

    crowd: Crowd
    submitted: int
    refused: Mapping[str, int]
    lost: int
    unsettled: int
    accept: Samples
    accepted_per_s: float
    arrived_per_s: float
    final_per_s: float
    deliveries: int
    released_s: float
    queue_time: Samples
    to_final: Samples  # from the arrival at the worker
    to_settled: Samples  # from the final status
    throughput_fairness: float
    total_s: float

    @property
    def refusals(self) -> int:
        return sum(self.refused.values())

    @property
    def rate_ratio(self) -> float:
        return self.arrived_per_s / self.crowd.rate

    @property
    def limit(self) -> str:
        """What limited the rate at which tasks arrived."""
        if self.rate_ratio >= RATE_RATIO_MIN:
            return "the rate of the queue"
        if self.accepted_per_s < self.crowd.rate * RATE_RATIO_MIN:
            return "this machine's acceptance of jobs, while it also runs them"
        return "this machine's worker"


@dataclass(frozen=True)
class Singles:
    """One job of each of many accounts. `to_final`: from the POST; `queue_time`: accepted to claimed."""

    to_final: Samples
    queue_time: Samples


@dataclass(frozen=True)
class Beside:
    """The same singles, alone and beside the thousand of one account. `thousand_left`: how many of
    those were not final before the first single was sent, and after the last one was answered."""

    alone: Singles
    beside: Singles
    thousand_left: tuple[int, int]
    thousand_refused: Mapping[str, int]
    thousand_accept: Samples


@dataclass(frozen=True)
class Flood:
    """Single jobs of paying accounts, alone and beside free accounts with more to do than they get through:
    `flood_left` of their jobs were not final before the first single was sent, and after the last one was
    settled. `free_per_s` are their tasks at the worker meanwhile."""

    alone: Singles
    beside: Singles
    flood_left: tuple[int, int]
    flood_refused: Mapping[str, int]
    free_per_s: float

    @property
    def free_share(self) -> float:
        """The share of free tasks in all that the provider gives."""
        return self.free_per_s / (RATE + FREE_RATE)


class Herds:
    """Serves the product's functions anew, so that they note the moments of jobs."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._moments = platform.processes.folder / "moments.jsonl"
        self._moments.touch()
        environment = {"BENCH_MOMENTS_FILE": str(self._moments)}
        platform.stop(GENERATE, RUN, SETTLE)
        platform.serve(GENERATE, environment=environment)
        # In production eight events at once fill an instance, and the next event starts another.
        platform.serve(SETTLE, environment=environment | {"WORKERS": str(SETTLE_INSTANCES)})
        with_threads = environment | {"THREADS": str(DISPATCHES_AT_ONCE)}
        platform.serve(RUN, RUN_FREE, environment=with_threads)
        self._make_queue(RATE)
        self._make_queue(FREE_RATE, RUN_FREE)
        users = make_users(WARM_UPS, "warm") + make_users(WARM_UPS, "warm-free", "free")
        self._submit(users, "warm", WARM_UPS_AT_ONCE)
        wait_until_settled("user_warm-", len(users))

    def measure_herd(self, name: str, *, is_held: bool, crowd: Crowd = A_THOUSAND) -> Herd:
        """With `is_held` the queue is paused until all are accepted, and then goes on. In production the
        callables have machines of their own, and the thousand are accepted before the queue has sent the
        first hundred. Here callables and the worker share a machine, and the queue would never have a
        backlog."""
        users = shuffled(make_users(ACCOUNTS, name, crowd.tier), crowd.jobs_each)
        self._make_queue(HELD if is_held else crowd.rate, crowd.queue)
        done = self._submit(users, name, AT_ONCE)
        self._platform.set_rate(crowd.queue, crowd.rate)
        released_at = datetime.now(UTC)
        settled = wait_until_settled(f"user_{name}-", len(done.accepted))
        ends = read_ends(done.accepted)
        moments = read_moments(self._moments)
        arrivals = [moments["arrived"][one.job_id] for one in done.accepted]
        sent_at = min(one.sent_at for one in done.accepted)
        return Herd(
            crowd=crowd,
            submitted=len(users),
            refused=dict(done.refused),
            lost=len(done.accepted) - len(ends),
            unsettled=len(done.accepted) - settled,
            accept=Samples([one.latency_ms for one in done.accepted]),
            accepted_per_s=per_s(one.acknowledged_at for one in done.accepted),
            arrived_per_s=per_s(moment for found in arrivals for moment in found),
            final_per_s=per_s(end.final_at for end in ends.values()),
            deliveries=sum(map(len, arrivals)),
            released_s=(released_at - sent_at).total_seconds() if is_held else 0.0,
            queue_time=_queue_time(ends, moments["claimed"]),
            to_final=Samples(
                [ms(end.final_at - moments["arrived"][job_id][-1]) for job_id, end in ends.items()]
            ),
            to_settled=Samples(
                [ms(end.settled_at - end.final_at) for end in ends.values() if end.settled_at]
            ),
            throughput_fairness=jain(throughputs(done.accepted, ends)),
            total_s=(max(end.final_at for end in ends.values()) - sent_at).total_seconds(),
        )

    def measure_flood(self) -> Flood:
        self._make_queue(RATE)
        alone = self._measure_singles("paying-alone", PAYING)
        self._make_queue(HELD, RUN_FREE)
        users = make_users(FLOODING, "flood", "free") * FLOOD_EACH
        done = self._submit(users, "flood", AT_ONCE)
        self._platform.set_rate(RUN_FREE, FREE_RATE)
        left_before, since = len(done.accepted) - len(read_ends(done.accepted)), datetime.now(UTC)
        beside = self._measure_singles("paying-beside", PAYING)
        until, left_after = datetime.now(UTC), len(done.accepted) - len(read_ends(done.accepted))
        wait_until_settled("user_flood-", len(done.accepted))
        arrived = read_moments(self._moments)["arrived"]
        moments = [moment for one in done.accepted for moment in arrived[one.job_id]]
        return Flood(
            alone=alone,
            beside=beside,
            flood_left=(left_before, left_after),
            flood_refused=dict(done.refused),
            free_per_s=per_s(moment for moment in moments if since <= moment <= until),
        )

    def measure_beside(self) -> Beside:
        """Has to be the last of a run: the thousand jobs are left unfinished, and end with the emulators."""
        self._make_queue(RATE)
        alone = self._measure_singles("alone")
        self._make_queue(HELD)
        done = self._submit(make_users(1, "thousand") * THOUSAND, "thousand", AT_ONCE)
        self._platform.set_rate(RUN, RATE)
        left_before = len(done.accepted) - len(read_ends(done.accepted))
        beside = self._measure_singles("beside")
        left_after = len(done.accepted) - len(read_ends(done.accepted))
        return Beside(
            alone=alone,
            beside=beside,
            thousand_left=(left_before, left_after),
            thousand_refused=dict(done.refused),
            thousand_accept=Samples([one.latency_ms for one in done.accepted]),
        )

    def _measure_singles(self, name: str, number: int = SINGLES) -> Singles:
        done = self._submit(make_users(number, name), name, number, SINGLES_GAP_S)
        wait_until_settled(f"user_{name}-", number)
        ends = read_ends(done.accepted)
        if len(ends) < number:
            raise RuntimeError(f"{number - len(ends)} single jobs did not become final")
        claimed = read_moments(self._moments)["claimed"]
        return Singles(
            to_final=Samples(
                [ms(ends[one.job_id].final_at - one.sent_at) for one in done.accepted]
            ),
            queue_time=_queue_time(ends, claimed),
        )

    def _submit(
        self, users: Sequence[User], name: str, at_once: int, gap_s: float = 0
    ) -> Submissions:
        return submit_all(self._platform, users, name, at_once, gap_s)

    def _make_queue(self, rate: float, function: Served = RUN) -> None:
        """Makes the queue anew: a queue that was idle would begin with the dispatches of a whole second at
        once."""
        self._platform.make_queue(function, rate, DISPATCHES_AT_ONCE)


def shuffled(accounts: Sequence[Each], jobs_each: int) -> list[Each]:
    """Whose job comes when: the same order in each run."""
    order = list(accounts) * jobs_each
    random.Random(SEED).shuffle(order)  # noqa: S311 - an order, not a secret
    return order


def herd_numbers(open_: Herd, held: Herd) -> list[Number]:
    """The numbers of the same herd, through an open queue and through a queue that was held meanwhile."""
    herds = {"through_an_open_queue": _facts(open_), "with_a_backlog": _facts(held)}
    lost, refused = open_.lost + held.lost, open_.refusals + held.refusals
    rate = Number(
        key="herd_dispatch_rate",
        title="  dispatched, of the configured rate",
        ours=f"{held.arrived_per_s:.1f} a second",
        floor=f"{RATE:g} a second",
        value=round(held.rate_ratio, 3),
        unit="ratio",
        target_min=RATE_RATIO_MIN,
        target_max=RATE_RATIO_MAX,
        facts={"configured_per_s": RATE, "dispatches_at_once": DISPATCHES_AT_ONCE, "herds": herds},
    )
    fairness = Number(
        key="herd_fairness",
        title="  Jain's fairness over the accounts",
        ours=f"{held.throughput_fairness:.3f}",
        floor="",
        value=round(held.throughput_fairness, 4),
        unit="index",
        target_min=FAIRNESS_MIN,
        facts={"of": "jobs a second of each account, first acknowledgement to last final status"},
    )
    return [
        count("herd_lost", f"{held.submitted} at once: lost", lost, 0, "jobs"),
        count("herd_refused", "  refused", refused, 0, "jobs"),
        rate,
        fairness,
        seconds(
            "herd_settled_p95",
            "  final to settled, p95",
            max(open_.to_settled.p95, held.to_settled.p95) / 1000,
            SETTLED_S_MAX,
        ),
    ]


def herd_of_queue_numbers(herd: Herd) -> list[Number]:
    """Whether its queue bound the herd, and all that a simulation of it needs and is compared with."""
    title = f"{herd.submitted} at once through a slower queue: dispatched"
    return [
        Number(
            key="herd_of_queue_rate",
            title=title,
            ours=f"{herd.arrived_per_s:.1f} a second",
            floor=f"{herd.crowd.rate:g} a second",
            value=round(herd.rate_ratio, 3),
            unit="ratio",
            target_min=RATE_RATIO_MIN,
            target_max=RATE_RATIO_MAX,
            facts={
                "configured_per_s": herd.crowd.rate,
                "dispatches_at_once": DISPATCHES_AT_ONCE,
                "tier": herd.crowd.tier,
                "herd": _facts(herd),
            },
        )
    ]


def flood_numbers(flood: Flood) -> list[Number]:
    alone, crowded = flood.alone.to_final, flood.beside.to_final
    before, after = flood.flood_left
    facts = {
        "alone": summary(alone) | {"p99_ms": round(alone.p99, 2)},
        "beside_the_flood": summary(crowded) | {"p99_ms": round(crowded.p99, 2)},
        "queue_time_beside_the_flood": summary(flood.beside.queue_time),
        "of_the_flood_not_final": {"before_the_singles": before, "after_them": after},
        "of_the_flood_refused": flood.flood_refused,
    }
    title = f"one paying job beside {FLOODING} free accounts that flood"
    expected = FREE_RATE / (RATE + FREE_RATE)
    return [
        seconds(
            "flood_later_median",
            f"{title}: later by",
            (crowded.median - alone.median) / 1000,
            LATER_S_MAX,
            **facts,
        ),
        seconds("flood_later_p99", "  at p99", (crowded.p99 - alone.p99) / 1000, LATER_S_MAX),
        Number(
            key="flood_free_share",
            title="  what the free ones keep of the provider",
            ours=f"{flood.free_per_s:.1f} a second",
            floor=f"{FREE_RATE:g} of {RATE + FREE_RATE:g}",
            value=round(flood.free_share, 3),
            unit="ratio",
            target_min=round(expected * RATE_RATIO_MIN, 3),
            target_max=round(expected * RATE_RATIO_MAX, 3),
        ),
    ]


def beside_numbers(beside: Beside) -> list[Number]:
    alone, crowded = beside.alone, beside.beside
    before, after = beside.thousand_left
    facts = {
        "alone": summary(alone.to_final),
        "beside_the_thousand": summary(crowded.to_final),
        "queue_time_beside_the_thousand": summary(crowded.queue_time),
        "of_the_thousand_not_final": {"before_the_singles": before, "after_them": after},
        "of_the_thousand_refused": beside.thousand_refused,
        "accept_the_thousand": summary(beside.thousand_accept),
    }
    later_s = (crowded.to_final.median - alone.to_final.median) / 1000
    later_p95_s = (crowded.to_final.p95 - alone.to_final.p95) / 1000
    queue_s = alone.queue_time.p95 / 1000
    title = "one job beside another account's 1000"
    return [
        seconds("single_later_median", f"{title}: later by", later_s, LATER_S_MAX, **facts),
        seconds("single_later_p95", "  at p95", later_p95_s, LATER_S_MAX),
        Number(
            key="queue_time_p95",
            title="queue time below capacity, p95",
            ours=f"{queue_s:.2f} s",
            floor="",
            value=round(queue_s, 3),
            unit="seconds",
            target_max=QUEUE_S_MAX,
            facts={"queue_time": summary(alone.queue_time), "jobs_per_s": 1 / SINGLES_GAP_S},
        ),
    ]


def _facts(herd: Herd) -> dict[str, Any]:
    return {
        "submitted": herd.submitted,
        "submitted_at_once": AT_ONCE,
        "accounts": ACCOUNTS,
        "lost": herd.lost,
        "unsettled": herd.unsettled,
        "refused": herd.refused,
        "deliveries": herd.deliveries,
        "accepted_per_s": round(herd.accepted_per_s, 2),
        "arrived_per_s": round(herd.arrived_per_s, 2),
        "final_per_s": round(herd.final_per_s, 2),
        "limited_by": herd.limit,
        "released_s": round(herd.released_s, 2),
        "accept": summary(herd.accept) | {"p99_ms": round(herd.accept.p99, 2)},
        "queue_time": summary(herd.queue_time),
        "arrived_to_final": summary(herd.to_final),
        "final_to_settled": summary(herd.to_settled),
        "fairness": round(herd.throughput_fairness, 4),
        "total_s": round(herd.total_s, 2),
    }


def throughputs(accepted: Iterable[Accepted], ends: Mapping[str, Ended]) -> list[float]:
    """The throughput of each account, in jobs a second: its final jobs divided by the time from its first
    acknowledgement to its last final status."""
    by_user: dict[User, list[Accepted]] = defaultdict(list)
    for one in accepted:
        by_user[one.user].append(one)
    return [_throughput(of_user, ends) for of_user in by_user.values()]


def _throughput(accepted: Sequence[Accepted], ends: Mapping[str, Ended]) -> float:
    final_at = [ends[one.job_id].final_at for one in accepted if one.job_id in ends]
    if not final_at:
        return 0.0
    since = min(one.acknowledged_at for one in accepted)
    return len(final_at) / (max(final_at) - since).total_seconds()


def jain(shares: Sequence[float]) -> float:
    """Jain's index of fairness (Jain, Chiu, Hawe 1984) over the shares: 1 when all are equal, 1/n when one
    share is everything."""
    return sum(shares) ** 2 / (len(shares) * sum(share**2 for share in shares))


def _queue_time(ends: Mapping[str, Ended], claimed: Mapping[str, Sequence[datetime]]) -> Samples:
    """The times from the commit that accepted a job to its first claim."""
    return Samples([ms(claimed[job_id][0] - end.created_at) for job_id, end in ends.items()])
