"""A control call of a batch: what it reads, and what it writes. All of it is one commit that holds the batch
and its account."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from mediaforge.contract import documents as at
from mediaforge.domain.errors import IllegalStateError
from mediaforge.domain.jobs.job import Job
from mediaforge.domain.library import batches
from mediaforge.domain.library.batches import Batch, Counts, Row
from mediaforge.domain.library.webhooks import Notice
from mediaforge.domain.money import accounts
from mediaforge.domain.money.accounts import Account
from mediaforge.domain.people.teams import Former, Member
from mediaforge.ports.documents import Transaction
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.jobs.accept import Accepted
from mediaforge.services.jobs.outbox import notices_of_batch, notices_of_jobs, write_notices
from mediaforge.services.jobs.transitions import write
from mediaforge.services.library.batch_rows import count_rows
from mediaforge.services.money import ledger


@dataclass(frozen=True, slots=True)
class Call:
    """One try of a control call. `looks_up`: whether it looks for entries that may exist already."""

    backend: Backend
    tx: Transaction
    caller: Caller
    looks_up: bool


@dataclass(frozen=True, slots=True)
class Found:
    """The batch, the account that pays for it, and its rows, as of one moment. `account` is None where it
    was deleted, or another one has its id by now."""

    batch: Batch
    account: Account | None
    counts: Counts
    charged: int
    now: datetime

    def paying(self) -> Account:
        if self.account is None:
            raise IllegalStateError("The account of the batch is gone.")
        return self.account

    def counted(self, batch: Batch, counts: Counts) -> Batch:
        """The batch with what it counts after this call."""
        return batches.counted(batch, counts, self.charged, self.now)


def find(backend: Backend, tx: Transaction, batch: Batch) -> Found:
    account = tx.get(at.account(batch.account_id))
    is_its_own = account is not None and account.opened_at == batch.account_opened_at
    counts, charged = count_rows(tx, batch)
    now = backend.clock.now()
    return Found(batch, account if is_its_own else None, counts, charged, now)


def admitted(backend: Backend, found: Found) -> Account:
    """The account after one more call that may move many jobs, which counts in the minute like a submission.
    A pause and a cancel are never refused for that."""
    account = found.paying()
    return accounts.admit_change(account, backend.catalogue.tier_of(account.tier), found.now)


def with_notices(backend: Backend, before: Batch, change: "Change") -> "Change":
    """The change with the notices of what ends with it: the batch, and a job that was withdrawn."""
    withdrawn = change.withdrawn[1:] if change.withdrawn is not None else ()
    notices = [
        *notices_of_batch(backend, change.account, before, change.batch),
        *notices_of_jobs(backend, change.account, withdrawn),
    ]
    return replace(change, notices=notices)


@dataclass(frozen=True, slots=True)
class Change:
    """What one call writes. `jobs` are (before, after), and so is `withdrawn`, whose row gets another job.
    `notices` tell of what ends with it. `accepted` writes the account where rows are accepted anew. Otherwise
    `account` is written with `entries` and `members`."""

    batch: Batch
    account: Account | None = None
    jobs: Sequence[tuple[Job, Job]] = ()
    rows: Sequence[Row] = ()
    entries: Sequence[ledger.NewEntry] = ()
    members: Mapping[str, Member | Former] = field(default_factory=dict)
    accepted: Accepted | None = None
    withdrawn: tuple[Job, Job] | None = None
    notices: Sequence[Notice] = ()

    def write(self, tx: Transaction, now: datetime) -> None:
        tx.put(at.batch(self.batch.id), self.batch)
        write_notices(tx, self.notices)
        for before, after in self.jobs:
            write(tx, before, after)
        if self.withdrawn is not None:
            write(tx, *self.withdrawn, leaves_row=True)
        for row in self.rows:
            tx.put(at.row(row.batch_id, row.index), row)
        for path, member in self.members.items():
            tx.put(at.Ref(path, type(member)), member)
        if self.account is None:
            return
        # Whatever changes who may start changes the account, so that a slot that is being given is given
        # anew.
        account = replace(self.account, placed=self.account.placed + 1, modified=now)
        if self.accepted is not None:
            self.accepted.write(tx, account)
        else:
            ledger.write(tx, account, self.entries)
