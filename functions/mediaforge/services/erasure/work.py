"""Erases a user. There is no list of steps: each task reads off the documents what is left, and does the
next thing; each line of it may be the last one, and any two tasks may run beside each other. The mark in the
user's account is there until nothing else is, and until then the sweep comes back.

What was handed over before the mark may still end: a worker saves its files, a client with a valid ID token
writes a document. So everything is looked for again and again, and once more when the last worker and the
last ID token of before are dead. Only a task that then finds nothing ends the erasure."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pydantic import ValidationError

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.domain.directing.directions import DirectionStatus
from mediaforge.domain.jobs import states
from mediaforge.domain.jobs.job import Job
from mediaforge.domain.money.accounts import Account
from mediaforge.ports.documents import Query, Transaction
from mediaforge.services import tasks
from mediaforge.services.backend import Backend
from mediaforge.services.erasure.books import move_books
from mediaforge.services.erasure.erasing import Erasing, OutOfTimeError, OverError
from mediaforge.services.erasure.leavings import erase_belongings, erase_files, erase_made
from mediaforge.services.erasure.lock_out import lock_out, sign_out
from mediaforge.services.erasure.tombstones import erase_tombstones
from mediaforge.services.jobs.settle import settle_account
from mediaforge.services.jobs.transitions import write
from mediaforge.services.library.batch_control import end_batch
from mediaforge.services.library.belongings import PAGE
from mediaforge.services.library.tally import look_after
from mediaforge.services.rounds import RUN_S_MAX

# An erasure that is not over so long after its last ID token has ended waits for something that does not
# come: an operator has to look.
_LATE_AFTER = timedelta(hours=1)


def go_on(backend: Backend, account_id: str) -> str:
    """Runs one task of an erasure. Says what came of it, in a word."""
    erasing = _begin(backend, account_id)
    if erasing is None:
        return "nothing-to-do"
    try:
        return _Look(erasing).take()
    except OverError:
        return "over"
    except OutOfTimeError:
        tasks.send_erasure(backend, account_id)
        return "to-go-on"


def _begin(backend: Backend, account_id: str) -> Erasing | None:
    """Notes when the sweep is to come back: should this task die, once it must be dead."""
    now = backend.clock.now()

    def work(tx: Transaction) -> Account | None:
        account = tx.get(at.account(account_id))
        if account is None or account.erasing_at is None or account.erased_id is None:
            return None
        again_at = now + timedelta(seconds=backend.timing.attempt_s)
        tx.put(at.account(account_id), replace(account, erase_due_at=again_at))
        return account

    account = backend.documents.transact(work)
    if account is None or account.erased_id is None:
        return None
    uid = account_id.partition("_")[2]
    return Erasing(backend, uid, account.erased_id, now + timedelta(seconds=RUN_S_MAX))


@dataclass
class _Look:
    """One look at all that is left. `found` counts what this look has found to do, `is_open` says whether
    something has yet to end, `is_left` whether something has yet to be cleared away."""

    erasing: Erasing
    found: int = 0
    is_open: bool = False
    is_left: bool = False

    @property
    def backend(self) -> Backend:
        return self.erasing.backend

    def take(self) -> str:
        account = self.erasing.check_now()
        self._end_work()
        if account.signed_out_at is None:
            sign_out(self.erasing)
        self.found += lock_out(self.erasing)
        if self.is_open:
            return self._come_back("something-runs")
        self.found += self._erase_jobs()
        self.found += erase_belongings(self.erasing)
        self.found += erase_files(self.erasing)
        account = self.erasing.check_now()
        if not move_books(self.erasing):
            return self._come_back("books-open")
        if self.backend.clock.now() < _ends_at(self.backend, account):
            return self._come_back("kept-out")
        if self.found or self.is_left:
            return self._come_back("found-something")
        erase_tombstones(self.erasing)
        if self._is_unreadable_left():
            return self._come_back("unreadable")
        return self._end()

    # ---- what runs -----------------------------------------------------------------------------------

    def _end_work(self) -> None:
        """Cancels what runs or waits, and settles it. What a provider bills on is captured: the person, or
        the operator, has accepted that. Workers stop what runs at the providers once it is settled."""
        batch_ids = self._batch_ids()
        for batch_id in batch_ids:
            self.erasing.check_now()
            with self._reporting(batch_id):
                self.found += end_batch(self.backend, batch_id, self.erasing.check)
        unsettled = set[str]()
        for job in self._jobs():
            if not job.status.is_final:
                self.found += self._cancel(job.id)
            if not job.is_settled:
                unsettled.add(job.account_id)
        for account_id in sorted(unsettled):
            settle_account(self.backend, account_id)
        if unsettled:
            self.is_open = any(not job.is_settled for job in self._jobs())
        for batch_id in batch_ids:
            with self._reporting(batch_id):
                self.is_open |= self._is_batch_open(batch_id)
        self.is_open |= self._is_asking()

    @contextmanager
    def _reporting(self, batch_id: str) -> Iterator[None]:
        """A batch that cannot be read is reported, and deleted without having ended: what its jobs have
        reserved is found by them, and what its rows have, is for an operator to release."""
        try:
            yield
        except ValidationError as error:
            log.bug("erasure.batch_unreadable", error, batch_id=batch_id)

    def _cancel(self, job_id: str) -> bool:
        def work(tx: Transaction, _: Account) -> bool:
            job = tx.get(at.job(job_id))
            if job is None or job.status.is_final:
                return False
            write(tx, job, states.cancel(job, self.backend.clock.now(), self.backend.timing))
            return True

        return self.erasing.commit(work)

    def _is_batch_open(self, batch_id: str) -> bool:
        ref = at.batch(batch_id)
        batch = self.backend.documents.get(ref)
        if batch is None or batch.due_at is None:
            return False
        look_after(self.backend, batch_id)
        batch = self.backend.documents.get(ref)
        return batch is not None and batch.due_at is not None

    def _is_asking(self) -> bool:
        """A direction ends with its call, or by the sweep within minutes."""
        asking = (
            ("account_id", "==", self.erasing.account_id),
            ("status", "==", DirectionStatus.ASKING.value),
        )
        return bool(self.backend.documents.find_ids(Query(at.DIRECTIONS, asking, limit=1)))

    def _batch_ids(self) -> Sequence[str]:
        """One that did not begin to be erased may still have to end."""
        own, order = (("user_id", "==", self.erasing.uid),), ("-created_at",)
        return self.backend.documents.find_ids(Query(at.BATCHES, own, order))

    def _jobs(self) -> Iterator[Job]:
        """The user's jobs, whoever pays for them. One that cannot be read is not among them."""
        own, after = (("user_id", "==", self.erasing.uid),), ""
        while True:
            self.erasing.check_now()
            page = Query(at.JOBS, own, limit=PAGE, after=after)
            jobs = self.backend.documents.find(Job, page)
            yield from jobs
            if len(jobs) < PAGE:
                return
            after = jobs[-1].id

    def _is_unreadable_left(self) -> bool:
        """Whether a job is left that cannot be read: nobody knows what it has reserved, or what runs of it,
        so an operator has to put it right."""
        own = (("user_id", "==", self.erasing.uid),)
        left = self.backend.documents.find_ids(Query(at.JOBS, own, limit=1))
        if left:
            log.error("erasure.job_unreadable", job_id=left[0])
        return bool(left)

    def _erase_jobs(self) -> int:
        """Of jobs only the numbers stay, until the end."""
        erased = 0
        for job in self._jobs():
            self.is_left |= job.clean_at is not None or job.handle is not None
            if job.deleted_at is None:
                erased += erase_made(self.erasing, job)
        return erased

    # ---- coming back, and the end --------------------------------------------------------------------

    def _come_back(self, why: str) -> str:
        """Has the sweep come back after a minute, then after two, four, …: what comes late comes soon; and
        when the last ID token of before has ended. No task is enqueued for that moment: it and the sweep's
        would each be followed by others, and an erasure that waits for long would be looked at ever more
        often."""
        backend, now = self.backend, self.backend.clock.now()
        minute = timedelta(seconds=backend.timing.settle_s)

        def work(tx: Transaction, account: Account) -> None:
            assert account.erasing_at is not None
            ends_at = _ends_at(backend, account)
            waits = minute if self.is_open else max(minute, now - account.erasing_at)
            again_at = now + waits
            if again_at > ends_at:
                again_at = max(ends_at, now + minute)
            tx.put(at.account(account.id), replace(account, erase_due_at=again_at))
            if now > ends_at + _LATE_AFTER:
                log.error("erasure.late", account_id=account.id, why=why)

        self.erasing.commit(work)
        return why

    def _end(self) -> str:
        """Deletes the account with its mark, and what kept its user from uploading."""

        def work(tx: Transaction, account: Account) -> None:
            tx.delete(at.upload_folder(self.erasing.uid))
            tx.delete(at.account(account.id))

        self.erasing.commit(work)
        log.info("account.erased", account_id=self.erasing.account_id)
        return "erased"


def _ends_at(backend: Backend, account: Account) -> datetime:
    """When the last worker and the last ID token of before the mark are dead."""
    timing = backend.timing
    assert account.erasing_at is not None
    signed_out_at = account.signed_out_at or backend.clock.now()
    return max(
        account.erasing_at + timedelta(seconds=timing.attempt_s),
        signed_out_at + timedelta(seconds=timing.token_s),
    )
