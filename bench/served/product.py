"""The deployed functions as they are, but for a provider that takes no time and a highest tier that
may submit without end.

functions-framework loads this file in place of main.py; the rest (SDK, adapters, services, the
thumbnail, Storage) is the product's. With BENCH_CALLS_FILE set, every Firestore call is counted; with
BENCH_MOMENTS_FILE, a job's moments are noted.
"""

# ruff: noqa: N802 - deployed functions are camelCase

import io
import os
from dataclasses import replace
from functools import cache, wraps
from typing import Any

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

    # Before the product opens its channel, and at the wire: the product does not count itself.
    grpc.insecure_channel = counted(grpc.insecure_channel, calls_file)

import main
from main import generateImage

__all__ = ["generateImage", "onViewUpdated", "runLocalImage"]

SUBMISSIONS_A_MINUTE = 100_000  # the most that the catalogue can say

_moments = Moments(os.environ.get("BENCH_MOMENTS_FILE"))


@wraps(main.runLocalImage)
def runLocalImage(request: Request) -> Response:
    """A task is here: before the product has looked at it."""
    _moments.note("arrived", request.get_json()["data"]["jobId"])
    run: Any = main.runLocalImage
    response: Response = run(request)
    return response


@wraps(main.onViewUpdated)
def onViewUpdated(event: CloudEvent) -> None:
    """An event is here."""
    if calls_file:
        note_invocation(calls_file, "onViewUpdated")
    react: Any = main.onViewUpdated
    react(event)


def _smallest_png() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), "teal").save(buffer, "PNG")
    return buffer.getvalue()


_PNG = _smallest_png()


class InstantProvider(OneShotProvider):
    """A provider that takes no time: the picture is there already."""

    def start(self, request: ProviderRequest) -> Finished:
        _moments.note("claimed", request.job_id)  # the claim is committed, and nothing done since
        return Finished(Asset(_PNG, "png", "image/png") for _ in range(request.count))


_product_backend = bootstrap.backend


@cache
def _backend() -> Backend:
    product = _product_backend()
    catalogue = _without_rate(product.catalogue)
    gate = Gate(catalogue.limits.gate_a_minute, product.clock)
    return replace(product, providers={"local": InstantProvider()}, catalogue=catalogue, gate=gate)


def _without_rate(catalogue: Catalogue) -> Catalogue:
    """A thousand submissions of one account in less than a minute are measured, not refused."""
    studio = catalogue.tiers["studio"]
    patient = studio.model_copy(update={"submissions_a_minute": SUBMISSIONS_A_MINUTE})
    gate = catalogue.limits.gate_a_minute.model_copy(update={"user_requests": SUBMISSIONS_A_MINUTE})
    limits = catalogue.limits.model_copy(update={"gate_a_minute": gate})
    tiers = {**catalogue.tiers, "studio": patient}
    return catalogue.model_copy(update={"tiers": tiers, "limits": limits})


bootstrap.backend = _backend
