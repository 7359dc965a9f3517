"""Marks generations as favourites, with tags, with a cover: a user's own, and those of a team of which they
are an editor or an owner."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.contract.answers import Answer
from mediaforge.contract.requests import WHOLE, Text
from mediaforge.domain.errors import InvalidRequestError, RoleNotAllowedError
from mediaforge.domain.jobs.job import Job
from mediaforge.domain.library.marks import TAG_CHARS_MAX, TAGS_MAX, Marks, marks_of, tag_of
from mediaforge.ports.documents import Transaction
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.library.generations import Generations, found_jobs, refuse_missing, role_in

Tag = Annotated[Text, Field(min_length=1, max_length=TAG_CHARS_MAX), AfterValidator(tag_of)]


class MarkGeneration(Generations):
    """Marks jobs: the caller's own, or those of a team that the caller is an editor or an owner of. All that
    are named are marked, or none. A mark that is not given stays as it is. Marked again, nothing changes."""

    favourite: bool | None = None
    """Whether they are favourites."""
    tags: Annotated[tuple[Tag, ...], Field(max_length=TAGS_MAX, strict=False)] | None = None
    """Their tags, in place of those that they have; an empty list removes all. They are kept in lower case,
    each once."""
    cover: Annotated[int | None, Field(ge=0, le=3, validate_default=True), WHOLE] = None
    """Which of a job's pictures is shown first, counted from 0."""

    @field_validator("cover")
    @classmethod
    def _says_something(cls, cover: int | None, info: ValidationInfo) -> int | None:
        others = [info.data[name] for name in ("favourite", "tags") if name in info.data]
        if cover is None and others == [None, None]:
            raise ValueError("give favourite, tags, cover, or several of them")
        return cover


class GenerationMarks(Answer):
    """The marks of a job."""

    job_id: str
    """The job."""
    favourite: bool
    """Whether it is a favourite."""
    tags: tuple[str, ...]
    """Its tags."""
    cover: int
    """Which of its pictures is shown first, counted from 0."""


class GenerationsMarked(Answer):
    """The marks of the jobs that `jobIds` named."""

    items: tuple[GenerationMarks, ...]
    """In the order in which they were named."""


def mark_generation(
    backend: Backend, caller: Caller, request: MarkGeneration
) -> GenerationMarks | GenerationsMarked:
    """The marks after it. Raises NotFoundError, which names all jobs that are not there; RoleNotAllowedError;
    InvalidRequestError for a cover that a job does not have."""

    def work(tx: Transaction) -> list[GenerationMarks]:
        jobs = found_jobs(tx, caller, request.ids)
        for job in jobs:
            _refuse_readers(tx, caller, job)
            _check_cover(job, request.cover)
        views = [at.as_stored(at.view(job)) for job in jobs]
        tx.prefetch(*views)
        # The views are peeked at, for the answer alone: a mark does not depend on those before it. A view
        # that is deleted meanwhile cannot be patched.
        found = [None if tx.is_gone(ref) else tx.peek(ref) for ref in views]
        refuse_missing(job.id for job, view in zip(jobs, found, strict=True) if view is None)
        given = _given(request)
        for ref in views:
            tx.patch(ref, given)
        return [
            _after(job, {**(view or {}), **given}) for job, view in zip(jobs, found, strict=True)
        ]

    marked = backend.documents.transact(work)
    log.info("generations.marked", user_id=caller.uid, jobs=len(marked))
    return marked[0] if request.job_id is not None else GenerationsMarked(items=tuple(marked))


def _refuse_readers(tx: Transaction, caller: Caller, job: Job) -> None:
    if job.user_id == caller.uid:
        return
    role = role_in(tx, caller, job.team_id)
    if role is not None and not role.may_submit:
        raise RoleNotAllowedError("A viewer marks nothing of the team's.", role=role.value)


def _check_cover(job: Job, cover: int | None) -> None:
    number = job.output.delivered if job.output is not None else job.count
    if cover is not None and cover >= max(1, number):
        message = f"must be below {number}, the number of pictures of the job {job.id}"
        raise InvalidRequestError.of("cover", message)


def _given(request: MarkGeneration) -> dict[str, Any]:
    tags = None if request.tags is None else list(dict.fromkeys(request.tags))
    marks = {"favourite": request.favourite, "tags": tags, "cover": request.cover}
    return {name: mark for name, mark in marks.items() if mark is not None}


def _after(job: Job, view: dict[str, Any]) -> GenerationMarks:
    marks: Marks = marks_of(view)
    return GenerationMarks(
        job_id=job.id, favourite=marks.favourite, tags=marks.tags, cover=marks.cover
    )
