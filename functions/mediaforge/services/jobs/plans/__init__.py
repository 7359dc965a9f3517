"""From a valid payload to a job, or a refusal that names the field: one module a kind of job."""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel

from mediaforge.contract.requests import GenerateImage, GenerateVideo, TrainBrand, as_sent
from mediaforge.domain.jobs.job import JobKind
from mediaforge.domain.names import digest_of
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.jobs.plans.image import plan_image
from mediaforge.services.jobs.plans.origin import Origin, Plan, check_tier
from mediaforge.services.jobs.plans.training import plan_training
from mediaforge.services.jobs.plans.video import plan_video

__all__ = [
    "REQUESTS",
    "Origin",
    "Plan",
    "Submittable",
    "check_tier",
    "hash_of",
    "job_id_of",
    "plan",
    "request_hash",
]

Submittable = GenerateImage | GenerateVideo | TrainBrand
REQUESTS: Mapping[JobKind, type[Submittable]] = {
    JobKind.IMAGE: GenerateImage,
    JobKind.VIDEO: GenerateVideo,
    JobKind.TRAINING: TrainBrand,
}
_PLANNERS: Mapping[type[Submittable], tuple[str, Callable[[Backend, Origin, Any], Plan]]] = {
    GenerateImage: ("generateImage", plan_image),
    GenerateVideo: ("generateVideo", plan_video),
    TrainBrand: ("trainBrand", plan_training),
}


def plan(backend: Backend, origin: Origin, request: Submittable) -> Plan:
    """Raises RequestErrors; has no effect."""
    _, planner = _PLANNERS[type(request)]
    return planner(backend, origin, request)


def request_hash(request: Submittable) -> str:
    """Two requests are the same when this is: the callable and what was sent, but for `requestId`."""
    name, _ = _PLANNERS[type(request)]
    return hash_of(name, request)


def hash_of(name: str, request: BaseModel) -> str:
    sent = {field: value for field, value in as_sent(request).items() if field != "requestId"}
    text = json.dumps([name, sent], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def job_id_of(caller: Caller, request_id: str) -> str:
    """The job of a `requestId` is known before it is looked up: sent again, it meets itself."""
    return digest_of(caller.uid, request_id)[:24]
