"""Searches what was generated: a user's own jobs, or those of a team, newest first, page by page.

The database is asked one query for each kind of job, by the filters that an index answers. One of several
words, or a tag, is asked for together with time alone; whatever else was asked for is looked at here. So a
call reads a bounded number of documents, however many there are, and may find less than a page: then its
cursor goes on where it has stopped reading.
"""

import base64
import binascii
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from mediaforge.contract import documents as at
from mediaforge.contract.answers import Answer, Generation
from mediaforge.contract.requests import (
    WHOLE,
    DocumentId,
    Moment,
    Name,
    Payload,
    Text,
    Uid,
    parse,
)
from mediaforge.contract.views import View
from mediaforge.domain.errors import InvalidRequestError, NotAMemberError
from mediaforge.domain.jobs.job import JobStatus
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.library.search import terms_in
from mediaforge.domain.money.accounts import team_account_id
from mediaforge.domain.names import digest_of
from mediaforge.ports.documents import Query
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.jobs.side_by_side import side_by_side
from mediaforge.services.library.marks import Tag
from mediaforge.services.money.blocks import refuse_blocked, refuse_blocked_caller
from mediaforge.services.people.members import is_member

TEXT_CHARS_MAX = 200
PAGE_MAX = 100
Condition = tuple[str, str, Any]
# How many documents of a kind one call reads where it has to look for what fits among them.
LOOKS_MAX = 200
_NEWEST_FIRST = ("-created_at",)
_TICK = timedelta(microseconds=1)  # Firestore's moments have no finer parts
# Without `kind` all that has files is searched. Trainings are found by their kind, and as brands.
_WITH_FILES = tuple(kind for kind in JobKind if kind.traits.type_of is not None)
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = datetime(9999, 12, 30, tzinfo=UTC)
_NO_CURSOR = "is none that this search has answered"


def _in_utc(moment: datetime) -> datetime:
    """The moment without the text that it was sent as. Nothing was made before 1970, nor after 9999."""
    if moment <= _FIRST:
        return _FIRST
    if moment >= _LAST:
        return _LAST
    found = moment.astimezone(UTC)
    return datetime.combine(found.date(), found.time(), UTC)


Instant = Annotated[Moment, AfterValidator(_in_utc)]


def _with_a_word(text: str) -> str:
    if not terms_in(text):
        raise ValueError("has no word to search for")
    return text


Words = Annotated[Text, Field(max_length=TEXT_CHARS_MAX), AfterValidator(_with_a_word)]


class SearchGenerations(Payload):
    """Finds jobs, newest first: the caller's own, or with `teamId` those of a team that the caller is a
    member of. Whatever is given has to fit. A page may have fewer items than `limit`, or none, although more
    follow: as long as there is a `cursor` there is a next page."""

    text: Words | None = None
    """Words of the prompt, the title, a brand's name or the style, in any order; each is a whole word. Case
    and accents do not matter. A job is found by its first 60 different words."""
    kind: Annotated[JobKind, Field(strict=False)] | None = None
    """Without it: images and videos."""
    status: Annotated[JobStatus, Field(strict=False)] | None = None
    """How far the jobs are."""
    model: Name | None = None
    """The model that is used."""
    brand_id: DocumentId | None = None
    """The brand that was asked for, or that a training makes."""
    batch_id: DocumentId | None = None
    """The batch that they belong to."""
    team_id: DocumentId | None = None
    """The team that paid for them, whoever asked for them. Without it: the caller's own, whoever paid."""
    tag: Tag | None = None
    """A tag that they have. Case does not matter."""
    favourite: bool | None = None
    """Whether they are marked as favourites."""
    since: Annotated[Instant | None, Field(alias="from")] = None
    """They were accepted at this moment or later."""
    until: Annotated[Instant | None, Field(alias="to")] = None
    """They were accepted at this moment or earlier."""
    limit: Annotated[int, Field(ge=1, le=PAGE_MAX), WHOLE] = 20
    """The most items of a page."""
    cursor: Annotated[Text, Field(max_length=4000)] | None = None
    """The `cursor` of the page before this one. The other fields have to be the same as then; only `limit`
    may differ."""

    @field_validator("until")
    @classmethod
    def _is_no_earlier(cls, until: datetime | None, info: ValidationInfo) -> datetime | None:
        since = info.data.get("since")
        if until is not None and since is not None and until < since:
            raise ValueError("must not be before from")
        return until


class Found(Answer):
    """A page of what was found."""

    items: tuple[Generation, ...]
    """Newest first."""
    cursor: str | None = None
    """For the next page; left out where nothing more can be found."""


class Place(Payload):
    """Where a page has ended: behind this document. `search` stands for what was searched for."""

    created_at: Instant
    kind: Annotated[JobKind, Field(strict=False)]
    uid: Uid
    job_id: Uid  # whoever wrote the view by hand may have given it any name
    search: Text


def search_generations(backend: Backend, caller: Caller, request: SearchGenerations) -> Found:
    """Raises NotAMemberError; InvalidRequestError for a cursor that this search has not answered."""
    refuse_blocked_caller(backend.documents, caller)
    if request.team_id is not None:
        _refuse_strangers(backend, caller, request.team_id)
    name, place = _name_of(request), _place_of(request)
    looks = looks_of(caller, request, place)
    pages = side_by_side(partial(_read, backend), looks)
    found = sorted((each for page in pages for each in page), reverse=True)
    # Behind the last document of a page that was full there may be more of its kind.
    ends = [page[-1] for page, look in zip(pages, looks, strict=True) if len(page) == look.limit]
    read = [each for each in found if not ends or each >= max(ends)]
    fitting = [each for each in read if _fits(request, each.view)]
    items = fitting[: request.limit]
    last = items[-1] if len(fitting) > request.limit else read[-1] if ends else None
    return Found(
        items=tuple(Generation.of(each.view, each.kind) for each in items),
        cursor=_cursor_of(last, name) if last is not None else None,
    )


def _refuse_strangers(backend: Backend, caller: Caller, team_id: str) -> None:
    if not is_member(backend.documents.get, team_id, caller):
        raise NotAMemberError(f"You are not a member of the team {team_id}.")
    refuse_blocked(backend.documents.get, team_account_id(team_id))


# ---- what the database is asked --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Look:
    """A query for jobs of one kind, with its conditions; `order_by` is the newest first."""

    kind: JobKind
    collection: str
    is_group: bool
    where: Sequence[Condition]
    limit: int
    after: str = ""
    behind: Sequence[datetime] = ()


def looks_of(caller: Caller, request: SearchGenerations, place: Place | None) -> list[Look]:
    """The queries of a search that goes on behind `place`. At one moment the kinds come in their order."""
    kinds = [request.kind] if request.kind is not None else _WITH_FILES
    return [_look(caller, request, kind, place) for kind in kinds]


def _look(caller: Caller, request: SearchGenerations, kind: JobKind, place: Place | None) -> Look:
    asked, is_all = _asked(request)
    of_team = [("team_id", "==", request.team_id)] if request.team_id is not None else []
    limit = request.limit + 1  # one more says whether there is a next page
    look = Look(
        kind=kind,
        collection=kind.plural if of_team else f"generations/{caller.uid}/{kind.plural}",
        is_group=bool(of_team),
        where=(*of_team, *asked, *_times(request.since, _until(request, kind, place))),
        limit=limit if is_all else max(limit, LOOKS_MAX),
    )
    if place is None or place.kind is not kind:
        return look
    path = at.view_of(place.uid, kind, place.job_id).path
    return replace(look, after=path if of_team else place.job_id, behind=(place.created_at,))


def _until(request: SearchGenerations, kind: JobKind, place: Place | None) -> datetime | None:
    """No job of this kind that was accepted later comes behind `place`, which is one of another kind."""
    if place is None or place.kind is kind:
        return request.until
    is_past = _rank(kind) < _rank(place.kind)
    until = place.created_at - _TICK if is_past else place.created_at
    return until if request.until is None else min(until, request.until)


def _times(since: datetime | None, until: datetime | None) -> Iterator[Condition]:
    if since is not None:
        yield "created_at", ">=", since
    if until is not None:
        yield "created_at", "<=", until


def _asked(request: SearchGenerations) -> tuple[Sequence[Condition], bool]:
    """The conditions that the indexes answer, and whether they are all of the search. Of several words the
    longest is asked for, as the one that most likely is the rarest. Views of the last release lack
    `favourite`, and are none: so nobody asks the database for what is no favourite."""
    equal = {
        "status": request.status and request.status.value,
        "model": request.model,
        "brand_id": request.brand_id,
        "batch_id": request.batch_id,
        "favourite": request.favourite or None,
    }
    given = [(name, "==", value) for name, value in equal.items() if value is not None]
    has_others = bool(given) or request.favourite is False
    if request.text is not None:
        words = terms_in(request.text)
        is_all = len(words) == 1 and request.tag is None and not has_others
        return [("search_terms", "array_contains", max(words, key=len))], is_all
    if request.tag is not None:
        return [("tags", "array_contains", request.tag)], not has_others
    return given, request.favourite is not False


def _query(look: Look) -> Query:
    return Query(
        look.collection,
        look.where,
        _NEWEST_FIRST,
        look.limit,
        look.after,
        look.behind,
        look.is_group,
    )


def _rank(kind: JobKind) -> int:
    return list(JobKind).index(kind)


# ---- what it answers -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Read:
    """A view that was read. Later in the order of pages is less."""

    kind: JobKind
    view: View

    @property
    def order(self) -> tuple[datetime, int, str, str]:
        view = self.view
        return view.created_at, -_rank(self.kind), view.user_id, view.file_uid

    def __lt__(self, other: Self) -> bool:
        return self.order < other.order

    def __ge__(self, other: Self) -> bool:
        return self.order >= other.order


def _read(backend: Backend, look: Look) -> list[_Read]:
    return [_Read(look.kind, view) for view in backend.documents.find(View, _query(look))]


def _fits(request: SearchGenerations, view: View) -> bool:
    return all(_fit(request, view))


def _fit(request: SearchGenerations, view: View) -> Iterator[bool]:
    """Whether each part of the search fits the view; time and team were asked for in any case."""
    if request.text is not None:
        yield set(terms_in(request.text)) <= set(view.search_terms)
    yield request.tag is None or request.tag in view.tags
    yield request.favourite is None or request.favourite is view.favourite
    for name in ("status", "model", "brand_id", "batch_id"):
        wanted = getattr(request, name)
        yield wanted is None or wanted == getattr(view, name)


# ---- cursors ---------------------------------------------------------------------------------------


def _name_of(request: SearchGenerations) -> str:
    """Stands for what is searched for, page after page."""
    asked = request.model_dump(mode="json", exclude={"cursor", "limit"}, exclude_none=True)
    return digest_of("search", json.dumps(asked, sort_keys=True))[:16]


def _cursor_of(last: _Read, search: str) -> str:
    view = last.view
    place = {
        "createdAt": view.created_at.isoformat(),
        "kind": last.kind.value,
        "uid": view.user_id,
        "jobId": view.file_uid,
        "search": search,
    }
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


def _place_of(request: SearchGenerations) -> Place | None:
    """Where the page before has ended. Raises InvalidRequestError. A cursor is no secret, and not signed: it
    can only name a place in what its caller may search anyway."""
    if request.cursor is None:
        return None
    try:
        sent = json.loads(base64.b64decode(request.cursor, altchars=b"-_", validate=True))
        place = parse(Place, sent)
    except (binascii.Error, ValueError, RecursionError, InvalidRequestError):
        raise InvalidRequestError.of("cursor", _NO_CURSOR) from None
    if place.search != _name_of(request):
        raise InvalidRequestError.of("cursor", "belongs to another search")
    return place
