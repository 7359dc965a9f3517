"""One run: a seed, a size, stores; a platform and its clients; and in the end a verdict."""

import time
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from mediaforge.domain.catalogue import Catalogue, Tier
from mediaforge.domain.catalogue import parse as parse_catalogue
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.ports.director import Director
from mediaforge.ports.documents import Documents
from mediaforge.ports.media import Media
from tests.faults import calls
from tests.faults.batchers import FEW, plan_batches
from tests.faults.chance import Chance
from tests.faults.clients import Clients
from tests.faults.deletions import begin_deletions, staying, with_leavers
from tests.faults.directors import Directed, SimulatedDirector
from tests.faults.gifts import plan_gifts
from tests.faults.load import BILLING, BILLS_ON, Holder, Load, busy_s, make_load
from tests.faults.logs import read_logs
from tests.faults.members import plan_blocks, plan_members
from tests.faults.memberships import begin_memberships
from tests.faults.operations import excused_operations
from tests.faults.payments import Misread, Payments
from tests.faults.platform import WELCOME, Platform
from tests.faults.process import Process, Rates, Stage
from tests.faults.record import Record
from tests.faults.stores import Contents, MemoryStores, Stores
from tests.faults.thieves import Rule
from tests.faults.timeline import Timeline
from tests.faults.verdict import FINAL, judge
from tests.memory.clock import ManualClock
from tests.memory.media import MemoryMedia
from tests.support.delivery_rule import may_get

# A month ends ten minutes after the start, and a day with it: what is counted by them begins anew in the
# middle of a run.
START = datetime(2026, 11, 30, 23, 50, tzinfo=UTC)
_CATALOGUE = Path(__file__).parents[2] / "functions" / "catalogue.toml"
_LESS: Mapping[str, dict[str, Any]] = {
    "free": {
        "a_day": {JobKind.IMAGE: 6, JobKind.VIDEO: 0, JobKind.TRAINING: 0},
        "directions_a_day": 5,
        "direction_refusals_a_day": 2,
    },
    "pro": {"monthly_credits": 10, "submissions_a_minute": 30, "a_day": {JobKind.IMAGE: 1000}},
    "studio": {"monthly_credits": 25, "credits_an_hour_max": 80},
}
_SHARE_PERCENT = 50
# Of the tier that sends batches.
_SLOTS_MIN, _JOBS_A_SLOT = 3, 125
_SHOWN = 20


@dataclass(frozen=True)
class Settings:
    """`sweeps` False, the sabotages, `misread` and another `rule` take a safeguard away. A run that does not
    come to rest ends after `lives_on`."""

    seed: int
    jobs: int
    accounts: int
    rates: Rates = field(default_factory=Rates)
    sweeps: bool = True
    sabotage: Callable[[Documents], Documents] = lambda documents: documents
    media_sabotage: Callable[[Media], Media] = lambda media: media
    rule: Rule = may_get
    misread: Misread = lambda _, fact: fact
    lives_on: timedelta = timedelta(hours=12)


@dataclass(frozen=True)
class Sent:
    """The batches of a run and their rows, how many accounts sent them, and how many have ended."""

    accounts: int = 0
    batches: int = 0
    batches_final: int = 0
    rows: int = 0
    rows_final: int = 0

    def __str__(self) -> str:
        return (
            f"{self.batches_final} of {self.batches} batches and {self.rows_final} of {self.rows} rows "
            f"of {self.accounts} accounts final"
        )


@dataclass(frozen=True)
class Result:
    """What a run came to. `jobs` counts those that exist, `final` those that ended and were settled;
    `batches` is what came of those; `excused` the operations of which more is not promised, because of what
    was lost."""

    settings: Settings
    record: Record
    findings: Sequence[str]
    excused: Mapping[str, int]
    jobs: int
    final: int
    batches: Sent
    lasted: timedelta
    seconds: float

    def __str__(self) -> str:
        faults = ", ".join(f"{n} {name}" for name, n in sorted(self.record.faults.items()))
        excused = ", ".join(f"{n} {name}" for name, n in sorted(self.excused.items()))
        return (
            f"seed {self.settings.seed}: {self.final} of {self.jobs} jobs final, {self.batches}, "
            f"{len(self.findings)} findings; {faults}; {len(self.record.operations)} operations "
            f"({excused or 'none excused'}); {self.seconds:.0f} s"
        )

    def report(self) -> str:
        """The seed that plays it again, and what was found."""
        shown = "\n".join(self.findings[:_SHOWN])
        size = f"seed={self.settings.seed}, jobs={self.settings.jobs}, accounts={self.settings.accounts}"
        return f"Settings({size}): {len(self.findings)} findings\n{shown}"


def play(settings: Settings, stores: Stores | None = None) -> Result:
    began_s = time.monotonic()
    stores = stores or MemoryStores()
    clock = ManualClock(START)
    chance, record = Chance(settings.seed), Record()
    stage = Stage(Timeline(clock), chance, record, settings.rates)
    stage.plan_outages(busy_s(settings.jobs))
    platform = Platform(
        stage,
        stores,
        _catalogue(settings.jobs),
        settings.sabotage,
        _directors,
        settings.media_sabotage,
        settings.rule,
    )
    load = with_leavers(make_load(chance, settings.jobs, settings.accounts, START), chance, START)
    with read_logs() as logs:
        _live(platform, load, settings)
        record.lasted = (START, clock.now())
        platform.thieves.look_at_everything()
        contents, files = stores.contents(), stores.files()
        record.surprises += _check_itself(platform, files)
    jobs = [fields for path, fields in contents.items() if path.startswith("jobs/")]
    return Result(
        settings=settings,
        record=record,
        findings=[*judge(contents, files, record), *logs.findings],
        excused=excused_operations(record),
        jobs=len(jobs),
        final=sum(1 for job in jobs if job.get("settled_at") is not None),
        batches=_sent(contents),
        lasted=clock.now() - START,
        seconds=time.monotonic() - began_s,
    )


def _sent(contents: Contents) -> Sent:
    batches, rows = (
        [
            fields
            for path, fields in contents.items()
            if path.startswith("batches/") and path.count("/") == depth and folder in path
        ]
        for depth, folder in ((1, ""), (3, "/rows/"))
    )
    return Sent(
        accounts=len({batch["account_id"] for batch in batches}),
        batches=len(batches),
        batches_final=sum(1 for batch in batches if batch["status"] in ("completed", "cancelled")),
        rows=len(rows),
        rows_final=sum(1 for row in rows if row["status"] in FINAL),
    )


def _directors(process: Process) -> dict[str, Director]:
    return {"local-director": SimulatedDirector(process)}


def _catalogue(jobs: int) -> Catalogue:
    """The real one, with models that bill, and with less of everything: so that a run sees jobs that expire,
    accounts that run dry or reach their limits, and fuses that blow. A job has longer than its longest
    operation, so that what never ends is given up, and begun once more; and a batch has so many slots and so
    long that its rows can run, however many of them are long."""
    real = parse_catalogue(_CATALOGUE.read_text(encoding="utf-8"))
    less = {
        "job_age_h_max": 2,
        "batch_age_h_max": 3 + jobs // 250,
        "project_credits_an_hour_max": max(200, 3 * jobs),
        "free_credits_an_hour_max": max(20, jobs // 5),
        "account_share_percent": _SHARE_PERCENT,
    }
    limits = real.limits.model_copy(update=less)
    own = real.models["local-image"]
    models = {
        name: own.model_copy(update={"bills": True, "cancel_stops_bill": name not in BILLS_ON})
        for name in BILLING
    }
    tiers = {
        name: tier.model_copy(update=_LESS[name] | {"models": (*tier.models, *models)})
        for name, tier in real.tiers.items()
    }
    slots = max(_SLOTS_MIN, jobs // _JOBS_A_SLOT)
    tiers[FEW] = tiers["pro"].model_copy(update={"jobs_at_once": slots, "a_day": {}})
    return real.model_copy(
        update={"limits": limits, "tiers": tiers, "models": {**real.models, **models}}
    )


def _live(platform: Platform, load: Load, settings: Settings) -> None:
    """From the first account to the last job."""
    clients = Clients(platform, _set_up(platform, load.holders))
    clients.begin(load)
    begin_deletions(platform, load)
    uids = {uid for holder in load.holders for uid in holder.uids}
    platform.stage.record.sign_ins |= {uid: {("uid", uid)} for uid in uids}
    stays = staying(load)
    plan_gifts(clients, stays.holders, persons=max(6, len(stays.holders) // 5))
    plan_members(clients, teams=max(1, len(load.wishes) // 75))
    plan_batches(clients, load.holders, len(stays.wishes))
    plan_blocks(clients, users=max(2, len(load.wishes) // 75))
    Payments(clients, settings.misread).begin(stays.holders)
    Directed(platform).begin(stays, busy_s(len(load.wishes)))
    begin_memberships(clients, stays.holders, busy_s(len(load.wishes)))
    platform.start_schedules(sweeps=settings.sweeps)
    platform.stage.timeline.run(lambda: _is_over(platform, settings.lives_on))
    platform.live("the last month", calls.grant_month, is_troubled=False)


def _check_itself(platform: Platform, files: Set[str]) -> list[str]:
    """What the product's own check finds, which is wrong where the verdict finds nothing. Of a batch of which
    somebody has deleted a row by hand it finds that the counts are not those of the rows, and is right."""
    there = MemoryMedia(dict.fromkeys(files, b""))
    own = platform.live(
        "the check",
        lambda backend: calls.violations(replace(backend, media=there)),
        is_troubled=False,
    )
    known = _miscounted(platform.stage.record)
    return [each for each in own.value or [] if not each.startswith(known)]


def _miscounted(record: Record) -> tuple[str, ...]:
    rule = "a batch at rest counts its rows, and what they were charged"
    lacking = {
        path.split("/")[1]
        for commit in record.commits
        for path, fields in commit.writes.items()
        if "/rows/" in path and fields is None
    }
    return tuple(f"batches/{batch_id}: {rule}: " for batch_id in lacking)


def _set_up(platform: Platform, holders: Sequence[Holder]) -> dict[str, str]:
    """The accounts, before anything goes wrong. Those of the free tier open with their first job."""
    tiers, record = platform.catalogue.tiers.items(), platform.stage.record
    record.slots |= {name: tier.jobs_at_once for name, tier in tiers}
    record.direction_limits |= {name: _limits(tier) for name, tier in tiers}
    record.levels |= {name: tier.monthly_credits for name, tier in tiers}
    _set_up_fuses(record, platform.catalogue)
    record.welcome_a_day = WELCOME.credits_a_day_max
    record.welcome_part = max(WELCOME.shares(platform.catalogue.defaults.welcome_credits))
    account_ids = {holder.name: _open(platform, holder) for holder in holders}
    platform.live("the first month", calls.grant_month, is_troubled=False)
    return account_ids


def _set_up_fuses(record: Record, catalogue: Catalogue) -> None:
    limits, tiers = catalogue.limits, catalogue.tiers.items()
    record.hour_limits |= {name: tier.credits_an_hour_max for name, tier in tiers}
    record.lanes |= {name: tier.lane.value for name, tier in tiers}
    record.share = limits.account_credits_an_hour_max
    record.fuse_limits |= {
        "project": limits.project_credits_an_hour_max,
        "free": limits.free_credits_an_hour_max,
    }


def _limits(tier: Tier) -> dict[str, int]:
    directions, refusals = tier.directions_a_day, tier.direction_refusals_a_day
    assert directions is not None
    assert refusals is not None
    return {"directions": directions, "direction_refusals": refusals}


def _open(platform: Platform, holder: Holder) -> str:
    account_id = f"user_{holder.name}"
    if holder.is_team:
        owner, *others = holder.uids
        team = platform.live(
            f"team of {owner}",
            lambda backend: calls.make_team(backend, owner, others, holder.name),
            is_troubled=False,
        )
        assert team.value, "nothing goes wrong yet"
        account_id = f"team_{team.value}"
    if holder.tier != "free":
        platform.live(
            f"tier of {holder.name}",
            lambda backend: calls.set_tier(backend, account_id, holder.tier),
            is_troubled=False,
        )
    return account_id


def _is_over(platform: Platform, lives_on: timedelta) -> bool:
    """Everything is at rest and nobody waits for anything; or it will never be."""
    is_quiet = not platform.stage.timeline.foreground and not platform.stage.record.unsettled
    return is_quiet or platform.clock.now() > START + lives_on
