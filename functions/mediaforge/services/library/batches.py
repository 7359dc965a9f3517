"""Accepting a batch: every row is checked, and all of them are accepted with one hold in one commit, or none
is. A row gets its job with its slot (`services/jobs/dispatch.py`), so accepting makes no job."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.contract.requests import (
    GenerateImage,
    GenerateVideo,
    SubmitBatch,
    as_sent,
    is_document_id,
    parse,
)
from mediaforge.domain import credits
from mediaforge.domain.catalogue import Tier
from mediaforge.domain.errors import (
    BatchTooLargeError,
    FieldError,
    InvalidRequestError,
    OverBudgetError,
    RequestError,
    RequestIdReusedError,
)
from mediaforge.domain.jobs.job import Job, JobStatus, Priority
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.library import batches
from mediaforge.domain.library.batches import Batch, BatchStatus, Cost, Counts, Row
from mediaforge.domain.library.templates import merged
from mediaforge.domain.money import accounts
from mediaforge.domain.money.accounts import Account, team_account_id, user_account_id
from mediaforge.ports.documents import Query, Transaction
from mediaforge.services import tasks
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.jobs.accept import Given, accept, refs_of
from mediaforge.services.jobs.plans import Library, Origin, Plan, hash_of, plan, request_hash
from mediaforge.services.jobs.plans.origin import check_priority
from mediaforge.services.jobs.reuse import answered
from mediaforge.services.money import ledger
from mediaforge.services.money.blocks import refuse_blocked, refuse_blocked_caller
from mediaforge.services.people.members import refuse_blocked_team

ROW_REQUESTS: Mapping[str, type[GenerateImage] | type[GenerateVideo]] = {
    JobKind.IMAGE.value: GenerateImage,
    JobKind.VIDEO.value: GenerateVideo,
}
# A task may wait in its queue, and a cancel does not delete it: so it is made this long before at most.
_TASK_AHEAD = timedelta(minutes=10)
_ROW_BYTES_MAX = 48 * 1024
_ROWS_BYTES_MAX = 2048 * 1024


@dataclass(frozen=True, slots=True)
class BatchSubmission:
    """An accepted batch. `is_replay`: the same `requestId` had been accepted before."""

    batch: Batch
    notes: tuple[str, ...] = ()
    is_replay: bool = False


def submit_batch(backend: Backend, caller: Caller, request: SubmitBatch) -> BatchSubmission:
    """Raises RequestErrors with nothing written, which name the row and its field; BusyError when it may be
    sent again."""
    now = backend.clock.now()
    request_id = request.request_id
    batch_id = batches.batch_id_of(caller.uid, request_id) if request_id else backend.new_id()
    hash_ = hash_of("submitBatch", request)
    library = Library(backend, caller)
    try:
        _check_schedule(backend, request, now)
        wanted = Wanted(
            batch_id=batch_id,
            caller=caller,
            library=library,
            team_id=request.team_id,
            priority=request.priority,
            defaults=_defaults(request),
        )
        rows = [SentRow(*each) for each in enumerate(request.rows)]
        planned = plan_rows(backend, wanted, rows, now)
        _check_budget(request, planned)
        _check_size(planned)
    except RequestError as error:
        refuse_blocked_caller(backend.documents, caller)
        # A batch that was accepted once stays accepted, though a model or a style has left the catalogue.
        if request_id and (known := backend.documents.get(at.batch(batch_id))):
            refuse_blocked_team(backend.documents.get, caller, known.team_id)
            return _same_request(caller, known, hash_)
        if error.is_cheap and library.has_read:
            backend.gate.count_user_refusal(caller.gate_name)  # as `submit_job` does
        raise
    draft = _draft(request, wanted, hash_, planned, now)
    decide = _acceptance(backend, caller, request, draft, planned)
    submission = backend.documents.transact(
        ledger.looking_up_late(decide, may_be_repeated=request_id is not None)
    )
    if not submission.is_replay:
        _report(submission.batch)
        hand_on(backend, submission.batch)
    elif library.looks:
        backend.gate.count_user_refusal(
            caller.gate_name
        )  # up to a hundred results were looked for in vain
    return submission


def _defaults(request: SubmitBatch) -> Mapping[str, Any]:
    """The fields of rows that leave them out. A template of the batch is one of them."""
    of_template = {"templateId": request.template_id} if request.template_id is not None else {}
    return of_template | {name: v for name, v in request.defaults.items() if v is not None}


def hand_on(backend: Backend, batch: Batch) -> None:
    """Enqueues what goes on with the batch now. The sweep does it where a task is lost."""
    if batch.status.has_ended:
        return
    if not batch.is_scheduled:
        tasks.send_fill(backend, batch.account_id)
    elif batch.scheduled_at and batch.scheduled_at - backend.clock.now() <= _TASK_AHEAD:
        tasks.send_look(backend, batch.id, batch.scheduled_at)


# ---- rows --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the rows of a batch have in common. All are planned with one `library`."""

    batch_id: str
    caller: Caller
    library: Library
    team_id: str | None = None
    priority: Priority = Priority.NORMAL
    defaults: Mapping[str, Any] = field(default_factory=dict)

    @property
    def account_id(self) -> str:
        if self.team_id is not None:
            return team_account_id(self.team_id)
        return user_account_id(self.caller.uid)


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """A row as it was sent, with the defaults, and the plan of its job."""

    index: int
    sent: Mapping[str, Any]
    plan: Plan


# Fields of a request that are the batch's, and that no row has.
OF_THE_BATCH = ("teamId", "priority", "scheduledAt", "requestId")


@dataclass(frozen=True, slots=True)
class SentRow:
    """A row to be planned: its fields as they were sent, and the number of its run. `repeats` is the job that
    it repeats as it was, whatever has become of its template and its pack. `sent_in` is the part of the
    request that has its fields, where it is not the row."""

    index: int
    fields: Mapping[str, Any]
    number: int = 1
    repeats: Job | None = None
    sent_in: str | None = None

    @property
    def part(self) -> str:
        return self.sent_in or f"rows[{self.index}]"


def plan_rows(
    backend: Backend, wanted: Wanted, rows: Sequence[SentRow], now: datetime
) -> list[PlannedRow]:
    """The plans of these rows. Raises InvalidRequestError with the errors of all rows, each named as in
    `rows[3].prompt`; another RequestError of the first row that has one."""
    planned, errors = [], list[dict[str, str]]()
    for row in rows:
        try:
            planned.append(plan_row(backend, wanted, row, now))
        except InvalidRequestError as refusal:
            if type(refusal) is not InvalidRequestError:
                raise refusal.within(row.part) from None
            errors += _named(refusal, row, wanted.defaults)
        except RequestError as refusal:
            raise refusal.within(row.part) from None
    if errors:
        told = {(each["field"], each["message"]): None for each in errors}
        raise InvalidRequestError([FieldError(*each) for each in told])
    plans = answered(backend, wanted.library, [each.plan for each in planned])
    return [replace(each, plan=its) for each, its in zip(planned, plans, strict=True)]


def plan_row(backend: Backend, wanted: Wanted, row: SentRow, now: datetime) -> PlannedRow:
    given = {name: each for name, each in row.fields.items() if each is not None}
    kind = row.repeats.kind.value if row.repeats is not None else None
    sent = _request_of(wanted, merged(wanted.defaults, given), kind)
    request = sent.model_copy(update={"team_id": wanted.team_id, "priority": wanted.priority})
    origin = Origin(
        caller=wanted.caller,
        job_id=batches.job_id_of(wanted.batch_id, row.index, row.number),
        account_id=wanted.account_id,
        now=now,
        request_hash=request_hash(request),
        repeats=row.repeats,
        batch_id=wanted.batch_id,
        row=row.index,
    )
    planned = plan(backend, origin, request, wanted.library)
    return PlannedRow(row.index, as_sent(sent), replace(planned, part=row.part))


def _request_of(
    wanted: Wanted, sent: Mapping[str, Any], known: str | None
) -> GenerateImage | GenerateVideo:
    """`known` is the kind of a row that is repeated. Raises InvalidRequestError, NotFoundError."""
    kind = known or sent.get("kind") or _kind_of(wanted.library, sent.get("templateId"))
    if not isinstance(kind, str) or kind not in ROW_REQUESTS:
        raise InvalidRequestError.of("kind", f"must be one of {', '.join(ROW_REQUESTS)}")
    if misplaced := [name for name in OF_THE_BATCH if name in sent]:
        raise InvalidRequestError([FieldError(each, "is the batch's") for each in misplaced])
    return parse(ROW_REQUESTS[kind], dict(sent), "a row")


def _kind_of(library: Library, template_id: object) -> object:
    """What a row makes that does not say it: what its template does, else a picture."""
    if not isinstance(template_id, str) or not is_document_id(template_id):
        return JobKind.IMAGE.value
    defaults = library.template(template_id).defaults or {}
    return defaults.get("kind", JobKind.IMAGE.value)


def _named(
    refusal: InvalidRequestError, row: SentRow, defaults: Mapping[str, Any]
) -> list[dict[str, str]]:
    """The errors of one row. What is wrong in the defaults is named there, and not in each row."""

    def name(field: str) -> str:
        top = field.partition(".")[0].partition("[")[0]
        if top in defaults and row.fields.get(top) is None:
            return f"defaults.{field}"
        return f"{row.part}.{field}" if field else row.part

    return [{**each, "field": name(each["field"])} for each in refusal.details["fieldErrors"]]


def row_of(planned: PlannedRow, job: Job) -> Row:
    """A row that waits. `job` is the draft of its job, as it was accepted."""
    assert job.batch_id is not None
    return Row(
        id=str(planned.index),
        index=planned.index,
        status=JobStatus.QUEUED,
        kind=job.kind,
        request_data=planned.sent,
        credits=Cost(job.estimated_credits),
        created_at=job.created_at,
        modified=job.modified,
        batch_id=job.batch_id,
        user_id=job.user_id,
        account_id=job.account_id,
        team_id=job.team_id,
        wish=wish_of(job),
    )


def wish_of(job: Job) -> Mapping[str, Any]:
    """What was agreed for the job: the part of its document that never changes, and its queue, should its
    model leave the catalogue."""
    wish: Mapping[str, Any] = at.dump_new(job)["wish"]
    return {**wish, "queue": job.queue}


# ---- acceptance --------------------------------------------------------------------------------------


def _check_schedule(backend: Backend, request: SubmitBatch, now: datetime) -> None:
    days_max = backend.catalogue.limits.schedule_days_max
    if request.scheduled_at and request.scheduled_at > now + timedelta(days=days_max):
        raise InvalidRequestError.of("scheduledAt", f"is more than {days_max} days ahead")


def _check_budget(request: SubmitBatch, planned: Sequence[PlannedRow]) -> None:
    total = sum(each.plan.job.estimated_credits for each in planned)
    if request.max_credits is not None and total > request.max_credits:
        raise OverBudgetError(total, request.max_credits)


def _check_size(planned: Sequence[PlannedRow]) -> None:
    """A row is stored up to six times (as sent, as filled, in its job, in its view), and twenty of them in
    one commit; a document and a commit have limits. Raises InvalidRequestError."""
    left = _ROWS_BYTES_MAX
    for each in planned:
        size = len(json.dumps(each.sent, ensure_ascii=False).encode())
        left -= size
        if size > _ROW_BYTES_MAX or left < 0:
            message = (
                f"is too large: a row may have {_ROW_BYTES_MAX // 1024} KB with what it takes from the "
                f"defaults, and all rows together {_ROWS_BYTES_MAX // 1024} KB"
            )
            raise InvalidRequestError.of(each.plan.part, message)


def _acceptance(
    backend: Backend,
    caller: Caller,
    request: SubmitBatch,
    draft: Batch,
    planned: Sequence[PlannedRow],
) -> Callable[[Transaction, bool], BatchSubmission]:
    plans, batch_id = [each.plan for each in planned], draft.id
    hold = credits.hold_for_batch(f"{batch_id}:hold", batch_id, draft.credits.estimated)
    own_account_id = user_account_id(caller.uid)
    refs = dict.fromkeys([at.account(own_account_id), *refs_of(caller, plans)])
    done_before = [at.batch(batch_id), at.entry(draft.account_id, hold.entry_id)]
    notes = tuple(dict.fromkeys(note for each in plans for note in each.notes))

    def check(tier: Tier) -> None:
        check_priority(tier, request.priority)
        if len(plans) > tier.batch_rows_max:
            raise _too_many("rows", tier.batch_rows_max)

    def decide(tx: Transaction, looks_up: bool) -> BatchSubmission:
        now = backend.clock.now()  # anew for each try: it decides which day's quota is used
        tx.prefetch(*refs, *(done_before if looks_up else ()))
        refuse_blocked(tx.peek, own_account_id)  # where this account pays, `accept` gets it below
        if looks_up and (known := tx.get(at.batch(batch_id))) is not None:
            refuse_blocked_team(tx.peek, caller, known.team_id)
            return _same_request(caller, known, draft.request_hash)
        given = Given(looks_up, check)
        accepted = accept(backend, tx, caller, plans, hold, now, given)
        check_number(backend, tx, draft.account_id)
        account = accepted.account
        batch = _dated(backend, draft, account, now)
        if not batch.is_scheduled:
            account = accounts.open_track(account, batch, now)
        tx.create(at.batch(batch_id), batch)
        for each, job in zip(planned, accepted.jobs, strict=True):
            tx.put(at.row(batch_id, each.index), row_of(each, job))
        accepted.write(tx, account)
        return BatchSubmission(batch, notes)

    return decide


def _draft(
    request: SubmitBatch, wanted: Wanted, hash_: str, planned: Sequence[PlannedRow], now: datetime
) -> Batch:
    """The batch, before it is accepted."""
    sent, rows = request.scheduled_at, len(planned)
    return Batch(
        id=wanted.batch_id,
        name=request.name,
        status=BatchStatus.QUEUED,
        counts=Counts(total=rows, queued=rows),
        credits=Cost(sum(each.plan.job.estimated_credits for each in planned)),
        user_id=wanted.caller.uid,
        owner_name=wanted.caller.name,
        account_id=wanted.account_id,
        team_id=request.team_id,
        priority=request.priority,
        scheduled_at=datetime.combine(sent, sent.timetz()) if sent and sent > now else None,
        max_credits=request.max_credits,
        created_at=now,
        modified=now,
        expires_at=now,
        request_hash=hash_,
    )


def _dated(backend: Backend, draft: Batch, account: Account, now: datetime) -> Batch:
    """The batch as it is accepted now, for this very account."""
    start = draft.scheduled_at
    is_scheduled = start is not None and start > now
    begins_at = start if start is not None and is_scheduled else now
    due_at = max(now, begins_at - _TASK_AHEAD) if is_scheduled else batches.look_again_at(now)
    return replace(
        draft,
        is_scheduled=is_scheduled,
        created_at=now,
        modified=now,
        account_opened_at=account.opened_at,
        expires_at=expiry_of(backend, begins_at),
        due_at=due_at,
    )


def expiry_of(backend: Backend, begins_at: datetime) -> datetime:
    """When what has not begun of a batch is cancelled."""
    return begins_at + timedelta(hours=backend.catalogue.limits.batch_age_h_max)


def check_number(backend: Backend, tx: Transaction, account_id: str) -> None:
    """Raises BatchTooLargeError where the account has as many batches as it may have that have not ended. The
    caller's commit writes the account, as does every commit that makes or reopens a batch."""
    limit = backend.catalogue.limits.batches_open_max
    if tx.count(open_batches(account_id)) >= limit:
        raise _too_many("batches", limit)


def open_batches(account_id: str) -> Query:
    """The account's batches that have not ended."""
    statuses = [status.value for status in batches.OPEN]
    return Query(at.BATCHES, where=(("account_id", "==", account_id), ("status", "in", statuses)))


def _too_many(what: str, limit: int) -> BatchTooLargeError:
    said = {
        "rows": f"The tier allows {limit} rows in a batch.",
        "batches": f"The account has {limit} batches that have not ended, which is the most.",
    }
    return BatchTooLargeError(said[what], limit=limit, of=what)


def _same_request(caller: Caller, batch: Batch, hash_: str) -> BatchSubmission:
    """Answers with the batch that was accepted before. Raises RequestIdReusedError."""
    if not caller.sees(batch.team_id):
        raise RequestIdReusedError("This requestId was used for something else.")
    if batch.request_hash != hash_:
        raise RequestIdReusedError(
            "This requestId was used with another payload.", batchId=batch.id
        )
    return BatchSubmission(batch, is_replay=True)


def _report(batch: Batch) -> None:
    log.info(
        "batch.accepted",
        batch_id=batch.id,
        account_id=batch.account_id,
        rows=batch.counts.total,
        credits=batch.credits.estimated,
    )
