"""A provider's webhook is a hint that something has changed, and no more. Its content is not believed: the
provider is asked."""

import hashlib
import hmac
from datetime import timedelta

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.domain.jobs import states
from mediaforge.domain.jobs.job import Job
from mediaforge.ports.documents import Transaction
from mediaforge.services.backend import Backend
from mediaforge.services.jobs.dispatch import deliver
from mediaforge.services.jobs.transitions import write

_FUNCTION = "jobWebhook"
# A task asks its question within this time after `not_before`. Later than that, `not_before` does not tell
# when the provider was asked last: questions that bring no news are not noted on the job.
_UNDER_WAY = timedelta(seconds=1)


def webhook_url(functions_origin: str, job: Job) -> str:
    """The address at which the job's provider may report; nobody else knows it."""
    return f"{functions_origin}/{_FUNCTION}?job={job.id}&token={_token(job)}"


def hint(backend: Backend, job_id: str, token: str) -> str:
    """Has the provider asked now instead of at the job's time. Returns what was done, in a word."""

    def work(tx: Transaction) -> Job | None:
        now, job = backend.clock.now(), tx.get(at.job(job_id))
        if job is None or not hmac.compare_digest(
            _token(job).encode(), token.encode("utf-8", "replace")
        ):
            return None
        if job.status.is_final or job.handle is None or job.not_before is None:
            return None
        if timedelta() <= now - job.not_before < _UNDER_WAY:
            return None  # the job's own task is asking the provider already
        sooner = states.come_back_now(job, now, backend.timing)
        write(tx, job, sooner)
        return sooner

    job = backend.documents.transact(work)
    if job is None:
        return "ignored"
    deliver(backend, [job])
    log.info("job.hinted", job_id=job_id)
    return "asked"


def _token(job: Job) -> str:
    """Known to the job's provider alone: `asset_token` is never shown, only what is made of it."""
    return hashlib.sha256(f"{job.asset_token}:webhook".encode()).hexdigest()
