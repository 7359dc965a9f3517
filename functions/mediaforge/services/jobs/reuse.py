"""Answers a request with the result of an identical one: it is looked for before the request is accepted, and
its files are copied after that. A copy is the new job's own: deleting one of both leaves the other."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.domain.errors import BusyError, RequestError
from mediaforge.domain.jobs import reuse
from mediaforge.domain.jobs.job import Job, JobStatus
from mediaforge.domain.library import generated
from mediaforge.domain.library.uploads import UploadStatus
from mediaforge.ports.documents import Query
from mediaforge.services.backend import Backend
from mediaforge.services.jobs.assets import has_files
from mediaforge.services.jobs.dispatch import deliver
from mediaforge.services.jobs.pictures import uploads_of
from mediaforge.services.jobs.plans import Library, Plan
from mediaforge.services.jobs.plans.generation import check_told
from mediaforge.services.jobs.run import run_job
from mediaforge.services.jobs.side_by_side import side_by_side

# Identical results that one request looks at: another one where files of the first are missing.
_LOOKS_MAX = 3


def answered(backend: Backend, library: Library, plans: Sequence[Plan]) -> list[Plan]:
    """The plans, which one account pays for; those whose request allows it are answered with an earlier
    result, where there is one. Raises InvalidRequestError or OverBudgetError for one that costs too much.

    For who is no member of the team that would pay nothing is looked for, since a refusal would tell by its
    words what the team has: the acceptance refuses them."""
    wanting = [plan.job for plan in plans if reuse.wants_reuse(plan.job)]
    if not wanting or not _may_look(library, wanting[0]):
        return list(plans)
    library.looks += len(wanting)
    results = dict(zip((job.id for job in wanting), find_results(backend, wanting), strict=True))
    return [answer(plan, results.get(plan.job.id)) for plan in plans]


def _may_look(library: Library, draft: Job) -> bool:
    return draft.team_id is None or library.is_member(draft.team_id)


def answer(plan: Plan, result: Job | None) -> Plan:
    """The plan; if its request allows it, answered with `result`. Raises InvalidRequestError or
    OverBudgetError where that costs more than its user was told, or than it may."""
    if not reuse.wants_reuse(plan.job):
        return plan
    if result is not None:
        return replace(plan, job=reuse.answered_by(plan.job, result))
    try:
        check_told(plan.job)
    except RequestError as refusal:
        if not plan.part:
            raise
        raise refusal.within(plan.part) from None
    return plan


def find_results(backend: Backend, drafts: Sequence[Job]) -> list[Job | None]:
    """For each draft an earlier job of the same account that asked for the same, and whose files are all
    there. Of several it is the one with the first seed, and of that the oldest."""
    asked = {_asked(draft): draft for draft in drafts}  # each once
    found = dict(zip(asked, side_by_side(partial(_find, backend), asked.values()), strict=True))
    return [found[_asked(draft)] for draft in drafts]


def _asked(draft: Job) -> str:
    first, _ = reuse.keys_that_answer(draft)
    return first


def _find(backend: Backend, draft: Job) -> Job | None:
    first, last = reuse.keys_that_answer(draft)
    same = Query(
        at.JOBS,
        where=(("reuse_key", ">=", first), ("reuse_key", "<=", last)),
        order_by=("reuse_key",),
        limit=_LOOKS_MAX,
    )
    found = backend.documents.find(Job, same)
    return next((job for job in found if _may_answer(backend, job)), None)


def _may_answer(backend: Backend, job: Job) -> bool:
    """Whether the job still shows what it made, was made of the uploads that are there now, and has all of
    its files. Whoever may spend the account's credits may see what it has paid for."""
    if job.status is not JobStatus.COMPLETED or job.output is None or job.deleted_at is not None:
        return False
    view = backend.documents.get(at.as_stored(at.view(job)))
    if view is None or not all(generated.is_delivered(view, p) for p in job.output.storage_paths):
        return False
    return _has_same_uploads(backend, job) and has_files(backend, job)


def _has_same_uploads(backend: Backend, job: Job) -> bool:
    """An upload may be written over under the same path: then the same request asks for something else. The
    file has to be the one that its document tells of, and to have been stored before the job was accepted."""
    for _, path, ref in uploads_of(job):
        known = backend.documents.get(ref)
        if known is None or known.path != path or known.status is not UploadStatus.READY:
            return False
        is_it = backend.media.list(path).get(path) == known.generation
        if not is_it or known.created_at > job.created_at:
            return False
    return True


def deliver_at_once(backend: Backend, job: Job) -> Job:
    """Has the accepted job deliver its copies now, as its worker would, and returns it as it is then. Never
    raises: what cannot be done now is done by a task, and should that be lost, by the sweep."""
    try:
        run_job(backend, job.id, job.deliveries)
        return backend.documents.get(at.job(job.id)) or job
    except BusyError as busy:
        log.warning("reuse.postponed", job_id=job.id, cause=str(busy))
        deliver(backend, [job])
    except Exception as error:
        log.bug("reuse.broke", error, job_id=job.id)
        deliver(backend, [job])
    return job
