"""The last things that name a user who is erased: jobs of which only numbers are left, what waits in teams
for their return, and what operators have done about them."""

from dataclasses import replace

from mediaforge.contract import documents as at
from mediaforge.domain.jobs.job import Job
from mediaforge.domain.watch import audit
from mediaforge.domain.watch.audit import AuditEntry
from mediaforge.ports.documents import Query, Transaction
from mediaforge.services.erasure.books import entries_of, unname
from mediaforge.services.erasure.erasing import Erasing
from mediaforge.services.library.belongings import PAGE

# Of a team's job up to six documents are written.
_AT_ONCE = 50
# The entries of a job that a person may be the actor of.
_OF_JOB = ("hold", "capture", "release", "release:owed")


def erase_tombstones(erasing: Erasing) -> None:
    """The user's own jobs are deleted. Those of teams stay without a name, since the team's books rest on
    them."""
    while erasing.commit(lambda tx, _: _page(erasing, tx)):
        erasing.check_now()
    formers = (("uid", "==", erasing.uid),)
    erasing.delete_all(Query("former", formers, limit=PAGE, is_group=True))
    while erasing.commit(lambda tx, _: _rename_in_audit(erasing, tx)):
        erasing.check_now()


def _page(erasing: Erasing, tx: Transaction) -> bool:
    """Says whether there were any."""
    own = (("user_id", "==", erasing.uid),)
    jobs = tx.find(Job, Query(at.JOBS, own, limit=_AT_ONCE))
    of_teams = [job for job in jobs if job.team_id is not None]
    entries = [
        entries_of(tx, job.account_id, [f"{job.id}:{name}" for name in _OF_JOB]) for job in of_teams
    ]
    for job in jobs:
        if job.team_id is None:
            tx.delete(at.job(job.id))
        else:
            tx.put(at.job(job.id), _without_name(erasing, job))
    for each in entries:
        unname(tx, each, erasing.uid)
    return bool(jobs)


def _without_name(erasing: Erasing, job: Job) -> Job:
    """No user has the id that stands for the one who was erased."""
    uid = erasing.uid
    return replace(
        job,
        user_id=erasing.erased_id,
        counted_by=None if job.counted_by == uid else job.counted_by,
        cancelled_by=None if job.cancelled_by == uid else job.cancelled_by,
        clean_at=None,
        handle=None,
    )


def _rename_in_audit(erasing: Erasing, tx: Transaction) -> bool:
    """What operators have done stays, and who did it. Says whether there was any."""
    about = (("about", "array_contains", erasing.account_id),)
    entries = tx.find(AuditEntry, Query(at.AUDIT, about, limit=PAGE))
    for entry in entries:
        after = audit.without_name(entry, erasing.account_id, erasing.uid, erasing.erased_id)
        tx.put(at.audit_entry(entry.id), after)
    return bool(entries)
