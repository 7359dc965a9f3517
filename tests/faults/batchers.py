"""Those who send batches, for their own account or a team's, and control them: everything several times, at
once, late, under a name or without one. Each account has few slots, so that rows wait."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from mediaforge.domain.errors import InsufficientCreditsError, RequestError
from mediaforge.services.backend import Backend
from tests.faults import calls
from tests.faults.chance import Chance
from tests.faults.clients import Clients, Errand
from tests.faults.deletions import is_leaver
from tests.faults.guests import plan_guests
from tests.faults.load import SUBJECT, Holder, uid_prefix
from tests.faults.platform import Outcome, Platform
from tests.faults.ports import FaultyTasks
from tests.faults.record import BatchAnswer, BatchCall, Fields, Record

FEW = "few"
"""A tier with all that the tier `pro` has, and few slots."""

_ACCOUNTS_MAX, _BATCHES = 10, 2
# From so many jobs on every batch has as many rows as it may have; in smaller runs some have few.
_FULL_JOBS = 1000
_JOBS_AN_ACCOUNT, _JOBS_A_ROW, _ROWS_MIN, _ROWS_MAX = 15, 10, 2, 100
_TAGS = {
    "": 50,
    "[[fail:permanent]]": 12,
    "[[blocked]]": 6,
    "[[fail:transient:1]]": 6,
    "[[throttle:1]]": 5,
    "[[partial:0]]": 4,
    "[[crash:before-save]]": 4,
    "[[crash:after-save]]": 4,
    "[[sleep:90]]": 5,
    "[[fail:always]]": 4,
}
_MODELS = {"local-image": 60, "billing-image": 25, "stoppable-image": 15}
_COUNTS = {1: 75, 2: 25}
_FILMS, _FILM_S = 0.12, 2
# Of a picture, and of a film of that many seconds.
_PRICE_CREDITS = 2
_PRIORITIES = ("low", "normal", "high")
_SCHEDULED, _NAMED, _CANCELLED, _FORGOTTEN, _ROW_DELETED = 0.25, 0.75, 0.2, 0.1, 0.08
# A copy of a batch without a name is one more batch, so that of the large ones few have none.
_LARGE_NAMED = 0.9
# How likely an errand is sent a second time beside the first, and once more when it has long been answered.
_TWICE, _AGAIN = 0.25, 0.4
_AGAIN_S, _WITHIN_S, _EARLY_S = 900, 900, 4
_PAUSED_S = (10, 200)
_LOOKED_AFTER_S = 300
_TRIES_MAX = 8
_SINGLE_JOBS = 4
# What anybody who controls a batch may be told.
_REFUSED = {"illegal-state", "insufficient-credits", "rate-limited", "account-blocked"}
# Where an operator deletes under their hands, this, too.
_REFUSED_LEAVERS = _REFUSED | {"not-found", "quota-exceeded", "batch-too-large"}
# Of a row that an operator has deleted.
_NO_ROW = "invalid-request"


@dataclass(frozen=True)
class Sender:
    """Who sends batches: the people of one account."""

    name: str
    account_id: str
    uids: tuple[str, ...]

    @property
    def team_id(self) -> str | None:
        of, _, team_id = self.account_id.partition("_")
        return team_id if of == "team" else None


def plan_batches(clients: Clients, holders: Sequence[Holder], jobs: int) -> None:
    """Of the accounts that send batches some are those of `holders`, which send single jobs in bursts. Beside
    a thousand jobs they are ten, and send twenty batches of a hundred rows."""
    number = max(3, min(_ACCOUNTS_MAX, jobs // _JOBS_AN_ACCOUNT))
    rows_max = max(5, min(_ROWS_MAX, jobs // _JOBS_A_ROW))
    rows_min = rows_max if jobs >= _FULL_JOBS else _ROWS_MIN
    busy = [holder for holder in holders if holder.tier != "free"][: number // 3]
    senders = [Sender(h.name, clients.account_ids[h.name], h.uids) for h in busy]
    senders += [_open(clients, n, rows_max) for n in range(number - len(senders))]
    for sender in senders:
        _Batcher(clients, sender, rows_min, rows_max).begin()
    for holder in holders:
        if is_leaver(holder.name):
            sender = Sender(holder.name, f"user_{holder.name}", holder.uids)
            _Batcher(clients, sender, _ROWS_MIN, rows_max=3).begin()


def _open(clients: Clients, number: int, rows_max: int) -> Sender:
    """An account of its own, before anything goes wrong: every third a team's."""
    platform = clients.platform
    name = f"{uid_prefix(platform.stage.chance.seed)}batcher{number}"
    uids = (name, f"{name}-mate") if number % 3 == 0 else (name,)
    platform.stage.record.sign_ins |= {uid: {("uid", uid)} for uid in uids}
    amount = 2 * _PRICE_CREDITS * rows_max

    def make(backend: Backend) -> str:
        account_id = f"user_{name}"
        if len(uids) > 1:
            account_id = f"team_{calls.make_team(backend, uids[0], list(uids[1:]), name)}"
        calls.set_tier(backend, account_id, FEW)
        calls.grant(backend, account_id, amount, name)
        return account_id

    account_id = platform.live(f"account of {name}", make, is_troubled=False).value
    assert account_id, "nothing goes wrong yet"
    platform.stage.record.grants[account_id, name] = amount
    return Sender(name, account_id, uids)


@dataclass(frozen=True)
class _Ask:
    """What `uid` asks about a batch: `fields` are without its id; `name` is the errand's."""

    kind: str
    name: str
    uid: str
    fields: Fields
    is_named: bool


@dataclass
class _Batcher:
    clients: Clients
    sender: Sender
    rows_min: int
    rows_max: int
    _known: set[str] = field(default_factory=set)
    _bought: int = 0
    _lacks_rows: bool = False

    @property
    def _platform(self) -> Platform:
        return self.clients.platform

    @property
    def _chance(self) -> Chance:
        return self._platform.stage.chance

    @property
    def _record(self) -> Record:
        return self._platform.stage.record

    @property
    def _is_leaver(self) -> bool:
        return is_leaver(self.sender.name)

    def begin(self) -> None:
        for number in range(_BATCHES):
            name = f"{self.sender.name}.batch{number}"
            at_s = self._chance.between(0, 400, "batch", name)
            self._submit(name, at_s)
            if self._chance.happens(_TWICE, "twice", name):
                self._submit(name, at_s + self._chance.between(0, 0.5, "second", name))
        if "batcher" in self.sender.name:
            for number in range(_SINGLE_JOBS):
                self._submit_single(f"{self.sender.name}.single{number}")

    # ---- submitting ----------------------------------------------------------------------------

    def _submit(self, name: str, delay_s: float, tries: int = 1) -> None:
        uid = self._chance.one_of(self.sender.uids, "who", name)
        payload = self._payload(name)

        def note(_: datetime, outcome: Outcome[str]) -> None:
            self._note(_Ask("submitBatch", name, uid, payload, "requestId" in payload), outcome)
            if outcome.refusal is not None and tries < _TRIES_MAX:
                again_s = self._before_again_s(outcome.refusal, f"{name} {tries}")
                self._submit(name, again_s, tries + 1)
            if outcome.value is not None:
                if self._chance.happens(_AGAIN, "again", name, len(self._record.batch_answers)):
                    self._submit(name, self._chance.between(0, _AGAIN_S, "when again", name))
                self._control(outcome.value)

        def call(backend: Backend) -> str:
            self._note_call(backend, "submitBatch", name, None, "requestId" in payload, None)
            return calls.submit_rows(backend, uid, payload)

        self.clients.do(Errand("submitBatch", name, call, note), delay_s)

    def _payload(self, name: str) -> dict[str, Any]:
        chance = self._chance
        rows = [
            self._row(f"{name}.{n}")
            for n in range(chance.whole(self.rows_min, self.rows_max, "rows", name))
        ]
        priority = chance.one_of(_PRIORITIES[: 2 if self._is_leaver else 3], "priority", name)
        payload = {"name": name, "rows": rows, "priority": priority}
        if self.sender.team_id is not None:
            payload["teamId"] = self.sender.team_id
        is_large = self.rows_min == self.rows_max
        if chance.happens(_LARGE_NAMED if is_large else _NAMED, "named", name):
            payload["requestId"] = name
        if chance.happens(_SCHEDULED, "scheduled", name):
            later_s = chance.between(300, 1200, "when", name)
            began = datetime.fromisoformat("2026-11-30T23:50:00+00:00")
            payload["scheduledAt"] = (began + timedelta(seconds=later_s)).isoformat()
        return payload

    def _row(self, name: str) -> dict[str, Any]:
        row = {"prompt": f"{SUBJECT} {self._chance.weighted(_TAGS, 'tag', name)}"}
        if self._is_leaver:
            return {**row, "model": "local-image", "count": 1}
        if self._chance.happens(_FILMS, "film", name):
            return {**row, "kind": "video", "model": "local-video", "durationSeconds": _FILM_S}
        model = self._chance.weighted(_MODELS, "model", name)
        return {**row, "model": model, "count": self._chance.weighted(_COUNTS, "count", name)}

    def _submit_single(self, name: str) -> None:
        """Beside its batches, with which it takes turns."""
        payload = {"prompt": SUBJECT, "model": "local-image", "requestId": name}
        if self.sender.team_id is not None:
            payload["teamId"] = self.sender.team_id

        def note(_: datetime, outcome: Outcome[str]) -> None:
            if outcome.refusal is not None:
                self._note_refusal(name, outcome.refusal)

        uid = self.sender.uids[0]
        call = partial(calls.submit, uid=uid, payload=payload)
        at_s = self._chance.between(0, _WITHIN_S, "single", name)
        self.clients.do(Errand("single", name, call, note), at_s)

    # ---- controlling ---------------------------------------------------------------------------

    def _control(self, batch_id: str) -> None:
        """What is done to a batch is planned when it is first heard of."""
        if batch_id in self._known:
            return
        self._known.add(batch_id)
        chance = self._chance
        total = max(1, len(self._rows_of(batch_id)))
        for number in range(chance.whole(0, 2, "pauses", batch_id)):
            self._plan_pause(batch_id, number)
        for number in range(chance.whole(0, 3, "retries", batch_id)):
            self._plan(batch_id, "retryFailed", number)
        for number in range(chance.whole(0, 4, "edits", batch_id)):
            row = chance.whole(0, total - 1, "edited", batch_id, number)
            fields = {"row": row, "changes": {"prompt": f"{SUBJECT} edited {number}"}}
            self._plan(batch_id, "editRow", number, **fields)
        for number in range(chance.whole(0, 2, "orders", batch_id)):
            order = chance.one_of(_PRIORITIES[:2], "order", batch_id, number)
            self._plan(batch_id, "setPriority", number, priority=order)
        for number in range(3):
            at_s = chance.between(1, _WITHIN_S, "row's job", batch_id, number)
            self.clients.at(at_s, partial(self._control_job, batch_id, number))
        if not self._is_leaver:
            plan_guests(
                self.clients, batch_id, self.sender.uids, self.sender.name, within_s=_WITHIN_S
            )
            for number in range(chance.whole(0, 3, "made is deleted", batch_id)):
                at_s = chance.between(1, _WITHIN_S, "when made is deleted", batch_id, number)
                self.clients.at(at_s, partial(self._delete_made, batch_id, number))
        if "batcher" in self.sender.name and chance.happens(_ROW_DELETED, "deleted", batch_id):
            at_s = chance.between(1, _WITHIN_S, "when deleted", batch_id)
            self.clients.at(at_s, partial(self._delete_row, batch_id))
        if chance.happens(_CANCELLED, "cancelled", batch_id):
            self._plan(batch_id, "cancel", 0)
        if not chance.happens(_FORGOTTEN, "forgotten", batch_id):
            self.clients.at(_WITHIN_S + _AGAIN_S, partial(self._look_after, batch_id, 0))

    def _plan(self, batch_id: str, action: str, number: int, **fields: Any) -> float:
        """Sent at some moment, often a second time beside the first, and once more long after. Returns the
        moment of the first."""
        chance, about = self._chance, (action, batch_id, number)
        # Half of the pauses and cancels come while its first rows are handed over.
        is_early = action in ("pause", "cancel") and chance.happens(0.5, "early", *about)
        at_s = chance.between(0, _EARLY_S if is_early else _WITHIN_S, "at", *about)
        ask = self._ask(batch_id, action, number, fields)
        self._do(batch_id, ask, at_s)
        if chance.happens(_TWICE, "by another, too", *about):
            other = self._ask(batch_id, action, f"{number} too", fields)
            self._do(batch_id, other, at_s + chance.between(0, 1, "beside", *about))
        if chance.happens(_AGAIN, "again", *about):
            self._do(batch_id, ask, at_s + chance.between(1, _AGAIN_S, "late copy", *about))
        return at_s

    def _plan_pause(self, batch_id: str, number: int) -> None:
        at_s = self._plan(batch_id, "pause", number)
        if self._chance.happens(0.7, "resumed", batch_id, number):
            lasts_s = self._chance.between(*_PAUSED_S, "for", batch_id, number)
            self._do(batch_id, self._ask(batch_id, "resume", number, {}), at_s + lasts_s)

    def _look_after(self, batch_id: str, number: int) -> None:
        """Nobody but who forgot it leaves a batch paused. A retry may be refused for want of credits, and the
        rows stay failed."""
        batch = self._record.last.get(f"batches/{batch_id}")
        if batch is None or batch["status"] in ("completed", "cancelled"):
            return
        if batch["status"] == "paused":
            self._do(batch_id, self._ask(batch_id, "resume", f"at last {number}", {}), 0)
        self.clients.at(_LOOKED_AFTER_S, partial(self._look_after, batch_id, number + 1))

    def _control_job(self, batch_id: str, number: int) -> None:
        """A row's job is cancelled, or repeated outside of the batch, by itself."""
        jobs = [row["job_id"] for row in self._rows_of(batch_id) if row.get("job_id")]
        jobs = [job_id for job_id in jobs if not self._record.last[f"jobs/{job_id}"]["deleted_at"]]
        if not jobs:
            return
        job_id = self._chance.one_of(sorted(jobs), "job", batch_id, number)
        uid = self._record.last[f"jobs/{job_id}"]["user_id"]

        def note(_: datetime, outcome: Outcome[Any]) -> None:
            job = self._record.last[f"jobs/{job_id}"]
            is_gone = (
                job["deleted_at"] and outcome.refusal and outcome.refusal.reason == "not-found"
            )
            if outcome.refusal is not None and not is_gone:  # it may have been deleted meanwhile
                self._note_refusal(f"job {job_id}", outcome.refusal)

        status = self._record.last[f"jobs/{job_id}"]["status"]
        if status in ("failed", "cancelled"):
            call: Callable[[Backend], Any] = partial(calls.retry, uid=uid, job_id=job_id)
            self.clients.do(Errand("retry", job_id, call, note), 0)
        elif self._chance.happens(0.4, "job is cancelled", batch_id, number):
            call = partial(self._cancel_job, uid, job_id)
            self.clients.do(Errand("cancel", job_id, call, note), 0)

    def _cancel_job(self, uid: str, job_id: str, backend: Backend) -> int:
        self._record.accepted.add(job_id)
        return calls.cancel(backend, uid, job_id, accepts_charge=True)

    def _delete_made(self, batch_id: str, number: int) -> None:
        """Some of the rows' jobs that have ended, by whoever sent the batch."""
        jobs = {
            job_id: self._record.last[f"jobs/{job_id}"]
            for row in self._rows_of(batch_id)
            if (job_id := row["job_id"]) and row["status"] in ("completed", "failed", "cancelled")
        }
        if not jobs:
            return
        first = self._chance.one_of(sorted(jobs), "deleted", batch_id, number)
        ids = sorted({first, self._chance.one_of(sorted(jobs), "and", batch_id, number)})

        def note(_: datetime, outcome: Outcome[None]) -> None:
            if outcome.refusal is not None:
                self._note_refusal(f"deleting {ids}", outcome.refusal)

        call = partial(calls.delete_made, uid=jobs[first]["user_id"], job_ids=ids)
        self.clients.do(Errand("deletion", f"{batch_id} {number}", call, note), 0)

    def _delete_row(self, batch_id: str) -> None:
        """An operator does, by hand. What is held for a row that waits would stay held for ever; one that has
        a job is paid for by its job."""
        prefix, last = f"batches/{batch_id}/rows/", self._record.last
        paths = [path for path in last if path.startswith(prefix) and last[path]["job_id"]]
        if paths:
            path = self._chance.one_of(sorted(paths), "which row", batch_id)
            call = partial(calls.delete, paths=[path])
            self._lacks_rows = True
            self._platform.live(f"the operator deletes {path}", call, is_troubled=False)

    def _rows_of(self, batch_id: str) -> list[Fields]:
        prefix = f"batches/{batch_id}/rows/"
        return [fields for path, fields in self._record.last.items() if path.startswith(prefix)]

    def _ask(self, batch_id: str, action: str, number: object, fields: Fields) -> _Ask:
        name = f"{batch_id} {number}"
        uid = self._chance.one_of(self.sender.uids, "by", action, name)
        return _Ask(action, name, uid, fields, self._chance.happens(_NAMED, "named", action, name))

    def _do(self, batch_id: str, ask: _Ask, delay_s: float, tries: int = 1) -> None:
        sent = {"batchId": batch_id, "action": ask.kind, **ask.fields}
        if ask.is_named:
            sent["requestId"] = ask.name

        def note(_: datetime, outcome: Outcome[str]) -> None:
            self._note(ask, replace_value(outcome, batch_id))
            if isinstance(outcome.refusal, InsufficientCreditsError) and tries < _TRIES_MAX:
                again_s = self._before_again_s(outcome.refusal, f"{ask.kind} {ask.name} {tries}")
                self._do(batch_id, ask, again_s, tries + 1)

        def call(backend: Backend) -> str:
            row = ask.fields.get("row")
            self._note_call(backend, ask.kind, ask.name, batch_id, ask.is_named, row)
            return calls.control_rows(backend, ask.uid, sent)

        kind = "cancelBatch" if ask.kind == "cancel" else ask.kind
        self.clients.do(Errand(kind, ask.name, call, note), delay_s)

    # ---- what comes of it ----------------------------------------------------------------------

    def _note_call(
        self,
        backend: Backend,
        kind: str,
        name: str,
        batch_id: str | None,
        is_named: bool,
        row: int | None,
    ) -> None:
        assert isinstance(backend.tasks, FaultyTasks)
        process, now = backend.tasks.process.name, self._platform.clock.now()
        commits = len(self._record.commits)
        call = BatchCall(process, kind, name, batch_id, is_named, now, commits, row)
        self._record.batch_calls.append(call)

    def _note(self, ask: _Ask, outcome: Outcome[str]) -> None:
        self._record.batch_answers.append(
            BatchAnswer(
                kind=ask.kind,
                name=ask.name,
                uid=ask.uid,
                request_id=ask.name if ask.is_named else None,
                batch_id=outcome.value,
                refused=outcome.refusal.reason if outcome.refusal else None,
                commits=len(self._record.commits),
            )
        )
        if outcome.refusal is not None:
            self._note_refusal(f"{ask.kind} {ask.name}", outcome.refusal)

    def _note_refusal(self, name: str, refusal: RequestError) -> None:
        known = _REFUSED_LEAVERS if self._is_leaver else _REFUSED
        is_known = refusal.reason in known or (self._lacks_rows and refusal.reason == _NO_ROW)
        if not is_known:
            self._record.surprises.append(f"{name} was refused: {refusal}")

    def _before_again_s(self, refusal: RequestError, name: str) -> float:
        """Whoever has too little buys what is missing, and comes back."""
        delay_s = self._chance.between(1, 30, "come back", name)
        if isinstance(refusal, InsufficientCreditsError) and not self._is_leaver:
            missing = refusal.details["required"] - refusal.details["available"]
            self._buy(max(1, missing))
        return delay_s + float(refusal.details.get("retryAfterSeconds", 0))

    def _buy(self, amount: int) -> None:
        self._bought += 1
        name = f"{self.sender.name.replace('-', 'x')}xrows{self._bought}"
        account_id = self.sender.account_id

        def note(_: datetime, outcome: Outcome[None]) -> None:
            if outcome.refusal:
                self._record.surprises.append(f"{name} was refused: {outcome.refusal}")
            else:
                self._record.grants[account_id, name] = amount

        call = partial(calls.buy, account_id=account_id, amount=amount, name=name)
        self.clients.do(Errand("gift", name, call, note), 0)


def replace_value(outcome: Outcome[str], batch_id: str) -> Outcome[str]:
    """The outcome of a control call, which answers with the batch."""
    return Outcome(batch_id if outcome.value is not None else None, outcome.refusal, outcome.why)
