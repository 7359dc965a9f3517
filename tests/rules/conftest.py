"""The emulators under the rules of this checkout."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.emulator.conftest import triggers_off
from tests.rules.callers import BACKEND
from tests.rules.rest import Emulators
from tools.suite import Suite


@pytest.fixture(scope="package")
def emulators(suite: Suite) -> Iterator[Emulators]:
    """Without the backend: its count of uploads, each minute here, would correct what a test has made up."""
    emulators = Emulators(
        project=os.environ.get("GCLOUD_PROJECT", "demo-mediaforge"),
        firestore_host=os.environ["FIRESTORE_EMULATOR_HOST"],
        storage_host=os.environ["FIREBASE_STORAGE_EMULATOR_HOST"],
    )
    with triggers_off(suite):
        yield emulators
    emulators.close()


@pytest.fixture
def written(emulators: Emulators) -> Iterator[list[str]]:
    """The paths of what a test may have written; they are deleted after it."""
    paths: list[str] = []
    yield paths
    for path in paths:
        emulators.firestore(BACKEND).delete(path).raise_for_status()
