"""Worlds that the tests of the library begin with."""

import pytest

from tests.support.uploads import Bucket, new_bucket
from tests.support.world import World


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def pro(world: World) -> World:
    """Of a user whose tier allows batches of a hundred rows, and who can pay for them."""
    world.set_tier("pro")
    world.grant(900)
    return world


@pytest.fixture
def bucket() -> Bucket:
    return new_bucket()
