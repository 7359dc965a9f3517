"""The deployed functions as they are, but with a provider that takes no time, and without limits on
submissions in two tiers, the highest and the free one.

functions-framework loads this file in place of main.py; the rest (SDK, adapters, services, the
thumbnail, Storage) is the product's. With BENCH_CALLS_FILE set, every Firestore call is counted; with
BENCH_MOMENTS_FILE, a job's moments are noted.
"""

# ruff: noqa: N816 - deployed functions are camelCase

import io
import os
from collections.abc import Callable
from dataclasses import replace
from functools import cache, wraps

import grpc  # type: ignore[import-untyped, unused-ignore]
from cloudevents.http import CloudEvent
from flask import Request, Response
from PIL import Image

from bench.served.invocations import note_invocation
from bench.served.moments import Moments
from mediaforge import bootstrap
from mediaforge.domain.catalogue import Catalogue
from mediaforge.ports.provider import Asset, Finished, ProviderRequest
from mediaforge.services.backend import Backend
from mediaforge.services.gate import Gate
from tests.support.one_shot import OneShotProvider

if calls_file := os.environ.get("BENCH_CALLS_FILE"):
    from bench.served.counting import counted

    # The channel is wrapped before the product opens it: calls are counted at the wire, not by the product.
    grpc.insecure_channel = counted(grpc.insecure_channel, calls_file)

import main
from main import api, batches, generateImage, searchGenerations, submitBatch

__all__ = [
    "api",
    "batches",
    "generateImage",
    "onViewUpdated",
    "runLocalImage",
    "runLocalImageFree",
    "searchGenerations",
    "submitBatch",
]

SUBMISSIONS_A_MINUTE = 100_000  # the most that the catalogue can say

_moments = Moments(os.environ.get("BENCH_MOMENTS_FILE"))


def _noted(run: Callable[[Request], Response]) -> Callable[[Request], Response]:
    """Notes the arrival of a task before the product has looked at it."""

    @wraps(run)
    def arrive(request: Request) -> Response:
        _moments.note("arrived", request.get_json()["data"]["jobId"])
        return run(request)

    return arrive


runLocalImage = _noted(main.runLocalImage)
runLocalImageFree = _noted(main.runLocalImageFree)


@wraps(main.onViewUpdated)
def onViewUpdated(event: CloudEvent) -> None:  # noqa: N802 - a deployed function is camelCase
    """Notes that an event has arrived, and passes it on."""
    if calls_file:
        note_invocation(calls_file, "onViewUpdated")
    main.onViewUpdated(event)


def _smallest_png() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), "teal").save(buffer, "PNG")
    return buffer.getvalue()


_PNG = _smallest_png()


class InstantProvider(OneShotProvider):
    """A provider that takes no time: the picture is there already."""

    def start(self, request: ProviderRequest) -> Finished:
        _moments.note("claimed", request.job_id)  # the claim was committed just before
        return Finished(Asset(_PNG, "png", "image/png") for _ in range(request.count))


_product_backend = bootstrap.backend


@cache
def _backend() -> Backend:
    product = _product_backend()
    catalogue = _without_rate(product.catalogue)
    gate = Gate(catalogue.limits.gate_a_minute, product.clock)
    return replace(product, providers={"local": InstantProvider()}, catalogue=catalogue, gate=gate)


def _without_rate(catalogue: Catalogue) -> Catalogue:
    """The catalogue without rate limits: a thousand submissions of one account in less than a minute are to
    be measured and not refused, as are the many submissions of free accounts."""
    without = {"submissions_a_minute": SUBMISSIONS_A_MINUTE, "images_a_day": None}
    patient = {
        name: catalogue.tiers[name].model_copy(update=without) for name in ("free", "studio")
    }
    gate = catalogue.limits.gate_a_minute.model_copy(update={"user_requests": SUBMISSIONS_A_MINUTE})
    limits = catalogue.limits.model_copy(update={"gate_a_minute": gate})
    tiers = {**catalogue.tiers, **patient}
    return catalogue.model_copy(update={"tiers": tiers, "limits": limits})


bootstrap.backend = _backend
