"""MediaForge as it is deployed, but for its provider, which asks the model that the peers ask.

functions-framework loads this file in place of main.py.
"""

# ruff: noqa: N816 - deployed functions are camelCase

from dataclasses import replace
from functools import cache

from bench.peers.model import generate
from bench.served import product
from bench.served.invocations import noted
from main import sweepJobs
from mediaforge import bootstrap
from mediaforge.ports.provider import Asset, Finished, ProviderRequest
from mediaforge.services.backend import Backend
from tests.support.one_shot import OneShotProvider

__all__ = ["generateImage", "onViewUpdated", "runLocalImage", "sweepJobs"]

generateImage = noted(product.generateImage)
runLocalImage = noted(product.runLocalImage)
onViewUpdated = product.onViewUpdated  # notes its calls itself

_benched_backend = bootstrap.backend


class ModelProvider(OneShotProvider):
    def start(self, request: ProviderRequest) -> Finished:
        return Finished(Asset(generate(request.prompt), "png", "image/png") for _ in "1")


@cache
def _backend() -> Backend:
    return replace(_benched_backend(), providers={"local": ModelProvider()})


bootstrap.backend = _backend
