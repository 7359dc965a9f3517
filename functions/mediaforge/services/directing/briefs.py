"""What the creative director is told: the caller's words, the brand they name, the models on offer."""

from collections.abc import Sequence

from mediaforge.contract import documents as at
from mediaforge.contract.requests import DirectCreative
from mediaforge.domain import retirement
from mediaforge.domain.catalogue import Tier
from mediaforge.domain.errors import InvalidRequestError, NotFoundError, RoleNotAllowedError
from mediaforge.domain.library.brands import Brand, BrandStatus
from mediaforge.domain.money.accounts import team_account_id
from mediaforge.ports.director import Brief, OfferedModel
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.money.blocks import refuse_blocked
from mediaforge.services.people.members import readable


def find_brand(backend: Backend, caller: Caller, brand_id: str | None) -> Brand | None:
    """A brand that the caller could generate with: their own, or one of a team that they may submit for. Only
    its members are told that a team is blocked."""
    if brand_id is None:
        return None
    brand = backend.documents.get(at.brand(brand_id))
    if brand is None or not _is_theirs(backend, caller, brand):
        raise NotFoundError(f"brandId: there is no brand {brand_id} here.")
    if brand.team_id is not None:
        refuse_blocked(backend.documents.get, team_account_id(brand.team_id))
    if brand.status is not BrandStatus.READY:
        raise NotFoundError(f"brandId: there is no brand {brand_id} that is ready.")
    return brand


def _is_theirs(backend: Backend, caller: Caller, brand: Brand) -> bool:
    """Whether the brand is the caller's, or their team's. Raises RoleNotAllowedError for a member of the team
    who may not submit what comes of it."""
    if not caller.sees(brand.team_id):
        return False
    if brand.team_id is None:
        return brand.user_id == caller.uid
    member = readable(backend.documents.get, at.member(brand.team_id, caller.uid))
    if member is None:
        return False
    if not member.role.may_submit:
        raise RoleNotAllowedError(
            "A viewer sees everything of the team and submits nothing.", role=member.role.value
        )
    return True


def tier_of_team(backend: Backend, team_id: str) -> Tier:
    account = backend.documents.get(at.account(team_account_id(team_id)))
    return backend.catalogue.tier_of(account.tier if account else backend.catalogue.defaults.tier)


def make_brief(backend: Backend, request: DirectCreative, tier: Tier, brand: Brand | None) -> Brief:
    """The brief for the director. `tier` is that of the account which will pay for what comes of the
    concepts. Raises InvalidRequestError."""
    models = _offered(backend, tier, request.kind, takes_brand=brand is not None)
    if not models:
        named = "kind" if request.kind else "brandId" if brand else ""
        raise InvalidRequestError.of(named, f"the tier {tier.title} has no model for it")
    return Brief(
        text=request.brief,
        count=request.count,
        kind=request.kind,
        models=models,
        brand=brand.name if brand else None,
    )


def _offered(
    backend: Backend, tier: Tier, kind: str | None, *, takes_brand: bool
) -> Sequence[OfferedModel]:
    """The models for which an account of that tier could submit a concept as it is: none that works on
    pictures alone, and none that may have been shut down by now."""
    today = backend.clock.now().date()
    kinds = (kind,) if kind else ("image", "video")
    models = [
        (model_id, backend.catalogue.models[model_id])
        for model_id in tier.models
        if backend.catalogue.models[model_id].kind in kinds
        and not backend.catalogue.models[model_id].references_min
        and not retirement.is_past(backend.catalogue.models[model_id].retires, today)
    ]
    return [
        OfferedModel(
            id=model_id,
            title=model.title,
            kind=model.kind,
            price_credits=model.usual_price_credits,
            aspect_ratios=list(backend.catalogue.sizes[model.sizes].px),
            durations_s=model.video.durations_s if model.video else (),
            prompt_chars_max=model.words.prompt_chars_max if model.words else None,
            negative_chars_max=model.words.negative_chars_max if model.words else None,
        )
        for model_id, model in models
        if model.provider in backend.providers and (model.takes_brands or not takes_brand)
    ]
