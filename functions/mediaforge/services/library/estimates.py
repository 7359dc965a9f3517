"""What requests would cost, and which changes of them would cost less. Writes nothing."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from mediaforge.contract import documents as at
from mediaforge.contract.answers import (
    CreditsEstimated,
    EstimatedRequest,
    Suggestion,
    WrongRequest,
)
from mediaforge.contract.requests import EstimateCredits
from mediaforge.domain import retirement
from mediaforge.domain.catalogue import Model, Tier
from mediaforge.domain.errors import InvalidRequestError, NotAMemberError, RequestError
from mediaforge.domain.jobs.job import Job
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.jobs.reuse import wants_reuse
from mediaforge.domain.money.accounts import team_account_id, user_account_id
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.jobs.plans import Library, Plan
from mediaforge.services.jobs.reuse import answer, find_results
from mediaforge.services.library.batches import PlannedRow, SentRow, Wanted, plan_row
from mediaforge.services.money.blocks import refuse_blocked_caller
from mediaforge.services.people.members import is_member, refuse_blocked_team

# An estimate is free and is counted nowhere. What it reads of packs, templates and brands counts at the gate,
# and so does each request for which an earlier result is looked for.
_READS_A_REFUSAL = 10
_LOOKS_A_REFUSAL = 50
# Fields that do not change what is made.
_BESIDES = frozenset({"title", "estimatedCredits", "maxCredits", "kind", "reuse"})


def estimate_credits(
    backend: Backend, caller: Caller, request: EstimateCredits
) -> CreditsEstimated:
    """Raises NotAMemberError, AccountBlockedError. What is wrong with a request is part of the answer."""
    refuse_blocked_caller(backend.documents, caller)
    team_id = request.team_id
    if team_id is not None:
        if not is_member(backend.documents.get, team_id, caller):
            raise NotAMemberError(f"You are not a member of the team {team_id}.")
        refuse_blocked_team(backend.documents.get, caller, team_id)
    library = Library(backend, caller)
    estimator = _Estimator(
        backend,
        Wanted("estimate", caller, library, team_id),
        _tier(backend, caller, team_id),
        backend.clock.now(),
    )
    found = estimator.items(request.requests)
    suggestions = tuple(estimator.suggestions(found))
    costs = library.reads // _READS_A_REFUSAL + estimator.looks // _LOOKS_A_REFUSAL
    for _ in range(costs):
        backend.gate.count_user_refusal(caller.gate_name)
    return CreditsEstimated(
        credits=sum(each.credits for each in _priced(found)),
        items=tuple(_answer(each) for each in found),
        suggestions=suggestions,
    )


def _tier(backend: Backend, caller: Caller, team_id: str | None) -> Tier:
    account_id = team_account_id(team_id) if team_id else user_account_id(caller.uid)
    account = backend.documents.get(at.account(account_id))
    default = backend.catalogue.defaults.tier
    return backend.catalogue.tier_of(account.tier if account is not None else default)


@dataclass(frozen=True, slots=True)
class _Priced:
    """A request that would be accepted. `plan` is what it would be now; `result`, where it was looked for, an
    earlier one of the same request, whether or not the request allows it."""

    index: int
    sent: Mapping[str, Any]
    plan: Plan
    result: Job | None

    @property
    def credits(self) -> int:
        return self.plan.job.estimated_credits


_Item = _Priced | RequestError


def _priced(items: Iterable[_Item]) -> list[_Priced]:
    return [each for each in items if isinstance(each, _Priced)]


def _answer(item: _Item) -> EstimatedRequest | WrongRequest:
    if isinstance(item, _Priced):
        job, is_reusable = item.plan.job, item.result is not None
        return EstimatedRequest(
            credits=item.credits, model=job.model, kind=job.kind, reusable=is_reusable
        )
    if isinstance(item, InvalidRequestError):
        return WrongRequest(field_errors=tuple(item.details["fieldErrors"]))
    return WrongRequest(field_errors=({"field": "", "message": item.message},))


@dataclass(frozen=True, slots=True)
class _Saving:
    """A change that one request could take. Requests with the same `change` are suggested together."""

    words: str
    change: Mapping[str, Any] | None
    row: int
    credits: int


@dataclass(slots=True)
class _Estimator:
    """`looks` counts the requests for which an earlier result was looked for."""

    backend: Backend
    wanted: Wanted
    tier: Tier
    now: datetime
    looks: int = 0

    def items(self, requests: Sequence[Mapping[str, Any]]) -> list[_Item]:
        return self._price([self._plan(*each) for each in enumerate(requests)])

    def _plan(self, index: int, sent: Mapping[str, Any]) -> PlannedRow | RequestError:
        try:
            return plan_row(self.backend, self.wanted, SentRow(index, sent), self.now)
        except RequestError as refusal:
            return refusal

    def _price(
        self, planned: Sequence[PlannedRow | RequestError], *, if_wanted: bool = False
    ) -> list[_Item]:
        """All results are looked for at once; `if_wanted`: only for the requests that allow it."""
        drafts = {
            id(each): each.plan.job
            for each in planned
            if isinstance(each, PlannedRow) and (not if_wanted or wants_reuse(each.plan.job))
        }
        self.looks += len(drafts)
        found = find_results(self.backend, list(drafts.values()))
        results = dict(zip(drafts, found, strict=True))
        return [
            each if isinstance(each, RequestError) else _price(each, results.get(id(each)))
            for each in planned
        ]

    def suggestions(self, items: Sequence[_Item]) -> list[Suggestion]:
        priced = _priced(items)
        doubles = list(_doubles(priced))
        gone = {saving.row for saving in doubles}
        kept = [each for each in priced if each.index not in gone]
        savings = [*doubles, *_reusing(kept), *self._changing(kept)]
        alike: dict[str, list[_Saving]] = {}
        for saving in savings:
            if saving.credits > 0:
                alike.setdefault(json.dumps(saving.change, sort_keys=True), []).append(saving)
        found = [_together(each) for each in alike.values()]
        return sorted(found, key=lambda each: -each.saves_credits)

    def _changing(self, kept: Sequence[_Priced]) -> Iterator[_Saving]:
        """What each request would cost with each change. One that would be refused saves nothing."""
        ways = [
            (before, words, change)
            for before in kept
            if before.credits
            for words, change in self._changes(before.plan.job)
        ]
        changed = [self._plan(b.index, _changed(b.sent, change)) for b, _, change in ways]
        after = self._price(changed, if_wanted=True)
        for (before, words, change), then in zip(ways, after, strict=True):
            if isinstance(then, _Priced):
                yield _Saving(words, change, before.index, before.credits - then.credits)

    def _changes(self, job: Job) -> Iterator[tuple[str, Mapping[str, Any]]]:
        models = self.backend.catalogue.models
        model, number = models[job.model], max(1, job.count)
        if cheapest := self._cheapest(job):
            yield f"use {models[cheapest].title} instead of {model.title}", {"model": cheapest}
        if number > 1:
            yield "make one picture instead of several", {"count": 1}
        if job.kind is JobKind.VIDEO:
            yield from _shorter_and_smaller(model)
        elif job.size_name and job.size_name != model.size_names[0]:
            smaller = {"width": None, "height": None, "aspectRatio": job.aspect_ratio}
            yield "make smaller pictures", smaller

    def _cheapest(self, job: Job) -> str | None:
        """The cheapest other model of the kind that the tier has and that this project can run."""
        models = self.backend.catalogue.models
        priced = [
            (model.usual_price_credits, name)
            for name, model in models.items()
            if model.makes is job.kind
            and name != job.model
            and name in self.tier.models
            and not retirement.is_past(model.retires, self.now.date())
            and not model.references_min  # it makes nothing new of a prompt
            and model.emulators_only == models[job.model].emulators_only
            and model.provider in self.backend.providers
        ]
        return min(priced)[1] if priced else None


def _price(planned: PlannedRow, result: Job | None) -> _Item:
    plan = replace(planned.plan, part="")  # what is wrong is told beside the others
    try:
        return _Priced(planned.index, planned.sent, answer(plan, result), result)
    except RequestError as refusal:
        return refusal


def _changed(sent: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in {**sent, **change}.items() if each is not None}


def _shorter_and_smaller(model: Model) -> Iterator[tuple[str, Mapping[str, Any]]]:
    assert model.video is not None
    yield "make shorter videos", {"durationSeconds": min(model.video.durations_s)}
    cheapest = min(model.size_names, key=model.price_of)
    yield "make smaller videos", {"resolution": cheapest, "width": None, "height": None}


def _doubles(priced: Sequence[_Priced]) -> Iterator[_Saving]:
    """Requests that ask for what an earlier one asks for already."""
    seen = set[str]()
    for each in priced:
        sent = {name: value for name, value in each.sent.items() if name not in _BESIDES}
        asked = json.dumps([each.plan.job.kind.value, sent], sort_keys=True)
        if asked in seen:
            words = "leave out what is asked for twice"
            yield _Saving(words, None, each.index, each.credits)
        seen.add(asked)


def _reusing(priced: Sequence[_Priced]) -> Iterator[_Saving]:
    """Requests of which the account has a result that they do not ask for."""
    for each in priced:
        if each.result is not None:
            words = "use the results that you have already"
            yield _Saving(words, {"reuse": True}, each.index, each.credits)


def _together(savings: Sequence[_Saving]) -> Suggestion:
    saved, words = sum(saving.credits for saving in savings), savings[0].words
    return Suggestion(
        message=f"{words[0].upper()}{words[1:]}: that saves {saved} credits.",
        saves_credits=saved,
        change=savings[0].change,
        rows=tuple(saving.row for saving in savings),
    )
