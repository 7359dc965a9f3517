"""Every setting, in one place. Settings are declared as Firebase params, so that `firebase deploy` knows
them. They are read when the first request is served, not at import, into a frozen value that `assembly`
passes on. The exceptions are six settings that say what is deployed, and how: those are read when `main` is
imported, so that a wrong value fails the deploy.

`functions/.env.local` has the values of the emulators.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from firebase_functions.options import CorsOptions
from firebase_functions.params import PROJECT_ID, BoolParam, IntParam, SecretParam, StringParam

from mediaforge import environment, log
from mediaforge.domain.errors import SettingError

if TYPE_CHECKING:
    from mediaforge.domain.jobs.job import Timing
    from mediaforge.domain.money.gifts import WelcomePolicy

CATALOGUE_PATH = Path(__file__).parent.parent / "catalogue.toml"
REGION = "us-central1"
# Seconds. Covers a provider's longest call and the time that Storage may take besides: if a worker is killed
# before it has saved, its result is paid for, and bought once more.
WORKER_TIMEOUT_S = 540
# Seconds. Before the call, six references are looked up. After it, four large pictures are saved with their
# previews, each within Storage's own limit; one of them may be tried again.
_STORAGE_S = 270
_START_TIMEOUT_S_MIN = 10
START_TIMEOUT_S_MAX = WORKER_TIMEOUT_S - _STORAGE_S
# Seconds. No moment can be further away than this and still have a date.
_WHOLE_MAX = 1_000_000_000
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?")
PROVIDERS_ORIGIN = (
    "PROVIDERS_ORIGIN"  # an environment variable, and no param: for the emulators only
)


_VERTEX_LOCATION = StringParam(
    "VERTEX_LOCATION", default="global", description="Where Gemini models are called"
)
_VERTEX_IMAGES_TO_STORAGE = StringParam(
    "VERTEX_IMAGES_TO_STORAGE",
    default="false",
    description="Whether Vertex AI writes its images to Storage (true) or sends them (false)",
)
_VERTEX_IMAGE_TIMEOUT_S = IntParam(
    "VERTEX_IMAGE_TIMEOUT_S",
    default=START_TIMEOUT_S_MAX,
    description=f"The longest a Gemini image is waited for, whatever the catalogue says; "
    f"at most {START_TIMEOUT_S_MAX}. What is given up may be billed all the same",
)
_VEO_LOCATION = StringParam(
    "VEO_LOCATION", default="us-central1", description="Where Veo models are called"
)
_TRAINING_LOCATION = StringParam(
    "TRAINING_LOCATION", default="us-central1", description="Where trainings run"
)
_TRAINING_IMAGE = StringParam(
    "TRAINING_IMAGE", default="", description="The trainer's container; empty: no trainings"
)
_TRAINING_SERVICE_ACCOUNT = StringParam(
    "TRAINING_SERVICE_ACCOUNT", default="", description="Whom the trainer's container acts as"
)
_RUNPOD_IMAGE_ENDPOINT = StringParam(
    "RUNPOD_IMAGE_ENDPOINT", default="", description="RunPod endpoint for images; empty: none"
)
_RUNPOD_VIDEO_ENDPOINT = StringParam(
    "RUNPOD_VIDEO_ENDPOINT", default="", description="RunPod endpoint for videos; empty: none"
)
_RUNPOD_MODEL_ENDPOINTS = StringParam(
    "RUNPOD_MODEL_ENDPOINTS",
    default="",
    description="RunPod endpoints of single models: runpod-sdxl=abc123,other-model=def456",
)
_USES_FAL = BoolParam(
    "USES_FAL",
    default=False,
    description="Whether models at fal.ai are offered; a deploy then asks for its key",
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

_TOKEN_S = IntParam(
    "TOKEN_S",
    default=3900,
    description="How long an ID token may be used after its user was erased: an hour, and what clocks differ",
)

_WELCOME_SIGN_INS = StringParam(
    "WELCOME_SIGN_INS",
    default="custom,email,phone,google.com,apple.com,gc.apple.com,playgames.google.com,microsoft.com,"
    "yahoo.com,oidc.*,saml.*",
    description="Ways to sign in that get the welcome credits; email and phone: verified ones",
)
_WELCOME_CREDITS_A_DAY_MAX = IntParam(
    "WELCOME_CREDITS_A_DAY_MAX",
    default=20_000,
    description="Welcome credits that all new users together get on one day",
)

_ENFORCE_APP_CHECK = BoolParam(
    "ENFORCE_APP_CHECK",
    default=False,
    description="Whether every callable asks for a valid App Check token",
)
_API_ORIGINS = StringParam(
    "API_ORIGINS",
    default="",
    description="Origins whose pages may call the HTTPS API, with commas between them; empty: none",
)
_OWN_SERVICE_ACCOUNTS = BoolParam(
    "OWN_SERVICE_ACCOUNTS",
    default=False,
    description="Whether each function runs as the account of its role, which has to be there",
)
_INTERNAL_WORKERS = BoolParam(
    "INTERNAL_WORKERS",
    default=False,
    description="Whether workers take requests from inside the Google Cloud project only",
)

_LOOPBACK_OUTSIDE = BoolParam(
    "LOOPBACK_OUTSIDE",
    default=False,
    description="Whether addresses that users name may be on this machine; on the emulators only",
)

_SELLS_CREDITS = BoolParam(
    "SELLS_CREDITS",
    default=False,
    description="Whether users may buy credits, on a page of Stripe's; a deploy then asks for its key",
)
_STUDIO_ORIGIN = StringParam(
    "STUDIO_ORIGIN",
    default="",
    description="The origin of the studio, to which buyers come back; empty: the project's own site",
)

_GEMINI_API = BoolParam(
    "GEMINI_API",
    default=False,
    description="Whether Gemini models are called with a key of the Gemini API, in place of Vertex AI",
)

STRIPE_API_KEY_NAME = "STRIPE_API_KEY"
GEMINI_API_KEY_NAME = "GEMINI_API_KEY"
STRIPE_WEBHOOK_SECRET = SecretParam(
    "STRIPE_WEBHOOK_SECRET",
    description="The signing secret of the purchase hook; any text if you sell nothing",
)
RUNPOD_API_KEY = SecretParam("RUNPOD_API_KEY", description="RunPod's key; any text without RunPod")
FAL_KEY_NAME = "FAL_KEY"

PARAMS: tuple[IntParam | StringParam | BoolParam, ...] = (
    _VERTEX_LOCATION,
    _VERTEX_IMAGES_TO_STORAGE,
    _VERTEX_IMAGE_TIMEOUT_S,
    _VEO_LOCATION,
    _TRAINING_LOCATION,
    _TRAINING_IMAGE,
    _TRAINING_SERVICE_ACCOUNT,
    _RUNPOD_IMAGE_ENDPOINT,
    _RUNPOD_VIDEO_ENDPOINT,
    _RUNPOD_MODEL_ENDPOINTS,
    _USES_FAL,
    _LEASE_S,
    _PICKUP_S,
    _RETURN_S,
    _SETTLE_S,
    _WAITING_S,
    _RETRY_BASE_S,
    _RETRY_CAP_S,
    _SNOOZE_BASE_S,
    _SNOOZE_CAP_S,
    _TOKEN_S,
    _WELCOME_SIGN_INS,
    _WELCOME_CREDITS_A_DAY_MAX,
    _ENFORCE_APP_CHECK,
    _API_ORIGINS,
    _OWN_SERVICE_ACCOUNTS,
    _INTERNAL_WORKERS,
    _LOOPBACK_OUTSIDE,
    _SELLS_CREDITS,
    _STUDIO_ORIGIN,
    _GEMINI_API,
)


@dataclass(frozen=True, slots=True)
class ProviderConfig:
    """Where each provider is. `origin` is a local server that speaks all their protocols; None means the real
    providers. `uses_google` says whether Vertex AI's providers may be called at all. The emulators may call
    them only at `origin`, so that nothing there can cost money. `uses_gemini_key`: the Gemini API is called
    with a key, and nothing on Vertex AI is; on the emulators that is so where whoever starts them has set the
    key. An empty setting means that it is not set up."""

    origin: str | None
    uses_google: bool
    uses_gemini_key: bool
    vertex_location: str
    vertex_stores_images: bool
    vertex_image_timeout_s: int
    veo_location: str
    training_location: str
    training_image: str
    training_service_account: str
    runpod_endpoints: Mapping[str, str]
    uses_fal: bool
    functions_origin: str


@dataclass(frozen=True, slots=True)
class CheckoutConfig:
    """How credits are sold. `studio_origin` is where buyers come back to. `origin` is a local server that
    speaks Stripe's protocol; None means Stripe."""

    studio_origin: str
    origin: str | None


@dataclass(frozen=True, slots=True)
class Config:
    """The values of the params and of the platform, read once. `allows_loopback`: addresses that users name
    may be on this machine. `checkout` is None where nothing is sold."""

    project: str
    bucket: str
    is_emulated: bool
    timing: Timing
    welcome: WelcomePolicy
    providers: ProviderConfig
    allows_loopback: bool
    checkout: CheckoutConfig | None


def bucket() -> str:
    """The project's default bucket; known at discovery, too."""
    project = _firebase().get("projectId") or os.environ.get("GCLOUD_PROJECT", "")
    return _firebase().get("storageBucket") or f"{project}.firebasestorage.app"


def _firebase() -> dict[str, str]:
    known: dict[str, str] = json.loads(os.environ.get("FIREBASE_CONFIG") or "{}")
    return known


def read_config() -> Config:
    """Raises SettingError."""
    # Loaded with the first request, like all rules: `main` needs the settings' names only.
    from mediaforge.domain.jobs.job import Timing  # noqa: PLC0415
    from mediaforge.domain.jobs.retries import BackOff  # noqa: PLC0415
    from mediaforge.domain.money.gifts import WelcomePolicy  # noqa: PLC0415

    project = _firebase().get("projectId") or os.environ["GCLOUD_PROJECT"]
    return Config(
        project=project,
        bucket=bucket(),
        is_emulated=environment.is_emulated(),
        timing=Timing(
            attempt_s=WORKER_TIMEOUT_S,
            lease_s=_whole(_LEASE_S),
            pickup_s=_whole(_PICKUP_S),
            return_s=_whole(_RETURN_S, least=0),
            settle_s=_whole(_SETTLE_S),
            waiting_s=_whole(_WAITING_S),
            retry=BackOff(_whole(_RETRY_BASE_S), _whole(_RETRY_CAP_S)),
            snooze=BackOff(_whole(_SNOOZE_BASE_S), _whole(_SNOOZE_CAP_S)),
            token_s=_whole(_TOKEN_S, least=0),
        ),
        welcome=WelcomePolicy(
            sign_ins=tuple(
                way.strip() for way in _WELCOME_SIGN_INS.value.split(",") if way.strip()
            ),
            credits_a_day_max=_whole(_WELCOME_CREDITS_A_DAY_MAX, least=0),
        ),
        providers=_read_providers(project),
        allows_loopback=environment.is_emulated() and _is_on(_LOOPBACK_OUTSIDE),
        checkout=_read_checkout(project),
    )


def enforces_app_check() -> bool:
    """Raises SettingError."""
    return _is_on(_ENFORCE_APP_CHECK)


def api_origins() -> list[str]:
    """Whose pages may call the HTTPS API. Raises SettingError."""
    said = os.environ.get(_API_ORIGINS.name, str(_API_ORIGINS.default))
    origins = [each.strip() for each in said.split(",") if each.strip()]
    if any(not _ORIGIN.fullmatch(each) for each in origins):
        raise SettingError(f"{_API_ORIGINS.name}: must be origins like https://app.example.com")
    return origins


def api_cors() -> CorsOptions | None:
    """None: no page may call the HTTPS API. Raises SettingError."""
    origins = api_origins()
    return (
        CorsOptions(cors_origins=origins, cors_methods=["get", "post", "delete"])
        if origins
        else None
    )


def has_internal_workers() -> bool:
    """Raises SettingError."""
    return _is_on(_INTERNAL_WORKERS)


def checkout_secrets() -> list[SecretParam]:
    """The secret of what opens payment pages. It is declared only where something is sold: a deploy asks for
    each declared secret. Raises SettingError."""
    if not _is_on(_SELLS_CREDITS):
        return []
    return [SecretParam(STRIPE_API_KEY_NAME, description="Stripe's secret or restricted key")]


def gemini_secrets() -> list[SecretParam]:
    """The secret of what calls the Gemini API, declared only where that is called. Raises SettingError."""
    if not _is_on(_GEMINI_API):
        return []
    return [SecretParam(GEMINI_API_KEY_NAME, description="A key of the Gemini API (AI Studio)")]


def fal_secrets() -> list[SecretParam]:
    """fal.ai's key, declared only where its models are offered, for the same reason. Raises SettingError."""
    if not _is_on(_USES_FAL):
        return []
    return [SecretParam(FAL_KEY_NAME, description="fal.ai's API key")]


def service_account(name: str) -> str | None:
    """The service account's whole address: Cloud Scheduler and access rights to secrets do not take the short
    form. None is the project's default account. Raises SettingError."""
    if not _is_on(_OWN_SERVICE_ACCOUNTS):
        return None
    return f"{name}@{PROJECT_ID}.iam.gserviceaccount.com"


def _is_on(param: BoolParam) -> bool:
    """Reads the value strictly. The SDK takes everything but `true` for false, so a typing
    error would turn a protection off."""
    said = os.environ.get(param.name, str(param.default)).strip().lower()
    if said not in ("true", "false"):
        raise SettingError(f"{param.name}: must be true or false")
    return said == "true"


def _whole(param: IntParam, least: int = 1) -> int:
    try:
        value = param.value
    except ValueError:
        raise SettingError(f"{param.name}: must be a whole number") from None
    if not least <= value <= _WHOLE_MAX:
        raise SettingError(f"{param.name}: must be {least} to {_WHOLE_MAX}")
    return value


def _providers_origin() -> str | None:
    """The local server that speaks for whoever is asked outside; None outside the emulators."""
    return os.environ.get(PROVIDERS_ORIGIN) if environment.is_emulated() else None


def _read_checkout(project: str) -> CheckoutConfig | None:
    """The emulators sell only where a local server takes the payments."""
    origin = _providers_origin()
    if not _is_on(_SELLS_CREDITS) or (environment.is_emulated() and origin is None):
        return None
    return CheckoutConfig(_studio_origin(project), origin)


def _studio_origin(project: str) -> str:
    """Where Hosting serves the studio, if no param says another place."""
    origin = _STUDIO_ORIGIN.value.strip().rstrip("/")
    if not origin and environment.is_emulated():
        return os.environ.get("HOSTING_EMULATOR_ORIGIN", "http://127.0.0.1:5000")
    if origin and not _ORIGIN.fullmatch(origin):
        raise SettingError(f"{_STUDIO_ORIGIN.name}: must be an origin like https://app.example.com")
    return origin or f"https://{project}.web.app"


def _read_providers(project: str) -> ProviderConfig:
    origin = _providers_origin()
    endpoints = {
        "image": _RUNPOD_IMAGE_ENDPOINT.value,
        "video": _RUNPOD_VIDEO_ENDPOINT.value,
        **_endpoints_of_models(_RUNPOD_MODEL_ENDPOINTS.value),
    }
    is_reachable = origin is not None or not environment.is_emulated()
    uses_gemini_key = bool(gemini_api_key()) if environment.is_emulated() else _is_on(_GEMINI_API)
    return ProviderConfig(
        origin=origin,
        uses_google=is_reachable and not uses_gemini_key,
        uses_gemini_key=uses_gemini_key,
        vertex_location=_VERTEX_LOCATION.value,
        vertex_stores_images=_VERTEX_IMAGES_TO_STORAGE.value.strip().lower() == "true",
        vertex_image_timeout_s=_image_timeout_s(),
        veo_location=_VEO_LOCATION.value,
        training_location=_TRAINING_LOCATION.value,
        training_image=_TRAINING_IMAGE.value,
        training_service_account=_TRAINING_SERVICE_ACCOUNT.value,
        runpod_endpoints={k: v for k, v in endpoints.items() if v and is_reachable},
        uses_fal=_is_on(_USES_FAL) and is_reachable,
        functions_origin=_functions_origin(project),
    )


def _endpoints_of_models(said: str) -> dict[str, str]:
    """What is no `model=endpoint` is left out: a start of that model says that it has no endpoint, and all
    other models work on."""
    pairs = (each.partition("=") for each in said.split(","))
    return {model.strip(): endpoint.strip() for model, _, endpoint in pairs if endpoint.strip()}


def _image_timeout_s() -> int:
    """The time-out, within what a worker has time for: if a worker is killed while it waits,
    the picture is paid for and lost."""
    asked_s = _whole(_VERTEX_IMAGE_TIMEOUT_S, least=0)
    taken_s = min(max(asked_s, _START_TIMEOUT_S_MIN), START_TIMEOUT_S_MAX)
    if taken_s != asked_s:
        log.error("param.limited", param=_VERTEX_IMAGE_TIMEOUT_S.name, asked=asked_s, taken=taken_s)
    return taken_s


def _functions_origin(project: str) -> str:
    """The origin of our HTTP functions, for providers that call back."""
    if environment.is_emulated():
        emulator = os.environ.get("FUNCTIONS_EMULATOR_ORIGIN", "http://127.0.0.1:5001")
        return f"{emulator}/{project}/{REGION}"
    return f"https://{REGION}-{project}.cloudfunctions.net"


def stripe_webhook_secret() -> str:
    """The secret as it was deployed. Where nothing is sold it may be any text."""
    return os.environ.get(STRIPE_WEBHOOK_SECRET.name, "").strip()


def stripe_api_key() -> str:
    """The key as it was deployed; empty for every function but the one that opens payment pages."""
    return os.environ.get(STRIPE_API_KEY_NAME, "").strip()


def gemini_api_key() -> str:
    """The key as it was deployed; empty for every function that does not call the Gemini API."""
    return os.environ.get(GEMINI_API_KEY_NAME, "").strip()


def runpod_api_key() -> str:
    return os.environ.get(RUNPOD_API_KEY.name, "")


def fal_key() -> str:
    """The key as it was deployed; empty for every function but the workers of fal.ai's models."""
    return os.environ.get(FAL_KEY_NAME, "")
