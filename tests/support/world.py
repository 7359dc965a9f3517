"""MediaForge in memory: the real services on the memory adapters, with a clock that the test moves.

`World` plays the platform: it delivers queued tasks, runs the trigger and the sweep, in any order,
any number of times.
"""

import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any, TypeVar

import pytest

from mediaforge.adapters.outside import sign
from mediaforge.contract import documents as at
from mediaforge.contract.requests import (
    ACCOUNT_ACTIONS,
    BATCH_ACTIONS,
    SHARING_ACTIONS,
    TEAM_ACTIONS,
    ControlJob,
    CreateTeam,
    ExportBatch,
    GenerateImage,
    GrantCredits,
    SubmitBatch,
    parse,
    parse_action,
)
from mediaforge.domain.catalogue import parse as parse_catalogue
from mediaforge.domain.credits import Entry, EntryType, Posting
from mediaforge.domain.directing.directions import DirectionRecord
from mediaforge.domain.errors import (
    BusyError,
    RejectedError,
    ThrottledError,
    UnavailableError,
)
from mediaforge.domain.jobs.job import Job, Timing
from mediaforge.domain.jobs.prompt_tags import read_tags
from mediaforge.domain.jobs.retries import BackOff
from mediaforge.domain.library.batches import Batch, Row
from mediaforge.domain.library.exports import Export
from mediaforge.domain.library.webhooks import Notice, Webhook
from mediaforge.domain.money import accounts
from mediaforge.domain.money.accounts import Account
from mediaforge.domain.money.gifts import Welcome, WelcomePolicy
from mediaforge.domain.money.quotas import month_of
from mediaforge.domain.people.teams import Member
from mediaforge.domain.sign_ins import SignIn, identities_of, plain_email
from mediaforge.ports.documents import Query, Transaction, Written
from mediaforge.ports.media import Preview
from mediaforge.ports.provider import Asset, Finished, ProviderRequest
from mediaforge.ports.tasks import Task
from mediaforge.providers.local.director import LocalDirector
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.gate import Gate
from mediaforge.services.jobs.breakers import SharedBreakers
from mediaforge.services.jobs.control import control_job
from mediaforge.services.jobs.dispatch import dispatch_account
from mediaforge.services.jobs.hook import webhook_url
from mediaforge.services.jobs.rotation import rotate_addresses
from mediaforge.services.jobs.run import run_job
from mediaforge.services.jobs.settle import settle_account
from mediaforge.services.jobs.submit import Submission, submit_job
from mediaforge.services.library.batch_control import control_batch
from mediaforge.services.library.batches import submit_batch
from mediaforge.services.library.export_work import make_export
from mediaforge.services.library.exports import export_batch
from mediaforge.services.library.sharing import NewShareInvite, share_batch
from mediaforge.services.library.tally import look_after
from mediaforge.services.library.unsharing import end_shares
from mediaforge.services.library.webhook_notices import deliver_notice
from mediaforge.services.library.webhooks import CreateWebhook, WebhookCreated, create_webhook
from mediaforge.services.money import gifts, ledger
from mediaforge.services.money.fuse import FuseReading
from mediaforge.services.money.grant import grant_credits
from mediaforge.services.money.opening import find_or_open
from mediaforge.services.operate.account_control import control_account
from mediaforge.services.people.teams import NewInvite, control_team, create_team
from mediaforge.services.watch.sweep import sweep_jobs
from tests.memory.checkout import MemoryCheckout
from tests.memory.clock import ManualClock
from tests.memory.documents import MemoryDocuments
from tests.memory.indexes import DEPLOYED
from tests.memory.media import MemoryMedia
from tests.memory.outside import MemoryOutside
from tests.memory.sign_ins import MemorySignIns
from tests.memory.tasks import MemoryTasks
from tests.support.one_shot import OneShotProvider
from tests.support.pictures import PICTURE, taken_as_it_is
from tests.support.promises import assert_promises
from tests.support.stored import row

T = TypeVar("T")

START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
CATALOGUE = parse_catalogue(
    (Path(__file__).parents[2] / "functions" / "catalogue.toml").read_text(encoding="utf-8")
)
TIMING = Timing(
    attempt_s=600,
    lease_s=60,
    pickup_s=120,
    return_s=30,
    settle_s=60,
    waiting_s=300,
    retry=BackOff(base_s=5, cap_s=600),
    snooze=BackOff(base_s=10, cap_s=600),
)
WELCOME = WelcomePolicy(("custom", "email", "phone", "google.com"), credits_a_day_max=1_000_000)


def user(uid: str, provider: str = "custom", **known: Any) -> Caller:
    """A caller who signed in, by default with a custom token of the project's own backend. `known` are their
    verified `email`, their `phone` and their `subjects`."""
    email = plain_email(known.get("email", ""))
    return Caller(uid, sign_in=SignIn(provider, identities_of(uid, **known), email))


ANN = user("ann")
ADMIN = Caller("root", is_admin=True)


class InstantProvider(OneShotProvider):
    """A provider that takes no time and obeys the prompt's tags.

    `starts` counts, by job, the calls that would have cost money; `meanwhile` holds what happens
    elsewhere during the next calls, one each.
    """

    def __init__(self) -> None:
        self.starts: dict[str, int] = {}
        self.meanwhile: list[Callable[[], object]] = []

    def start(self, request: ProviderRequest) -> Finished:
        self.starts[request.job_id] = self.starts.get(request.job_id, 0) + 1
        if self.meanwhile:
            self.meanwhile.pop(0)()
        tags = read_tags(request.prompt)
        if request.snoozes < tags.throttle_times:
            raise ThrottledError("throttled", "slow down", retry_after_s=7)
        if tags.is_blocked or tags.fails_permanently:
            raise RejectedError("content-blocked", "no")
        if tags.fails_always or request.attempt <= tags.fail_times:
            raise UnavailableError("provider-unavailable", "not now")
        count = request.count if tags.partial is None else tags.partial
        return Finished(Asset(PICTURE, "png", "image/png") for _ in range(count))


class SharedDocuments(MemoryDocuments):
    """Documents that others write, too: `meanwhile` holds what happens elsewhere, undisturbed, between
    the next units of work (each try is one) and their commits."""

    def __init__(self) -> None:
        super().__init__(DEPLOYED)
        self.meanwhile: list[Callable[[], object]] = []

    def transact(self, work: Callable[[Transaction], T], after: Written | None = None) -> T:
        def interrupted(tx: Transaction) -> T:
            result = work(tx)
            if self.meanwhile:
                happens, *later = self.meanwhile
                self.meanwhile = []
                happens()
                self.meanwhile = later
            return result

        return super().transact(interrupted, after)


@dataclass
class World:
    documents: SharedDocuments = field(default_factory=SharedDocuments)
    tasks: MemoryTasks = field(default_factory=MemoryTasks)
    media: MemoryMedia = field(default_factory=MemoryMedia)
    clock: ManualClock = field(default_factory=lambda: ManualClock(START))
    provider: Any = field(default_factory=InstantProvider)
    outside: MemoryOutside = field(default_factory=MemoryOutside)
    checkout: MemoryCheckout = field(default_factory=MemoryCheckout)
    sign_ins: MemorySignIns = field(default_factory=MemorySignIns)
    backend: Backend = field(init=False)

    def __post_init__(self) -> None:
        ids = itertools.count()
        self.backend = Backend(
            documents=self.documents,
            tasks=self.tasks,
            media=self.media,
            clock=self.clock,
            catalogue=CATALOGUE,
            timing=TIMING,
            welcome=WELCOME,
            providers={"local": self.provider},
            directors={"local-director": LocalDirector()},
            preview=lambda content, _: Preview(b"thumb of " + content),
            check_upload=taken_as_it_is,
            outside=self.outside,
            sign=sign,
            checkout=self.checkout,
            sign_ins=self.sign_ins,
            chance=lambda: 0.5,
            new_id=lambda: f"id{next(ids):04}",
            is_fuse_blown=FuseReading(self.documents, self.clock),
            breakers=SharedBreakers(self.documents, self.clock),
            webhook_url=lambda job: webhook_url("http://functions", job),
            gate=Gate(CATALOGUE.limits.gate_a_minute, self.clock),
            is_emulated=True,
        )

    def submit(
        self, prompt: str = "a lighthouse", caller: Caller = ANN, **fields: Any
    ) -> Submission:
        return submit_job(self.backend, caller, image_request(prompt, **fields))

    def set_tier(self, tier: str, caller: Caller = ANN) -> None:
        """Gives the caller an account of that tier with 100 credits, which has had its welcome and this
        month's grant."""
        level = CATALOGUE.tier_of(tier).monthly_credits

        def work(tx: Transaction) -> None:
            now = self.clock.now()
            account = find_or_open(self.backend, tx, f"user_{caller.uid}", now)
            had = replace(account, tier=tier, welcome=Welcome.GIVEN)
            had = accounts.with_month(had, month_of(now), level, 0)
            amount = CATALOGUE.defaults.welcome_credits
            postings = [Posting(gifts.ENTRY_ID, EntryType.GRANT, amount)]
            known = (
                account.available
                if account.welcome is Welcome.GIVEN
                else account.available + amount
            )
            if known != amount:
                postings.append(
                    Posting(f"{now.isoformat()}:adjust", EntryType.ADJUST, amount - known)
                )
            ledger.write(tx, *ledger.post(tx, had, postings, "test", now))

        self.documents.transact(work)

    def grant(self, amount: int, account_id: str = "user_ann", request_id: str = "g1") -> Account:
        request = {
            "accountId": account_id,
            "amount": amount,
            "reason": "gift",
            "requestId": request_id,
        }
        return grant_credits(self.backend, ADMIN, parse(GrantCredits, request))

    def submit_batch(
        self, rows: Sequence[Mapping[str, Any]] | int = 3, caller: Caller = ANN, **fields: Any
    ) -> Batch:
        """A batch of these rows, or of so many."""
        sent = [{"prompt": f"row {i}"} for i in range(rows)] if isinstance(rows, int) else rows
        request = parse(SubmitBatch, {"name": "posters", "rows": [*sent], **fields})
        return submit_batch(self.backend, caller, request).batch

    def control_batch(
        self, batch_id: str, action: str, caller: Caller = ANN, **fields: Any
    ) -> Batch:
        request = parse_action(BATCH_ACTIONS, {"batchId": batch_id, "action": action, **fields})
        return control_batch(self.backend, caller, request)

    def invite_to(self, batch_id: str, caller: Caller = ANN, **fields: Any) -> NewShareInvite:
        asked = {"batchId": batch_id, "action": "invite", "role": "commenter", **fields}
        made = share_batch(self.backend, caller, parse_action(SHARING_ACTIONS, asked))
        assert isinstance(made, NewShareInvite)
        return made

    def join_batch(self, batch_id: str, caller: Caller, code: str) -> Batch:
        asked = {"batchId": batch_id, "action": "join", "code": code}
        joined = share_batch(self.backend, caller, parse_action(SHARING_ACTIONS, asked))
        assert isinstance(joined, Batch)
        return joined

    def batch_half_done(self) -> str:
        """The id of a batch of two rows, of which the first has failed and the second has not begun."""
        batch = self.submit_batch([{"prompt": "[[blocked]]"}, {"prompt": "x"}])
        self.go_on()
        self.deliver(self.batch_rows(batch.id)[0].job_id or "")
        self.settle()
        return batch.id

    def batch(self, batch_id: str) -> Batch:
        batch = self.documents.get(at.batch(batch_id))
        assert batch is not None
        return batch

    def batch_rows(self, batch_id: str) -> list[Row]:
        """In the order of their indexes."""
        return self.documents.find(Row, Query(at.rows(batch_id), order_by=("index",)))

    def go_on(self) -> None:
        """Every task of batches, until none is left."""
        while self.tasks.of_batches:
            task = self.tasks.of_batches.pop(0)
            if "accountId" in task.body:
                dispatch_account(self.backend, task.body["accountId"])
            else:
                look_after(self.backend, task.body["batchId"])

    def export(self, caller: Caller = ANN, **fields: Any) -> Export:
        """An export that was asked for; by default a ZIP."""
        request = parse(ExportBatch, {"format": "zip", **fields})
        return export_batch(self.backend, caller, request)

    def make_exports(self) -> list[str]:
        """Every task of exports, until none is left; what came of each."""
        outcomes = []
        while self.tasks.of_exports:
            body = self.tasks.of_exports.pop(0).body
            outcomes.append(make_export(self.backend, body["uid"], body["exportId"]))
        return outcomes

    def exported(self, export: Export) -> Export:
        """The export as it is now."""
        found = self.documents.get(at.export(export.user_id, export.id))
        assert found is not None
        return found

    def register(self, caller: Caller = ANN, **fields: Any) -> WebhookCreated:
        """A webhook that was registered; by default for everything that Ann pays for."""
        request = {"url": "https://example.com/hook", **fields}
        return create_webhook(self.backend, caller, parse(CreateWebhook, request))

    def webhook(self, webhook_id: str) -> Webhook:
        found = self.documents.get(at.webhook(webhook_id))
        assert found is not None
        return found

    def notices(self, webhook_id: str) -> list[Notice]:
        """In the order of their events."""
        found = self.documents.find(Notice, Query(at.notices(webhook_id)))
        return sorted(found, key=lambda each: (each.event, each.occurred_at, each.path))

    def tell_webhooks(self) -> list[str]:
        """Every task of webhooks that is due, until none is; what came of each."""
        outcomes = []
        while due := [t for t in self.tasks.of_webhooks if self._is_due(t.not_before)]:
            for task in due:
                self.tasks.of_webhooks.remove(task)
                webhook_id, notice_id = task.body["webhookId"], task.body["deliveryId"]
                outcomes.append(deliver_notice(self.backend, webhook_id, notice_id))
        return outcomes

    def control_account(self, action: str, caller: Caller = ADMIN, **fields: Any) -> Account | None:
        request = parse_action(ACCOUNT_ACTIONS, {"action": action, **fields})
        return control_account(self.backend, caller, request)

    def control_team(self, caller: Caller, team_id: str, action: str, **fields: Any) -> Any:
        request = parse_action(TEAM_ACTIONS, {"teamId": team_id, "action": action, **fields})
        return control_team(self.backend, caller, request)

    def found_team(self, owner: Caller = ANN, available: int = 100, **roles: str) -> str:
        """A team of `owner` with so many credits, joined by users in these roles; its id."""
        team_id = create_team(self.backend, owner, parse(CreateTeam, {"name": "Lights"})).id
        if available:
            self.grant(available, f"team_{team_id}", f"of {team_id}")
        for uid, role in roles.items():
            self.join(team_id, uid, role, invited_by=owner)
        return team_id

    def join(self, team_id: str, uid: str, role: str, invited_by: Caller = ANN) -> None:
        invite: NewInvite = self.control_team(invited_by, team_id, "invite", role=role)
        self.control_team(user(uid), team_id, "accept", code=invite.code)

    def member(self, team_id: str, uid: str) -> Member | None:
        return self.documents.get(at.member(team_id, uid))

    def overwrite(self, path: str, **fields: Any) -> None:
        """Changes fields without the services. A job's fields are given flat, without its parts."""
        self._write(path, self.row(path) | row(path, fields))

    def forget(self, path: str, *names: str) -> None:
        """Removes these fields, as if an older version had written the document, which did not have them."""
        self._write(path, {n: v for n, v in self.row(path).items() if n not in names})

    def row(self, path: str) -> dict[str, Any]:
        """The document's fields; a job's are flat, without its parts."""
        return row(path, self.documents.peek(path)[0] or {})

    def _write(self, path: str, fields: Mapping[str, Any]) -> None:
        kind = Job if path.startswith(f"{at.JOBS}/") else dict
        self.documents.overwrite(path, at.folded(kind, fields))

    def deliver_all(self) -> None:
        """Every task that is due, until none is; what raises is delivered again later."""
        while due := [t for t in self.tasks.queued if self._is_due(t.not_before)]:
            for task in due:
                self.tasks.queued.remove(task)
                self.deliver(task.body["jobId"], task.body["delivery"])
        while self.tasks.of_teams:
            self.replace_addresses(self.tasks.of_teams.pop(0))
        self.go_on()

    def replace_addresses(self, task: Task) -> str:
        if "batchId" not in task.body:
            return self.rotate(task.body["teamId"])
        try:
            return end_shares(self.backend, task.body["batchId"])
        except BusyError:
            return "busy"

    def rotate(self, team_id: str) -> str:
        """Runs one task of a team's rotation, one job after the other. A task that ends in "busy" is
        delivered again by the sweep."""
        try:
            return rotate_addresses(self.backend, team_id, at_once=1)
        except BusyError:
            return "busy"

    def deliver(self, job_id: str, delivery: int | None = None) -> str:
        try:
            return run_job(self.backend, job_id, delivery)
        except BusyError:
            return "busy"

    def finish(self, prompt: str = "a lighthouse", **fields: Any) -> Job:
        """A job of Ann's that has been submitted, run and settled, however it ended."""
        job = self.submit(prompt, **fields).job
        self.run_until_quiet()
        return self.job(job.id)

    def settle_all(self) -> None:
        for account_id in {job.account_id for job in self.jobs()}:
            settle_account(self.backend, account_id)

    def settle(self, account_id: str = "user_ann") -> int:
        return settle_account(self.backend, account_id)

    def cancel(self, job_id: str, caller: Caller = ANN, **fields: Any) -> Job:
        request = parse(ControlJob, {"jobId": job_id, "action": "cancel", **fields})
        return control_job(self.backend, caller, request)

    def at(self, seconds: float) -> datetime:
        """So many seconds from now."""
        return self.clock.now() + timedelta(seconds=seconds)

    def run_until_quiet(self, hours: float = 72, step_s: float = 60) -> None:
        """Lives on, minute by minute, until every job is settled or `hours` have passed."""
        for _ in range(int(hours * 3600 / step_s)):
            self.deliver_all()
            self.settle_all()
            is_asking = any(direction.is_asking for direction in self.directions())
            tasks = [*self.tasks.queued, *self.tasks.of_teams, *self.tasks.of_batches]
            are_over = all(batch.due_at is None for batch in self.batches())
            if all(j.is_settled for j in self.jobs()) and not tasks and not is_asking and are_over:
                return
            self.clock.advance(step_s)
            sweep_jobs(self.backend)
        raise AssertionError("the jobs did not come to rest")

    def jobs(self) -> list[Job]:
        return self.documents.find(Job, Query(at.JOBS))

    def batches(self) -> list[Batch]:
        return self.documents.find(Batch, Query(at.BATCHES))

    def directions(self) -> list[DirectionRecord]:
        return self.documents.find(DirectionRecord, Query(at.DIRECTIONS))

    def job(self, job_id: str) -> Job:
        job = self.documents.get(at.job(job_id))
        assert job is not None
        return job

    def account(self, account_id: str = "user_ann") -> Account:
        account = self.documents.get(at.account(account_id))
        assert account is not None
        return account

    def entries(self, account_id: str = "user_ann") -> dict[str, Entry]:
        """The account's entries, in the order in which they were written."""
        prefix = f"{at.ledger(account_id)}/"
        paths = [path for path in self.documents.paths() if path.startswith(prefix)]
        refs = [at.entry(account_id, path.removeprefix(prefix)) for path in paths]
        return {ref.id: entry for ref in refs if (entry := self.documents.get(ref))}

    def view(self, job_id: str) -> Mapping[str, Any]:
        fields, _ = self.documents.snapshot(at.view_path(self.job(job_id)))
        assert fields is not None
        return fields

    def assert_promises(self) -> None:
        assert_promises(self.contents(), self.media.exists)

    def contents(self) -> dict[str, Mapping[str, Any]]:
        """Every document by its path."""
        return {path: self.documents.snapshot(path)[0] or {} for path in self.documents.paths()}

    def _is_due(self, moment: datetime | None) -> bool:
        return moment is None or moment <= self.clock.now()


def logged(capsys: pytest.CaptureFixture[str], event: str) -> list[dict[str, Any]]:
    """The log lines of that event since the last call."""
    lines = "".join(capsys.readouterr()).splitlines()
    entries = [json.loads(line) for line in lines if line.startswith("{")]
    return [entry for entry in entries if entry["message"] == event]


def image_request(prompt: str = "a lighthouse", **fields: Any) -> GenerateImage:
    return parse(GenerateImage, {"prompt": prompt, **fields})


def at_once(*actions: Callable[[], T]) -> list[T]:
    """What each action answered; all start at the same moment, each in a thread of its own."""
    start = Barrier(len(actions))

    def run(action: Callable[[], T]) -> T:
        start.wait()
        return action()

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))
