"""The creative director: a brief becomes concepts while the caller waits.

Paid for when it has answered: the answer and its two entries are one commit, so a crash before it costs
nothing, and one after it loses nothing that the same `requestId` does not bring back.
"""

import hashlib
from collections.abc import Sequence

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.contract.documents import ConceptRecord, DirectionRecord
from mediaforge.contract.requests import DirectCreative
from mediaforge.domain import accounts, credits
from mediaforge.domain.accounts import team_account_id, user_account_id
from mediaforge.domain.brands import Brand, BrandStatus
from mediaforge.domain.catalogue import Resolved, Tier
from mediaforge.domain.errors import (
    BusyError,
    InsufficientCreditsError,
    InvalidRequestError,
    ModelNotInTierError,
    NotFoundError,
    ProviderError,
    RejectedError,
    RequestIdReusedError,
    RoleNotAllowedError,
    ThrottledError,
)
from mediaforge.ports.director import Brief, Concept, Direction, OfferedModel
from mediaforge.ports.documents import Transaction
from mediaforge.services import ledger
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.breakers import closed_for_s, note_health
from mediaforge.services.opening import open_for
from mediaforge.services.plans import hash_of


def direct(backend: Backend, caller: Caller, request: DirectCreative) -> DirectionRecord:
    """Raises RequestErrors with nothing charged; BusyError when the director cannot answer now."""
    resolved = _resolve(backend)
    direction_id = _id_of(caller, request.request_id) if request.request_id else backend.new_id()
    request_hash = hash_of("creativeDirectorAgent", request)
    known = backend.documents.get(at.direction(direction_id)) if request.request_id else None
    if known is not None:
        return _same_request(known, request_hash)
    tier = _admit(backend, caller, resolved)
    brand = _brand(backend, caller, request.brand_id)
    if brand is not None and brand.team_id is not None:
        tier = _tier_of_team(backend, brand.team_id)  # the team pays for what comes of the concepts
    brief = Brief(
        text=request.brief,
        count=request.count,
        kind=request.kind,
        models=_offered(backend, tier, request.kind, takes_brand=brand is not None),
        brand=brand.name if brand else None,
    )
    if not brief.models:
        raise InvalidRequestError.of("kind", f"the tier {tier.title} has no model for it")
    direction = _ask(backend, resolved, brief)
    return _charge(backend, caller, resolved, direction_id, request_hash, direction, brand)


def _id_of(caller: Caller, request_id: str) -> str:
    """Another than a job's of the same `requestId`: entries are named by it, and one that is there already
    is not posted again."""
    return hashlib.sha256(f"direction\n{caller.uid}\n{request_id}".encode()).hexdigest()[:24]


def _same_request(known: DirectionRecord, request_hash: str) -> DirectionRecord:
    if known.request_hash != request_hash:
        raise RequestIdReusedError("This requestId was used with another payload.")
    return known


def _resolve(backend: Backend) -> Resolved:
    name = backend.catalogue.default_model("text", is_emulated=backend.is_emulated)
    resolved = backend.catalogue.resolve(name)
    if resolved.model.provider not in backend.directors:
        raise InvalidRequestError.of("", f"the director {resolved.id} is not set up here")
    return resolved


def _admit(backend: Backend, caller: Caller, resolved: Resolved) -> Tier:
    """Counts the call before anything costs: rate, tier, a balance that could pay for it."""
    account_id, price = user_account_id(caller.uid), resolved.model.price_credits

    def work(tx: Transaction) -> Tier:
        now = backend.clock.now()
        opening = open_for(backend, tx, account_id, caller, now)
        account = opening.account
        tier = backend.catalogue.tier_of(account.tier)
        if resolved.id not in tier.models:
            message = f"The model {resolved.id} is not part of the tier {tier.title}."
            raise ModelNotInTierError(message, model=resolved.id, models=list(tier.models))
        counted = accounts.admit_call(account, tier, price, now)
        posted, entries = ledger.post(tx, counted, opening.postings, caller.uid, now)
        with opening.explaining():
            if posted.available < price:
                raise InsufficientCreditsError(required=price, available=posted.available)
        ledger.write(tx, posted, entries)
        opening.write(tx)
        return tier

    return backend.documents.transact(work)


def _brand(backend: Backend, caller: Caller, brand_id: str | None) -> Brand | None:
    """A brand that the caller could generate with: their own, or one of a team that they may submit for."""
    if brand_id is None:
        return None
    brand = backend.documents.get(at.brand(brand_id))
    if brand is None or not _is_theirs(backend, caller, brand):
        raise NotFoundError(f"brandId: there is no brand {brand_id} here.")
    if brand.status is not BrandStatus.READY:
        raise NotFoundError(f"brandId: there is no brand {brand_id} that is ready.")
    return brand


def _is_theirs(backend: Backend, caller: Caller, brand: Brand) -> bool:
    """Raises RoleNotAllowedError for a member of its team who could not submit what comes of it."""
    if brand.team_id is None:
        return brand.user_id == caller.uid
    member = backend.documents.get(at.member(brand.team_id, caller.uid))
    if member is None:
        return False
    if not member.role.may_submit:
        raise RoleNotAllowedError("A viewer looks on and submits nothing.", role=member.role.value)
    return True


def _tier_of_team(backend: Backend, team_id: str) -> Tier:
    account = backend.documents.get(at.account(team_account_id(team_id)))
    return backend.catalogue.tier_of(account.tier if account else backend.catalogue.defaults.tier)


def _offered(
    backend: Backend, tier: Tier, kind: str | None, *, takes_brand: bool
) -> Sequence[OfferedModel]:
    """What a concept could be submitted for, as it is, by an account of that tier."""
    kinds = (kind,) if kind else ("image", "video")
    models = [
        (model_id, backend.catalogue.models[model_id])
        for model_id in tier.models
        if backend.catalogue.models[model_id].kind in kinds
    ]
    return [
        OfferedModel(
            id=model_id,
            title=model.title,
            kind=model.kind,
            price_credits=model.usual_price_credits,
            aspect_ratios=list(backend.catalogue.sizes[model.sizes].px),
            durations_s=model.video.durations_s if model.video else (),
        )
        for model_id, model in models
        if model.provider in backend.providers and (model.takes_brands or not takes_brand)
    ]


def _ask(backend: Backend, resolved: Resolved, brief: Brief) -> Direction:
    director = backend.directors[resolved.model.provider]
    # During an outage nobody waits out the director's time limit to be told of it.
    if open_s := closed_for_s(backend, resolved.id):
        raise BusyError(f"{resolved.id}: out of order", retry_after_s=open_s)
    try:
        direction = director.direct(brief, resolved.id)
    except ProviderError as error:
        note_health(backend, resolved.id, error)
        if isinstance(error, RejectedError):
            raise InvalidRequestError.of("brief", error.message) from error
        asked_s = error.retry_after_s if isinstance(error, ThrottledError) else None
        raise BusyError(f"{resolved.id}: {error.code}", retry_after_s=asked_s) from error
    note_health(backend, resolved.id, None)
    return direction


def _charge(
    backend: Backend,
    caller: Caller,
    resolved: Resolved,
    direction_id: str,
    request_hash: str,
    direction: Direction,
    brand: Brand | None,
) -> DirectionRecord:
    account_id, price = user_account_id(caller.uid), resolved.model.price_credits
    postings = credits.charge(direction_id, price)

    def work(tx: Transaction) -> DirectionRecord:
        now = backend.clock.now()
        known, account = tx.get(at.direction(direction_id)), tx.get(at.account(account_id))
        if known is not None:
            return _same_request(known, request_hash)
        if account is None:
            raise AssertionError(f"no account {account_id}")
        record = DirectionRecord(
            id=direction_id,
            user_id=caller.uid,
            concepts=tuple(_priced(backend, concept) for concept in direction.concepts),
            rationale=direction.rationale,
            director=direction.director,
            model=resolved.id,
            brand_id=brand.id if brand else None,
            team_id=brand.team_id if brand else None,
            charged_credits=price,
            request_hash=request_hash,
            created_at=now,
        )
        posted, entries = ledger.post(tx, account, postings, caller.uid, now)
        tx.create(at.direction(direction_id), record)
        ledger.write(tx, posted, entries)
        return record

    record = backend.documents.transact(work)
    log.info(
        "direction",
        account_id=account_id,
        user_id=caller.uid,
        model=resolved.id,
        concepts=len(record.concepts),
        credits=price,
    )
    return record


def _priced(backend: Backend, concept: Concept) -> ConceptRecord:
    return ConceptRecord(
        title=concept.title,
        prompt=concept.prompt,
        negative_prompt=concept.negative_prompt,
        kind=concept.kind,
        aspect_ratio=concept.aspect_ratio,
        model=concept.model,
        estimated_credits=backend.catalogue.models[concept.model].usual_price_credits,
    )
