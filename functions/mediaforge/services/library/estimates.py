"""What requests would cost, and which changes of them would cost less. Writes nothing."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
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
from mediaforge.domain.catalogue import Model, Tier
from mediaforge.domain.errors import InvalidRequestError, NotAMemberError, RequestError
from mediaforge.domain.jobs.job import Job
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.money.accounts import team_account_id, user_account_id
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.jobs.plans import Library
from mediaforge.services.library.batches import PlannedRow, SentRow, Wanted, plan_row
from mediaforge.services.money.blocks import refuse_blocked_caller
from mediaforge.services.people.members import is_member, refuse_blocked_team

# An estimate is free and is counted nowhere. What it reads of packs, templates and brands counts at the gate.
_READS_A_REFUSAL = 10
# Fields that do not change what is made.
_BESIDES = frozenset({"title", "estimatedCredits", "kind"})


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
    items = [estimator.item(*each) for each in enumerate(request.requests)]
    planned = [each for each in items if isinstance(each, PlannedRow)]
    for _ in range(library.reads // _READS_A_REFUSAL):
        backend.gate.count_user_refusal(caller.uid)
    return CreditsEstimated(
        credits=sum(each.plan.job.estimated_credits for each in planned),
        items=tuple(_answer(each) for each in items),
        suggestions=tuple(estimator.suggestions(planned)),
    )


def _tier(backend: Backend, caller: Caller, team_id: str | None) -> Tier:
    account_id = team_account_id(team_id) if team_id else user_account_id(caller.uid)
    account = backend.documents.get(at.account(account_id))
    default = backend.catalogue.defaults.tier
    return backend.catalogue.tier_of(account.tier if account is not None else default)


def _answer(item: PlannedRow | RequestError) -> EstimatedRequest | WrongRequest:
    if isinstance(item, PlannedRow):
        job = item.plan.job
        return EstimatedRequest(credits=job.estimated_credits, model=job.model, kind=job.kind)
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


@dataclass(frozen=True, slots=True)
class _Estimator:
    backend: Backend
    wanted: Wanted
    tier: Tier
    now: datetime

    def item(self, index: int, sent: Mapping[str, Any]) -> PlannedRow | RequestError:
        try:
            return plan_row(self.backend, self.wanted, SentRow(index, sent), self.now)
        except RequestError as refusal:
            return refusal

    def suggestions(self, planned: Sequence[PlannedRow]) -> list[Suggestion]:
        doubles = list(_doubles(planned))
        gone = {saving.row for saving in doubles}
        kept = [each for each in planned if each.index not in gone]
        savings = [*doubles, *(saving for each in kept for saving in self._savings(each))]
        alike: dict[str, list[_Saving]] = {}
        for saving in savings:
            alike.setdefault(json.dumps(saving.change, sort_keys=True), []).append(saving)
        found = [_together(each) for each in alike.values()]
        return sorted(found, key=lambda each: -each.saves_credits)

    def _savings(self, planned: PlannedRow) -> Iterator[_Saving]:
        for words, change in self._changes(planned.plan.job):
            saved = self._saved_by(planned, change)
            if saved > 0:
                yield _Saving(words, change, planned.index, saved)

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
            and model.emulators_only == models[job.model].emulators_only
            and model.provider in self.backend.providers
        ]
        return min(priced)[1] if priced else None

    def _saved_by(self, planned: PlannedRow, change: Mapping[str, Any]) -> int:
        """Credits; 0 where the changed request would be refused."""
        after = self.item(planned.index, _changed(planned.sent, change))
        if not isinstance(after, PlannedRow):
            return 0
        return planned.plan.job.estimated_credits - after.plan.job.estimated_credits


def _changed(sent: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in {**sent, **change}.items() if each is not None}


def _shorter_and_smaller(model: Model) -> Iterator[tuple[str, Mapping[str, Any]]]:
    assert model.video is not None
    yield "make shorter videos", {"durationSeconds": min(model.video.durations_s)}
    cheapest = min(model.size_names, key=model.price_of)
    yield "make smaller videos", {"resolution": cheapest, "width": None, "height": None}


def _doubles(planned: Sequence[PlannedRow]) -> Iterator[_Saving]:
    """Requests that ask for what an earlier one asks for already."""
    seen = set[str]()
    for each in planned:
        sent = {name: value for name, value in each.sent.items() if name not in _BESIDES}
        asked = json.dumps([each.plan.job.kind.value, sent], sort_keys=True)
        if asked in seen:
            credits_ = each.plan.job.estimated_credits
            yield _Saving("leave out what is asked for twice", None, each.index, credits_)
        seen.add(asked)


def _together(savings: Sequence[_Saving]) -> Suggestion:
    saved, words = sum(saving.credits for saving in savings), savings[0].words
    return Suggestion(
        message=f"{words[0].upper()}{words[1:]}: that saves {saved} credits.",
        saves_credits=saved,
        change=savings[0].change,
        rows=tuple(saving.row for saving in savings),
    )
