"""Who may read a batch or a job. The rules of Firestore say the same of the documents themselves."""

from mediaforge.contract import documents as at
from mediaforge.domain.jobs.job import Job
from mediaforge.domain.library.batches import Batch
from mediaforge.ports.documents import Read
from mediaforge.services.backend import Caller
from mediaforge.services.people.members import is_member


def may_read_batch(read: Read, caller: Caller, batch: Batch) -> bool:
    """Its user, the members of its team, and whoever it is shared with; with a team's key only what is the
    team's."""
    if not caller.sees(batch.team_id):
        return False
    if _is_theirs(read, caller, batch.user_id, batch.team_id):
        return True
    share = read(at.share(batch.id, caller.uid))
    return share is not None and share.revoked_at is None


def may_read_job(read: Read, caller: Caller, job: Job) -> bool:
    """Its user, and the members of its team, as long as it has its view: what was deleted is nobody's to
    read. With a team's key only what is the team's."""
    if not caller.sees(job.team_id) or not _is_theirs(read, caller, job.user_id, job.team_id):
        return False
    return read(at.as_stored(at.view(job))) is not None


def _is_theirs(read: Read, caller: Caller, uid: str, team_id: str | None) -> bool:
    return uid == caller.uid or (team_id is not None and is_member(read, team_id, caller))
