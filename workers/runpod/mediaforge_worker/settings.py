"""The container's settings, read once from its environment. A bad key does not stop the worker: it still
renders, and returns the files in its answers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, overload

from mediaforge_worker.models import FLUX2_KLEIN, WAN, Profile, profile_of
from mediaforge_worker.request import CLOUD_STORAGE

DEFAULT_MODEL_ID = FLUX2_KLEIN
DEFAULT_VIDEO_MODEL_ID = WAN
DEFAULT_IP_ADAPTER_ID = "h94/IP-Adapter"
PIPELINES = ("auto", "diffusers", "local")


_DTYPES = ("float16", "bfloat16", "float32")


class SettingsError(Exception):
    """An environment variable cannot be used; the message names it."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A model of the endpoint, with its profile as the environment has it."""

    id: str
    profile: Profile

    @classmethod
    def of(cls, model_id: str) -> "Chosen":
        return cls(model_id, profile_of(model_id))


@dataclass(frozen=True, slots=True)
class Settings:
    """`image_model` and `video_model` are what the endpoint draws with. `ip_adapter_home` is where the
    adapter is kept, where the models' own folder cannot be written to. `service_account` is the key's JSON,
    kept out of `repr`; `key_problem` says why there is none. `storage_emulator` is an origin (`http://…`),
    `firestore_emulator` a `host:port`; both need no key."""

    bucket: str | None = None
    project: str | None = None
    service_account: Mapping[str, Any] | None = field(default=None, repr=False)
    key_problem: str | None = None
    storage_emulator: str | None = None
    firestore_emulator: str | None = None
    pipeline: str = "auto"
    image_model: Chosen = field(default_factory=lambda: Chosen.of(DEFAULT_MODEL_ID))
    video_model: Chosen = field(default_factory=lambda: Chosen.of(DEFAULT_VIDEO_MODEL_ID))
    video_frames_max: int = 81
    ip_adapter_id: str | None = DEFAULT_IP_ADAPTER_ID
    ip_adapter_home: str | None = None
    storage_limit_s: float = 60.0
    progress_every_s: float = 2.0

    def model(self, media_type: str) -> Chosen:
        return self.video_model if media_type == "video" else self.image_model

    @property
    def origins(self) -> tuple[str, ...]:
        """With which of these origins a job's addresses have to begin."""
        emulator = (self.storage_emulator,) if self.storage_emulator else ()
        return (*CLOUD_STORAGE, *emulator)


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Raises SettingsError for a number that is none and for a pipeline that does not exist."""
    given = {name: value.strip() for name, value in environment.items() if value.strip()}
    key, problem = _service_account(given.get("FIREBASE_SERVICE_ACCOUNT_KEY"))
    return Settings(
        bucket=given.get("FIREBASE_STORAGE_BUCKET", "").removeprefix("gs://").rstrip("/") or None,
        project=_project(given, key),
        service_account=key,
        key_problem=problem,
        storage_emulator=_origin(given.get("STORAGE_EMULATOR_HOST")),
        firestore_emulator=given.get("FIRESTORE_EMULATOR_HOST"),
        pipeline=_pipeline(given),
        image_model=_chosen(given, "MODEL", DEFAULT_MODEL_ID),
        video_model=_chosen(given, "VIDEO_MODEL", DEFAULT_VIDEO_MODEL_ID),
        video_frames_max=int(_number(given, "VIDEO_FRAMES_MAX", 81)),
        ip_adapter_id=_ip_adapter(given),
        ip_adapter_home=given.get("IP_ADAPTER_HOME"),
        storage_limit_s=_number(given, "STORAGE_LIMIT_S", 60.0),
        progress_every_s=_number(given, "PROGRESS_EVERY_S", 2.0),
    )


def _chosen(given: Mapping[str, str], prefix: str, default_id: str) -> Chosen:
    """The model that `{prefix}_ID` names. What else `{prefix}_…` says replaces what is known of it."""
    model_id = given.get(f"{prefix}_ID", default_id)
    known = profile_of(model_id)
    steps = _number(given, f"{prefix}_STEPS", None)
    guidance_scale = _number(given, f"{prefix}_GUIDANCE", None)
    profile = Profile(
        family=given.get(f"{prefix}_FAMILY", known.family),
        steps=known.steps if steps is None else int(steps),
        guidance_scale=known.guidance_scale if guidance_scale is None else guidance_scale,
        dtype=_dtype(given, f"{prefix}_DTYPE") or known.dtype,
        vae_dtype=_dtype(given, f"{prefix}_VAE_DTYPE") or known.vae_dtype,
        variant=given.get(f"{prefix}_VARIANT", known.variant),
    )
    return Chosen(model_id, profile)


def _dtype(given: Mapping[str, str], name: str) -> str | None:
    dtype = given.get(name)
    if dtype is not None and dtype not in _DTYPES:
        raise SettingsError(f"{name} must be one of {', '.join(_DTYPES)}.")
    return dtype


def _service_account(text: str | None) -> tuple[Mapping[str, Any] | None, str | None]:
    if text is None:
        return None, "FIREBASE_SERVICE_ACCOUNT_KEY is not set"
    try:
        key = json.loads(text)
    except ValueError:
        key = None
    if not isinstance(key, dict) or not key.get("private_key") or not key.get("client_email"):
        return None, "FIREBASE_SERVICE_ACCOUNT_KEY is not the JSON key of a service account"
    return key, None


def _project(given: Mapping[str, str], key: Mapping[str, Any] | None) -> str | None:
    own = str(key["project_id"]) if key and key.get("project_id") else None
    return own or given.get("GOOGLE_CLOUD_PROJECT") or given.get("GCLOUD_PROJECT")


def _origin(host: str | None) -> str | None:
    if host is None:
        return None
    return host.rstrip("/") if "://" in host else f"http://{host}"


def _pipeline(given: Mapping[str, str]) -> str:
    name = given.get("PIPELINE", "auto")
    if name not in PIPELINES:
        raise SettingsError(f"PIPELINE must be one of {', '.join(PIPELINES)}.")
    return name


def _ip_adapter(given: Mapping[str, str]) -> str | None:
    name = given.get("IP_ADAPTER_ID", DEFAULT_IP_ADAPTER_ID)
    return None if name == "none" else name


@overload
def _number(given: Mapping[str, str], name: str, default: float) -> float: ...
@overload
def _number(given: Mapping[str, str], name: str, default: None) -> float | None: ...
def _number(given: Mapping[str, str], name: str, default: float | None) -> float | None:
    said = given.get(name)
    if said is None:
        return default
    try:
        return float(said)
    except ValueError as error:
        raise SettingsError(f"{name} must be a number.") from error
