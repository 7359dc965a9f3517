"""Writing a job: always together with its public view, so that a listener never sees half a change."""

from mediaforge.contract import documents as at
from mediaforge.contract.views import view_of
from mediaforge.domain.jobs import Job
from mediaforge.ports import Transaction


def write_new(tx: Transaction, job: Job) -> None:
    tx.create(at.job(job.id), job)
    tx.put(at.view(job), view_of(job))


def write(tx: Transaction, before: Job, after: Job) -> None:
    """`before` is what this transaction read. What the public cannot see costs no second write."""
    tx.put(at.job(after.id), after)
    if view_of(before) != view_of(after):
        tx.put(at.view(after), view_of(after))
