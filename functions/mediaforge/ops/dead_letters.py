"""`dead-letters`: jobs that spent their attempts or their time."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import islice
from typing import Any

import click

from mediaforge.contract.documents import DeadLetter
from mediaforge.domain.errors import BusyError, RequestError
from mediaforge.ops.session import Session
from mediaforge.ops.showing import FOUND, OK, Shown, Table, age
from mediaforge.ops.verbs import Duration, changes, shows, would
from mediaforge.services.operate import dead_letters
from mediaforge.services.operate.audit import audited
from mediaforge.services.operate.dead_letters import Chosen
from mediaforge.services.operate.unsettled import show_job, users_of

_COLUMNS = ("JOB", "DIED", "AGE", "CODE", "MODEL", "ATTEMPTS", "BILLED", "ACCOUNT")


@click.group("dead-letters")
def group() -> None:
    """Jobs that spent their attempts or their time. A replayed or purged letter is gone."""


def _choice(verb: Callable[..., Shown]) -> Callable[..., Shown]:
    for option in (
        click.option("--limit", type=click.IntRange(1), default=100, show_default=True),
        click.option("--newer-than", type=Duration(), help="At most that old: 90s, 30m, 2h, 7d."),
        click.option("--older-than", type=Duration(), help="At least that old."),
        click.option("--account", help="Of that account: user_… or team_…."),
        click.option("--model", help="Of that model."),
        click.option(
            "--code", help="With that reason: provider-unavailable, worker-lost, expired …"
        ),
    ):
        verb = option(verb)
    return verb


def _chosen(given: dict[str, Any]) -> Chosen:
    return Chosen(
        code=given["code"],
        model=given["model"],
        account_id=given["account"],
        older_than=given["older_than"] or timedelta(0),
        newer_than=given["newer_than"],
    )


@shows(group, "list")
@_choice
def list_(session: Session, limit: int, **given: Any) -> Shown:
    """Lists the letters, oldest first, and counts them by reason."""
    backend = session.backend
    found = list(islice(dead_letters.letters(backend, _chosen(given)), limit))
    total, now = dead_letters.count_letters(backend), backend.clock.now()
    rows = [
        (
            each.job_id,
            each.created_at,
            age(each.created_at, now),
            each.error_code,
            each.model,
            each.attempts,
            each.may_have_billed,
            each.account_id,
        )
        for each in found
    ]
    by_code = _by_code(found)
    counts = ", ".join(f"{code}: {count}" for code, count in by_code.items())
    return Shown(
        {"total": total, "byCode": by_code, "letters": list(map(_data, found))},
        [Table(_COLUMNS, rows), f"{len(found)} shown of {total}. {counts}".rstrip()],
        then="dead-letters show JOB" if found else "",
    )


def _by_code(found: Sequence[DeadLetter]) -> dict[str, int]:
    codes = [each.error_code for each in found]
    return {code: codes.count(code) for code in sorted(set(codes))}


def _data(letter: DeadLetter) -> dict[str, Any]:
    return {
        "jobId": letter.job_id,
        "accountId": letter.account_id,
        "userId": letter.user_id,
        "kind": letter.kind,
        "model": letter.model,
        "queue": letter.queue,
        "attempts": letter.attempts,
        "mayHaveBilled": letter.may_have_billed,
        "code": letter.error_code,
        "message": letter.error_message,
        "createdAt": letter.created_at,
    }


@shows(group, "show")
@click.argument("job")
@click.option("--words", is_flag=True, help="Also what the user wrote.")
def show(session: Session, job: str, words: bool) -> Shown:
    """Shows a letter, and what became of its job and its credits."""
    backend = session.backend
    letter, now = dead_letters.letter_of(backend, job), backend.clock.now()
    known = show_job(backend, job)
    rows: list[tuple[str, object]] = [
        ("job", letter.job_id),
        ("died", letter.created_at),
        ("age", age(letter.created_at, now)),
        ("reason", letter.error_code),
        ("message", letter.error_message),
        ("model", letter.model),
        ("queue", letter.queue),
        ("attempts", letter.attempts),
        ("starts that may be billed", letter.may_have_billed),
        ("account", letter.account_id),
        ("user", letter.user_id),
        ("repeats the job", known.job.retry_of),
        ("row", known.job.batch_id and f"{known.job.row} of the batch {known.job.batch_id}"),
        *((f"entry {each.type.value}", each.amount) for each in known.entries),
    ]
    data = _data(letter) | {"retryOf": known.job.retry_of, "batchId": known.job.batch_id}
    if words:
        rows.append(("request", dict(letter.request_data)))
        data["request"] = letter.request_data
    return Shown(
        data,
        [Table(("FIELD", "VALUE"), rows)],
        then=f"dead-letters replay {job} --reason …, or dead-letters purge {job} --reason …",
    )


# ---- changes -------------------------------------------------------------------------------------


@changes(group, "replay")
@click.argument("jobs", nargs=-1)
@click.option("--all", "is_all", is_flag=True, help="All of them, up to --limit.")
@click.option("--force", is_flag=True, help="Also what was repeated three times.")
@_choice
def replay(
    session: Session,
    jobs: tuple[str, ...],
    is_all: bool,
    force: bool,
    yes: bool,
    reason: str,
    **given: Any,
) -> Shown:
    """Repeats jobs for their users, as their own retry would, and deletes the letters."""
    wanted, more = _wanted(session, jobs, is_all, given)
    if not yes:
        return would(f"replay {_counted(wanted, more)}", _table(wanted), data={"jobs": wanted})
    said: dict[str, str] = {}
    refused: dict[str, str] = {}
    subject, about = _subject(jobs, given), _about(session, wanted, given)
    with audited(
        session.backend, session.operator, "dead-letters replay", subject, reason, about
    ) as note:
        for job_id in wanted:
            try:
                done = dead_letters.replay(session.backend, session.operator, job_id, forces=force)
            except (RequestError, BusyError) as refusal:
                refused[job_id] = getattr(refusal, "reason", "busy")
                continue
            said[job_id] = done.job_id or f"row {done.row} of {done.batch_id}"
            note.did(job_id, said[job_id])
    rows = [
        *((job_id, "replayed as", became) for job_id, became in said.items()),
        *((job_id, "refused", why) for job_id, why in refused.items()),
    ]
    return Shown(
        {"replayed": said, "refused": refused, "more": more},
        [
            Table(("JOB", "OUTCOME", "AS"), rows),
            _summary("replayed", len(said), len(refused), more),
        ],
        exit_code=FOUND if refused else OK,
        then="jobs show JOB",
    )


@changes(group, "purge")
@click.argument("jobs", nargs=-1)
@click.option("--all", "is_all", is_flag=True, help="All of them, up to --limit.")
@_choice
def purge(
    session: Session, jobs: tuple[str, ...], is_all: bool, yes: bool, reason: str, **given: Any
) -> Shown:
    """Deletes letters. Jobs, views and the ledger stay as they are: the credits came back long ago."""
    wanted, more = _wanted(session, jobs, is_all, given)
    if not yes:
        return would(f"purge {_counted(wanted, more)}", _table(wanted), data={"jobs": wanted})
    subject, about = _subject(jobs, given), _about(session, wanted, given)
    with audited(
        session.backend, session.operator, "dead-letters purge", subject, reason, about
    ) as note:
        for job_id in wanted:
            dead_letters.purge(session.backend, session.operator, job_id)
            note.did(job_id)
    return Shown({"purged": wanted, "more": more}, [_summary("purged", len(wanted), 0, more)])


def _wanted(
    session: Session, jobs: Sequence[str], is_all: bool, given: dict[str, Any]
) -> tuple[list[str], bool]:
    """The ids of the jobs that are meant, and whether there are more than the limit. Raises UsageError where
    nothing is chosen: nobody replays or purges everything by leaving a word out."""
    limit, chosen = given["limit"], _chosen(given)
    has_filter = chosen != Chosen()
    if bool(jobs) + has_filter + is_all != 1:
        raise click.UsageError(
            "Name jobs, or choose by --code, --model, --account and age, or say --all."
        )
    if jobs:
        return list(jobs), False
    found = [
        each.job_id for each in islice(dead_letters.letters(session.backend, chosen), limit + 1)
    ]
    return found[:limit], len(found) > limit


def _about(session: Session, wanted: Sequence[str], given: dict[str, Any]) -> set[str]:
    named = {given["account"]} if given["account"] else set()
    return users_of(session.backend, wanted) | named


def _table(wanted: Sequence[str]) -> Table:
    return Table(("JOB",), [(job_id,) for job_id in wanted])


def _counted(wanted: Sequence[str], more: bool) -> str:
    return f"{len(wanted)} dead letters" + (", and more match: raise --limit" if more else "")


def _summary(what: str, done: int, refused: int, more: bool) -> str:
    parts = [f"{done} {what}"]
    if refused:
        parts.append(f"{refused} refused, whose letters stay")
    if more:
        parts.append("more match: run it again")
    return "; ".join(parts) + "."


def _subject(jobs: Sequence[str], given: dict[str, Any]) -> str:
    if jobs:
        return " ".join(jobs[:10])
    said = [
        f"{name}={each}" for name, each in given.items() if each is not None and name != "limit"
    ]
    return " ".join(said) or "all"
