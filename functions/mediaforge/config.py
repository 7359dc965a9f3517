"""Every setting, once. Declared as Firebase params, so that `firebase deploy` knows them; read when
the first request is served, never at import, into a frozen value that `bootstrap` hands around.

`functions/.env.local` has the values of the emulators.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from firebase_functions.params import IntParam, SecretParam

from mediaforge.domain.jobs import Timing
from mediaforge.domain.retries import BackOff

CATALOGUE_PATH = Path(__file__).parent.parent / "catalogue.toml"
REGION = "us-central1"
WORKER_TIMEOUT_S = 300

LOCAL_IMAGE_CONCURRENCY = IntParam(
    "LOCAL_IMAGE_CONCURRENCY", default=20, description="Images the built-in renderer draws at once"
)
LOCAL_IMAGE_RATE = IntParam(
    "LOCAL_IMAGE_RATE", default=50, description="Tasks a second sent to the built-in renderer"
)
_LEASE_S = IntParam("LEASE_S", default=60, description="How long a silent worker keeps its job")
_PICKUP_S = IntParam(
    "PICKUP_S", default=180, description="A task not claimed by then is sent again"
)
_RETURN_S = IntParam("RETURN_S", default=60, description="How late a delayed task may be")
_SETTLE_S = IntParam("SETTLE_S", default=60, description="A final job not settled by then is swept")
_WAITING_S = IntParam("WAITING_S", default=300, description="How often a waiting job is looked at")
_RETRY_BASE_S = IntParam("RETRY_BASE_S", default=5, description="Back-off after a failed attempt")
_RETRY_CAP_S = IntParam("RETRY_CAP_S", default=600, description="The longest such back-off")
_SNOOZE_BASE_S = IntParam(
    "SNOOZE_BASE_S", default=10, description="Back-off when told to slow down"
)
_SNOOZE_CAP_S = IntParam("SNOOZE_CAP_S", default=600, description="The longest such back-off")

STRIPE_WEBHOOK_SECRET = SecretParam(
    "STRIPE_WEBHOOK_SECRET", description="The signing secret of the purchase hook"
)

PARAMS = (
    LOCAL_IMAGE_CONCURRENCY,
    LOCAL_IMAGE_RATE,
    _LEASE_S,
    _PICKUP_S,
    _RETURN_S,
    _SETTLE_S,
    _WAITING_S,
    _RETRY_BASE_S,
    _RETRY_CAP_S,
    _SNOOZE_BASE_S,
    _SNOOZE_CAP_S,
)


@dataclass(frozen=True, slots=True)
class Config:
    """What the params and the platform say, read once."""

    project: str
    bucket: str
    is_emulated: bool
    timing: Timing


def read_config() -> Config:
    firebase = json.loads(os.environ.get("FIREBASE_CONFIG") or "{}")
    project = firebase.get("projectId") or os.environ["GCLOUD_PROJECT"]
    return Config(
        project=project,
        bucket=firebase.get("storageBucket") or f"{project}.firebasestorage.app",
        is_emulated=is_emulated(),
        timing=Timing(
            attempt_s=WORKER_TIMEOUT_S,
            lease_s=_LEASE_S.value,
            pickup_s=_PICKUP_S.value,
            return_s=_RETURN_S.value,
            settle_s=_SETTLE_S.value,
            waiting_s=_WAITING_S.value,
            retry=BackOff(_RETRY_BASE_S.value, _RETRY_CAP_S.value),
            snooze=BackOff(_SNOOZE_BASE_S.value, _SNOOZE_CAP_S.value),
        ),
    )


def stripe_webhook_secret() -> str:
    """Empty where purchases are not set up: then no signature is right."""
    return os.environ.get(STRIPE_WEBHOOK_SECRET.name, "")


def is_emulated() -> bool:
    """Whether the database is an emulator: then nothing here can cost money or reach a stranger."""
    return "FIRESTORE_EMULATOR_HOST" in os.environ
