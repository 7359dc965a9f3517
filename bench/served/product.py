"""The deployed functions as they are, but for a provider that takes no time.

functions-framework loads this file in place of main.py; the rest (SDK, adapters, services, the
thumbnail, Storage) is the product's. With BENCH_CALLS_FILE set, every Firestore call is counted.
"""

import io
import os
from dataclasses import replace
from functools import cache

import grpc  # type: ignore[import-untyped, unused-ignore]
from PIL import Image

from mediaforge import bootstrap
from mediaforge.ports import Asset, Finished, ProviderRequest
from mediaforge.services.backend import Backend

if calls_file := os.environ.get("BENCH_CALLS_FILE"):
    from bench.served.counting import counted

    # Before the product opens its channel, and at the wire: the product does not count itself.
    grpc.insecure_channel = counted(grpc.insecure_channel, calls_file)

from main import generateImage, onJobWritten, runLocalImage

__all__ = ["generateImage", "onJobWritten", "runLocalImage"]


def _smallest_png() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), "teal").save(buffer, "PNG")
    return buffer.getvalue()


_PNG = _smallest_png()


class InstantProvider:
    """A provider that takes no time: the picture is there already."""

    def start(self, request: ProviderRequest) -> Finished:
        return Finished(Asset(_PNG, "png", "image/png") for _ in range(request.count))


_product_backend = bootstrap.backend


@cache
def _backend() -> Backend:
    return replace(_product_backend(), providers={"local": InstantProvider()})


bootstrap.backend = _backend
