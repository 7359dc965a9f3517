"""Makes a plan of a valid payload, or refuses it and names the field. A kind of job that asks for more than
the others has a module of its own."""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel

from mediaforge.contract.requests import (
    GenerateImage,
    GenerateVideo,
    Generation,
    Submittable,
    TrainBrand,
    in_one_spelling,
)
from mediaforge.domain.catalogue import Model
from mediaforge.domain.errors import IllegalStateError, InvalidRequestError, NotFoundError
from mediaforge.domain.library.brands import Brand, BrandStatus
from mediaforge.domain.names import digest_of
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.jobs.plans.expansion import Expanded, Library, expand, repeated
from mediaforge.services.jobs.plans.generation import plan_generation
from mediaforge.services.jobs.plans.image import plan_image
from mediaforge.services.jobs.plans.origin import Origin, Plan, check_tier
from mediaforge.services.jobs.plans.training import plan_training
from mediaforge.services.jobs.plans.video import plan_video

__all__ = [
    "Library",
    "Origin",
    "Plan",
    "Submittable",
    "check_tier",
    "fits_brand",
    "hash_of",
    "job_id_of",
    "plan",
    "request_hash",
]

_Planner = Callable[[Backend, Origin, Expanded[Any]], Plan]
_OWN_PLANS: Mapping[type[Submittable], _Planner] = {
    GenerateImage: plan_image,
    GenerateVideo: plan_video,
    TrainBrand: plan_training,
}


def plan(
    backend: Backend, origin: Origin, request: Submittable, library: Library | None = None
) -> Plan:
    """The plan of a request. Raises RequestErrors; writes nothing. Plans of one submission share a `library`,
    so that each pack, template and brand is read once, also where it is refused."""
    library = library or Library(backend, origin.caller)
    again = origin.repeats
    expanded = repeated(again, request) if again else expand(library, request)
    try:
        planned = _OWN_PLANS.get(type(request), plan_generation)(backend, origin, expanded)
    except InvalidRequestError as error:
        raise expanded.in_sent_fields(error) from None
    if isinstance(expanded.request, Generation):
        brand = _check_brand(library, origin, expanded.request)
        _check_base(backend, brand, planned.job.model)
    return planned


def _check_brand(library: Library, origin: Origin, request: Generation) -> Brand | None:
    """The brand that the request names, which has to exist, and to belong to the caller or to the team that
    pays; of a job that is repeated, to its user. Raises NotFoundError, IllegalStateError."""
    if request.brand_id is None:
        return None
    brand, again = library.brand(request.brand_id), origin.repeats
    uid = again.user_id if again is not None else origin.caller.uid
    is_private = brand is not None and brand.user_id == uid and brand.team_id is None
    is_mine = is_private and (again is not None or origin.caller.sees(None))
    is_ours = brand is not None and brand.team_id is not None and brand.team_id == request.team_id
    if brand is None or not (is_mine or is_ours):
        raise NotFoundError(f"brandId: there is no brand {request.brand_id} here.")
    if brand.status is not BrandStatus.READY:
        raise IllegalStateError(
            f"The brand {request.brand_id} is {brand.status}, not ready.", status=brand.status.value
        )
    return brand


def _check_base(backend: Backend, brand: Brand | None, model_id: str) -> None:
    """Weights fit the model that they were trained on, and its kin. Only our own workers load any; other
    models are shown the brand's pictures. Raises InvalidRequestError."""
    model = backend.catalogue.models[model_id]
    if brand is not None and model.worker is not None and not fits_brand(model, brand):
        takes = ", ".join(model.worker.base_models)
        message = f"was trained for {brand.base_model}; {model_id} draws with {takes}"
        raise InvalidRequestError.of("brandId", message)


def fits_brand(model: Model, brand: Brand | None) -> bool:
    """Whether the weights of the brand, if there are any that the model would load, fit it."""
    takes = model.worker.base_models if model.worker is not None else ()
    base_model = brand.base_model if brand is not None else None
    return not takes or base_model is None or base_model in takes


def request_hash(request: Submittable) -> str:
    """The same for two requests that are the same: a hash of the callable and of what was sent, without
    `requestId`."""
    return hash_of(request.makes.traits.callable_name, request)


def hash_of(name: str, request: BaseModel) -> str:
    sent = {name: each for name, each in in_one_spelling(request).items() if name != "requestId"}
    text = json.dumps([name, sent], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def job_id_of(caller: Caller, request_id: str) -> str:
    """The id of the job that a `requestId` makes. A request that is sent again gets the same id, and so finds
    its job."""
    return digest_of(caller.uid, request_id)[:24]
