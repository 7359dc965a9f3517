"""The emulators under the rules of this checkout."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.rules.rest import Emulators


@pytest.fixture(scope="session")
def emulators(suite: object) -> Iterator[Emulators]:
    emulators = Emulators(
        project=os.environ.get("GCLOUD_PROJECT", "demo-mediaforge"),
        firestore_host=os.environ["FIRESTORE_EMULATOR_HOST"],
        storage_host=os.environ["FIREBASE_STORAGE_EMULATOR_HOST"],
    )
    yield emulators
    emulators.close()
