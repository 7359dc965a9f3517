"""`jobs`: what is stuck, what has failed, and what to do about it."""

from collections import Counter
from datetime import timedelta
from typing import Any

import click

from mediaforge.domain.errors import BusyError, RequestError
from mediaforge.domain.jobs import states
from mediaforge.domain.jobs.job import Job
from mediaforge.domain.money.accounts import user_account_id
from mediaforge.ops.session import Session
from mediaforge.ops.showing import FOUND, OK, Shown, Table, age
from mediaforge.ops.verbs import Duration, changes, shows, would
from mediaforge.services.jobs.control import cancel_job
from mediaforge.services.operate import dead_letters
from mediaforge.services.operate.audit import audited
from mediaforge.services.operate.failures import Sought, failed_jobs
from mediaforge.services.operate.unsettled import (
    count_unsettled,
    jobs_of_account,
    show_job,
    stuck_jobs,
    users_of,
)


@click.group("jobs")
def group() -> None:
    """Jobs that do not get on, have failed, or should not run."""


@shows(group, "stuck")
@click.option(
    "--limit",
    type=click.IntRange(1),
    default=500,
    show_default=True,
    help="Unsettled jobs to look at.",
)
def stuck(session: Session, limit: int) -> Shown:
    """Lists jobs that nobody has touched in time, that are in a queue that does not move, or that wait for a
    fuse. Exit code 1 where there is one."""
    backend = session.backend
    found, total, now = stuck_jobs(backend, limit), count_unsettled(backend), backend.clock.now()
    rows = [
        (
            each.job.id,
            each.trouble,
            age(each.job.created_at, now),
            age(each.job.due_at, now),
            each.job.status,
            each.job.queue,
            each.job.account_id,
            each.why,
        )
        for each in found
    ]
    data = [{"trouble": each.trouble, "why": each.why, **job_data(each.job)} for each in found]
    return Shown(
        {"unsettled": total, "stuck": data},
        [
            Table(("JOB", "TROUBLE", "AGE", "DUE", "STATUS", "QUEUE", "ACCOUNT", "WHY"), rows),
            f"{len(found)} stuck of {total} unsettled jobs ({min(total, limit)} looked at).",
        ],
        exit_code=FOUND if found else OK,
        then="jobs show JOB" if found else "",
    )


@shows(group, "failed")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True)
@click.option(
    "--newer-than", type=Duration(), default="24h", show_default=True, help="Failed since: 30m, 2h."
)
@click.option("--older-than", type=Duration(), default="0s", help="Failed before that.")
@click.option("--account", help="Of that account: user_… or team_….")
@click.option("--model", help="Of that model.")
@click.option("--code", help="With that reason: content-blocked, provider-not-allowed …")
def failed(
    session: Session,
    limit: int,
    newer_than: timedelta,
    older_than: timedelta,
    account: str | None,
    model: str | None,
    code: str | None,
) -> Shown:
    """Lists jobs that have failed, newest first, and counts them by reason. Looks at the last 1,000 that
    failed in that time."""
    if older_than >= newer_than:
        raise click.UsageError(
            "--older-than must be less than --newer-than, which is 24h unless you say."
        )
    backend = session.backend
    found = failed_jobs(backend, Sought(code, model, account, newer_than, older_than))
    now, shown = backend.clock.now(), found.jobs[:limit]
    by_code = Counter(job.error.code if job.error is not None else "" for job in found.jobs)
    rows = [
        (
            job.id,
            job.completed_at,
            age(job.completed_at, now),
            job.error and job.error.code,
            job.model,
            job.attempts,
            job.account_id,
        )
        for job in shown
    ]
    counts = ", ".join(f"{each}: {count}" for each, count in by_code.most_common())
    there_are_more = " There are older ones, which were not looked at." if found.has_more else ""
    return Shown(
        {
            "lookedAt": found.looked_at,
            "hasMore": found.has_more,
            "byCode": dict(by_code.most_common()),
            "failed": [job_data(job) for job in shown],
        },
        [
            Table(("JOB", "FAILED", "AGE", "CODE", "MODEL", "ATTEMPTS", "ACCOUNT"), rows),
            f"{len(shown)} shown of {len(found.jobs)}. {counts}".rstrip() + there_are_more,
        ],
        then="jobs show JOB" if shown else "",
    )


def job_data(job: Job) -> dict[str, Any]:
    return {
        "jobId": job.id,
        "accountId": job.account_id,
        "userId": job.user_id,
        "kind": job.kind,
        "status": job.status,
        "waitingFor": job.waiting_for,
        "model": job.model,
        "queue": job.queue,
        "attempts": job.attempts,
        "deliveries": job.deliveries,
        "snoozes": job.snoozes,
        "mayHaveBilled": job.may_have_billed,
        "credits": {"estimated": job.estimated_credits, "charged": job.charged_credits},
        "error": job.error.code if job.error is not None else None,
        "createdAt": job.created_at,
        "slotAt": job.slot_at,
        "dueAt": job.due_at,
        "notBefore": job.not_before,
        "completedAt": job.completed_at,
        "settledAt": job.settled_at,
        "retryOf": job.retry_of,
        "batchId": job.batch_id,
        "row": job.row,
    }


@shows(group, "show")
@click.argument("job")
@click.option("--words", is_flag=True, help="Also what the user wrote.")
def show(session: Session, job: str, words: bool) -> Shown:
    """Shows a job: why it is where it is, and its entries in the ledger."""
    seen, now = show_job(session.backend, job), session.backend.clock.now()
    found = seen.job
    data = job_data(found) | {
        "why": seen.why,
        "hasDeadLetter": seen.letter is not None,
        "entries": [
            {"type": each.type, "amount": each.amount, "at": each.created_at}
            for each in seen.entries
        ],
    }
    rows: list[tuple[str, object]] = [
        ("job", found.id),
        ("why", seen.why),
        *(
            (name, each)
            for name, each in data.items()
            if name not in _NOT_IN_A_LINE and each is not None
        ),
        ("age", age(found.created_at, now)),
        ("due", age(found.due_at, now)),
        ("lease until", found.lease and found.lease.until),
        ("has an operation at the provider", found.handle is not None),
        ("dead letter", seen.letter is not None),
        *((f"entry {each.type.value}", each.amount) for each in seen.entries),
    ]
    if words:
        rows.append(("request", dict(found.wanted)))
        data["request"] = found.wanted
    return Shown(data, [Table(("FIELD", "VALUE"), rows)])


_NOT_IN_A_LINE = ("jobId", "why", "entries", "hasDeadLetter", "credits")


@changes(group, "cancel")
@click.argument("jobs", nargs=-1)
@click.option("--account", help="All unsettled jobs of that account, up to --limit.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True)
@click.option(
    "--accept-charge", is_flag=True, help="Also those that the provider bills on; they are charged."
)
def cancel(
    session: Session,
    jobs: tuple[str, ...],
    account: str | None,
    limit: int,
    accept_charge: bool,
    yes: bool,
    reason: str,
) -> Shown:
    """Ends jobs at once. It is free, but for what a provider bills whatever happens."""
    backend = session.backend
    if bool(jobs) == (account is not None):
        raise click.UsageError("Name jobs, or an --account.")
    found = (
        [job for job in jobs_of_account(backend, account, limit) if not job.status.is_final]
        if account is not None
        else [show_job(backend, job_id).job for job_id in jobs]
    )
    prices = {job.id: states.cancel_price_credits(job) for job in found}
    table = Table(
        ("JOB", "STATUS", "COSTS"), [(job.id, job.status, prices[job.id]) for job in found]
    )
    if not yes:
        return would(f"cancel {len(found)} jobs", table, data={"jobs": prices})
    done, refused = dict[str, int](), dict[str, str]()
    subject = account or " ".join(jobs[:10])
    about = {user_account_id(job.user_id) for job in found} | ({account} if account else set())
    with audited(backend, session.operator, "jobs cancel", subject, reason, about) as note:
        for job in found:
            try:
                ended = cancel_job(backend, session.operator, job.id, accepts_charge=accept_charge)
            except (RequestError, BusyError) as refusal:
                refused[job.id] = getattr(refusal, "reason", "busy")
                continue
            done[job.id] = ended.charged_credits
            note.did(job.id, f"charged {ended.charged_credits}")
    rows = [
        *((job_id, "cancelled", charged) for job_id, charged in done.items()),
        *((job_id, "refused", why) for job_id, why in refused.items()),
    ]
    return Shown(
        {"cancelled": done, "refused": refused},
        [
            Table(("JOB", "OUTCOME", "CHARGED"), rows),
            f"{len(done)} cancelled, {len(refused)} refused.",
        ],
        exit_code=FOUND if refused else OK,
    )


@changes(group, "retry")
@click.argument("jobs", nargs=-1, required=True)
@click.option("--force", is_flag=True, help="Also what was repeated three times.")
def retry(session: Session, jobs: tuple[str, ...], force: bool, yes: bool, reason: str) -> Shown:
    """Repeats failed or cancelled jobs for their users, at the price and within the limits of today."""
    backend = session.backend
    if not yes:
        found = [show_job(backend, job_id).job for job_id in jobs]
        rows = [(job.id, job.status, job.estimated_credits, job.account_id) for job in found]
        table = Table(("JOB", "STATUS", "CREDITS", "ACCOUNT"), rows)
        return would(f"repeat {len(found)} jobs", table, data={"jobs": list(jobs)})
    subject, about = " ".join(jobs[:10]), users_of(backend, jobs)
    with audited(backend, session.operator, "jobs retry", subject, reason, about) as note:
        said = dict[str, str]()
        for job_id in jobs:
            done = dead_letters.replay(backend, session.operator, job_id, forces=force)
            said[job_id] = done.job_id or f"row {done.row} of {done.batch_id}"
            note.did(job_id, said[job_id])
    return Shown(
        {"repeated": said}, [Table(("JOB", "AS"), list(said.items()))], then="jobs show JOB"
    )
