"""Number 6: one hot team account, where fifty jobs a second become final.

The jobs exist and are leased. This process ends them as their workers would, each with the product's own
functions in a commit of its own. The measurement is of what follows: every commit's event goes to the served
onViewUpdated, many at once, and every settle writes the same account.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from google.cloud import firestore

from bench.journeys import ms, per_s, wait_until_settled
from bench.platform import SETTLE, Platform
from bench.report import Number, count, seconds, summary
from bench.samples import Samples
from bench.users import CREDITS, database, open_account
from mediaforge import config
from mediaforge.adapters.firestore import FirestoreDocuments
from mediaforge.contract import documents as at
from mediaforge.contract.views import view_of
from mediaforge.domain import credits
from mediaforge.domain.credits import Entry, EntryType
from mediaforge.domain.jobs import states
from mediaforge.domain.jobs.job import Job, Output, Timing
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.jobs.states import Claim
from mediaforge.domain.lanes import Lane
from mediaforge.domain.money.accounts import team_account_id, with_balance
from mediaforge.ports.documents import Transaction
from mediaforge.services.jobs.transitions import write

RATE = 50
COUNT = 500
WARM_UPS = 16
WORKERS = 16
MEMBERS = 10
TEAM = "hot"
ACCOUNT = team_account_id(TEAM)
PRICE_CREDITS = 2
WRITTEN_AT_ONCE = 100
CALLS = "settle-calls.jsonl"


@dataclass(frozen=True)
class HotAccount:
    """`tries` are commits asked for, for each settled job; `conflicts` those that met another writer;
    `events_refused` those that production would deliver again."""

    final: int
    unsettled: int
    wrong_balances: dict[str, int]
    final_per_s: float
    tries: float
    conflicts: float
    reads: float
    to_settled: Samples
    all_settled_s: float
    events_refused: int


def measure_hot_account(platform: Platform) -> HotAccount:
    """Needs the triggers in place."""
    calls = platform.processes.folder / CALLS
    calls.touch()
    platform.stop(SETTLE)
    platform.serve(SETTLE, environment={"BENCH_CALLS_FILE": str(calls)})
    hot = _HotAccount()
    # The warm-up also waits until the events of the jobs' creation are handled, because those came first.
    hot.end(hot.jobs[:WARM_UPS])
    wait_until_settled(ACCOUNT, WARM_UPS)
    calls.write_text("")
    measured = hot.jobs[WARM_UPS:]
    refused = platform.events_refused()
    hot.end(measured)
    settled = wait_until_settled(ACCOUNT, len(hot.jobs)) - WARM_UPS
    found = [json.loads(line) for line in calls.read_text().splitlines()]
    commits = [call for call in found if call["call"] == "Commit"]
    final_at, settled_at = hot.read(measured)
    waits = [settled_at[job_id] - final_at[job_id] for job_id in settled_at]
    return HotAccount(
        final=len(final_at),
        unsettled=COUNT - settled,
        wrong_balances=hot.wrong_balances(),
        final_per_s=per_s(final_at.values()),
        tries=len(commits) / COUNT,
        conflicts=sum(call["writes"] == 0 for call in commits) / COUNT,
        reads=sum(call["reads"] for call in found) / COUNT,
        to_settled=Samples([ms(wait) for wait in waits]),
        all_settled_s=(max(settled_at.values()) - max(final_at.values())).total_seconds(),
        events_refused=platform.events_refused() - refused,
    )


def hot_account_numbers(hot: HotAccount) -> list[Number]:
    facts = {
        "final_per_s": round(hot.final_per_s, 2),
        "final_to_settled": summary(hot.to_settled),
        "all_settled_after_the_last_final_s": round(hot.all_settled_s, 3),
        "commit_tries_per_job": hot.tries,
        "commit_conflicts_per_job": hot.conflicts,
        "reads_per_job": hot.reads,
        "events_refused": hot.events_refused,
    }
    wrong = len(hot.wrong_balances)
    tries = f"{hot.tries:.2f} ({hot.conflicts:.2f} met another)"
    title = f"{COUNT} final jobs of one account: unsettled"
    settled = hot.to_settled
    return [
        count("hot_account_unsettled", title, hot.unsettled, 0, "jobs", **facts),
        count("hot_account_wrong", "  balances off", wrong, 0, off_by=hot.wrong_balances),
        seconds("hot_account_settle_median", "  final to settled", settled.median / 1000),
        seconds("hot_account_settle_p95", "  at p95", settled.p95 / 1000),
        Number("hot_account_tries", "  commit tries a job", tries, "", hot.tries, "commits"),
    ]


class _HotAccount:
    """The account, its leased jobs and what was held for each, as submissions and claims would have
    left them."""

    def __init__(self) -> None:
        self._database = database()
        self._documents = FirestoreDocuments(self._database)
        self._timing = config.read_config().timing
        now = datetime.now(UTC)
        self.jobs = [_leased(number, now, self._timing) for number in range(WARM_UPS + COUNT)]
        self._write(now)

    def _write(self, now: datetime) -> None:
        account = open_account(ACCOUNT, now)
        written: dict[str, object] = {
            at.entry(ACCOUNT, "bench:grant").path: Entry(
                EntryType.GRANT, CREDITS, CREDITS, 0, now, "bench"
            )
        }
        for job in self.jobs:
            hold = credits.hold(job.id, job.estimated_credits)
            account = with_balance(account, credits.apply(account.balance, hold), now)
            written |= {
                at.job(job.id).path: job,
                at.view(job).path: view_of(job),
                at.entry(ACCOUNT, hold.entry_id).path: Entry(
                    *(hold.type, hold.amount, account.available, account.held, now),
                    *(job.user_id, job.id),
                ),
            }
        written[at.account(ACCOUNT).path] = replace(account, active=len(self.jobs))
        items = list(written.items())
        for first in range(0, len(items), WRITTEN_AT_ONCE):
            batch = self._database.batch()
            for path, value in items[first : first + WRITTEN_AT_ONCE]:
                batch.set(self._database.document(path), at.dump_new(value))
            batch.commit()

    def end(self, ended: Sequence[Job]) -> None:
        """Completes the jobs at RATE a second, each in a commit of its own."""
        started_s = time.perf_counter()

        def end(number: int) -> None:
            time.sleep(max(0.0, started_s + number / RATE - time.perf_counter()))
            self._documents.transact(lambda tx: self._complete(tx, ended[number].id))

        with ThreadPoolExecutor(WORKERS) as workers:
            list(workers.map(end, range(len(ended))))

    def _complete(self, tx: Transaction, job_id: str) -> None:
        job = tx.get(at.job(job_id))
        assert job is not None
        write(tx, job, states.complete(job, datetime.now(UTC), _output(job), self._timing))

    def read(self, ended: Sequence[Job]) -> tuple[dict[str, datetime], dict[str, datetime]]:
        """When each job became final and when it was settled, by Firestore's clock: the last write of its
        view is the one that made it final, the last write of its document the one that settled it."""
        views = self._database.get_all([self._document(at.view(job)) for job in ended])
        found = self._database.get_all([self._document(at.job(job.id)) for job in ended])
        final_at = {view.id: view.update_time for view in views if view.get("generated")}
        settled_at = {
            job.id: job.update_time for job in found if (job.to_dict() or {}).get("settled_at")
        }
        return final_at, settled_at

    def _document(self, ref: at.Ref[Any]) -> firestore.DocumentReference:
        return self._database.document(ref.path)

    def wrong_balances(self) -> dict[str, int]:
        """The balances that are wrong once all jobs are settled, counted from plain documents."""
        account = self._database.document(at.account(ACCOUNT).path).get().to_dict() or {}
        entries = [
            entry.to_dict() or {}
            for entry in self._database.collection(at.ledger(ACCOUNT)).stream()
        ]
        sums: Counter[str] = Counter()
        for entry in entries:
            sums[entry["type"]] += entry["amount"]
        charged = len(self.jobs) * PRICE_CREDITS
        expected = {"available": CREDITS - charged, "held": 0, "active": 0}
        wrong = {name: account[name] - value for name, value in expected.items()}
        wrong["captured"] = sums["capture"] - charged
        wrong["released"] = sums["release"]
        return {name: off for name, off in wrong.items() if off}


def _leased(number: int, now: datetime, timing: Timing) -> Job:
    user_id = f"{TEAM}-{number % MEMBERS}"
    job = Job(
        id=f"{TEAM}-{number}",
        kind=JobKind.IMAGE,
        user_id=user_id,
        account_id=ACCOUNT,
        team_id=TEAM,
        model="local-image",
        provider="local",
        queue="runLocalImage",
        request_data={"prompt": "a lighthouse at dusk"},
        request_hash="",
        seed=number,
        width_px=1024,
        height_px=1024,
        count=1,
        price_credits=PRICE_CREDITS,
        estimated_credits=PRICE_CREDITS,
        asset_token="",
        created_at=now,
        modified=now,
        expires_at=now + timedelta(hours=1),
        due_at=None,
    )
    claim = states.claim(
        states.dispatch(job, now, timing, Lane.PAID, job.queue), now, "bench", timing
    )
    assert isinstance(claim, Claim)
    return claim.job


def _output(job: Job) -> Output:
    path = f"generations/{job.user_id}/{job.id}/0.png"
    return Output((path,), (path,), (path,), job.model, job.provider, job.seed)
