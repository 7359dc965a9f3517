"""Dead letters, as an operator finds, replays and purges them.

A replay repeats the job for its user, as their own retry would: a new job of the same name whoever asks for
it, with a new hold, within the account's limits of today. Then the letter is deleted. So a letter that is
there is one that nobody has decided on yet. A process that dies between the two leaves the letter, and the
next replay finds the job that was accepted. A row of a batch is run again within its batch."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.contract.documents import DeadLetter
from mediaforge.contract.requests import EditRow, parse
from mediaforge.domain.errors import IllegalStateError, NotFoundError
from mediaforge.domain.jobs.job import Job, JobStatus
from mediaforge.domain.watch.replays import REPLAYS_MAX, check_replays
from mediaforge.ports.documents import Query, Transaction
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.jobs.control import retry_id_of, retry_job
from mediaforge.services.library.batch_control import control_batch
from mediaforge.services.money.grant import check_admin
from mediaforge.services.rounds import by_time

_PAGE = 100


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which letters: those with all that is given. Nothing given is all of them."""

    code: str | None = None
    model: str | None = None
    account_id: str | None = None
    older_than: timedelta = timedelta(0)
    newer_than: timedelta | None = None

    def holds(self, letter: DeadLetter) -> bool:
        return (
            self.code in (None, letter.error_code)
            and self.model in (None, letter.model)
            and self.account_id in (None, letter.account_id)
        )


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of a replay: the new job; of a batch's row, which gets its job with its slot, None.
    `was_repeated`: it had been repeated before, by its user or by an earlier replay."""

    job_id: str | None
    was_repeated: bool
    batch_id: str | None = None
    row: int | None = None


def letters(backend: Backend, chosen: Chosen) -> Iterator[DeadLetter]:
    """The letters, oldest first. What is deleted behind the one that came last does not disturb that."""
    now = backend.clock.now()
    since = now - chosen.newer_than if chosen.newer_than is not None else None
    for letter in by_time(backend, DeadLetter, _query(chosen, backend)):
        if chosen.holds(letter) and (since is None or letter.created_at >= since):
            yield letter


def _query(chosen: Chosen, backend: Backend) -> Query:
    until, order = backend.clock.now() - chosen.older_than, ("created_at",)
    if (code := chosen.code) is not None:
        where = (("error_code", "==", code), ("created_at", "<=", until))
        return Query(at.DEAD_LETTERS, where, order, _PAGE)
    if (model := chosen.model) is not None:
        of_model = (("model", "==", model), ("created_at", "<=", until))
        return Query(at.DEAD_LETTERS, of_model, order, _PAGE)
    if (account_id := chosen.account_id) is not None:
        of_account = (("account_id", "==", account_id), ("created_at", "<=", until))
        return Query(at.DEAD_LETTERS, of_account, order, _PAGE)
    return Query(at.DEAD_LETTERS, (("created_at", "<=", until),), order, _PAGE)


def count_letters(backend: Backend) -> int:
    return backend.documents.transact(lambda tx: tx.count(Query(at.DEAD_LETTERS)))


def letter_of(backend: Backend, job_id: str) -> DeadLetter:
    """Raises NotFoundError."""
    found = backend.documents.get(at.dead_letter(job_id))
    if found is None:
        raise NotFoundError(f"There is no dead letter of the job {job_id}.")
    return found


def replay(backend: Backend, operator: Caller, job_id: str, *, forces: bool = False) -> Replayed:
    """Repeats the job of the letter, and deletes the letter. Asked again, it answers the same.

    Raises NotAdminError, NotFoundError; IllegalStateError for what was repeated too often; what the user's
    own retry would be refused with, as InsufficientCreditsError or NotAMemberError: then the letter stays.
    """
    check_admin(operator)
    job = backend.documents.get(at.job(job_id))
    letter = backend.documents.get(at.dead_letter(job_id))
    if job is None or job.deleted_at is not None:
        raise NotFoundError(f"There is no job {job_id}.")
    if job.status not in (JobStatus.FAILED, JobStatus.CANCELLED):
        raise IllegalStateError(
            f"The job is {job.status}; only a failed or cancelled one can be repeated.",
            status=job.status.value,
        )
    replayed = _replay_row(backend, job, forces) or _replay_job(backend, job, forces)
    if letter is not None:
        _delete(backend, job_id)
    log.info(
        "dead_letter.replayed",
        job_id=job_id,
        new_job_id=replayed.job_id,
        was_repeated=replayed.was_repeated,
        actor=operator.uid,
    )
    return replayed


def _replay_job(backend: Backend, job: Job, forces: bool) -> Replayed:
    if (known := backend.documents.get(at.job(retry_id_of(job)))) is not None:
        return Replayed(known.id, was_repeated=True)
    if not forces:
        check_replays(_times_repeated(backend, job))
    return Replayed(retry_job(backend, Caller(job.user_id), job.id).id, was_repeated=False)


def _replay_row(backend: Backend, job: Job, forces: bool) -> Replayed | None:
    """None where the job is no row's, or its batch or its row is gone: then it is repeated by itself."""
    if job.batch_id is None or job.row is None:
        return None
    row = backend.documents.get(at.row(job.batch_id, job.row))
    batch = backend.documents.get(at.batch(job.batch_id))
    if row is None or batch is None:
        return None
    if row.job_id != job.id or row.is_waiting:
        return Replayed(row.job_id, True, job.batch_id, job.row)
    if not forces:
        check_replays(row.attempt - 1)
    sent = {
        "action": "editRow",
        "batchId": job.batch_id,
        "row": job.row,
        "changes": {},
        "requestId": f"replay of {job.id}",
    }
    control_batch(backend, Caller(batch.user_id), parse(EditRow, sent))
    return Replayed(None, False, job.batch_id, job.row)


def _times_repeated(backend: Backend, job: Job) -> int:
    """How often the request was repeated before it came to this job; counted no further than it matters."""
    times, before = 0, job.retry_of
    while before is not None and times < REPLAYS_MAX:
        times += 1
        earlier = backend.documents.get(at.job(before))
        before = earlier.retry_of if earlier is not None else None
    return times


def purge(backend: Backend, operator: Caller, job_id: str) -> None:
    """Deletes the letter. Its job and the books stay as they are. Raises NotAdminError; no error where the
    letter is gone."""
    check_admin(operator)
    _delete(backend, job_id)
    log.info("dead_letter.purged", job_id=job_id, actor=operator.uid)


def _delete(backend: Backend, job_id: str) -> None:
    def work(tx: Transaction) -> None:
        if tx.get(at.dead_letter(job_id)) is not None:
            tx.delete(at.dead_letter(job_id))

    backend.documents.transact(work)
