"""The deployed director as it is, but with production's model.

functions-framework loads this file in place of main.py.
"""

from dataclasses import replace
from functools import cache

from bench.served.defaults import with_production_defaults
from mediaforge import bootstrap
from mediaforge.services.backend import Backend

_product_backend = bootstrap.backend


@cache
def _backend() -> Backend:
    product = _product_backend()
    return replace(product, catalogue=with_production_defaults(product.catalogue))


bootstrap.backend = _backend

from main import creativeDirectorAgent  # noqa: E402 - after the backend is in its place

__all__ = ["creativeDirectorAgent"]
