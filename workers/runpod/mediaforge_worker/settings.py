"""The container's settings, read once from its environment. A bad key does not stop the worker: it still
renders, and returns the files in its answers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mediaforge_worker.request import CLOUD_STORAGE

DEFAULT_MODEL_ID = "stabilityai/stable-diffusion-xl-base-1.0"
DEFAULT_VIDEO_MODEL_ID = "Wan-AI/Wan2.1-T2V-1.3B-Diffusers"
DEFAULT_IP_ADAPTER_ID = "h94/IP-Adapter"
PIPELINES = ("auto", "diffusers", "local")


class SettingsError(Exception):
    """An environment variable cannot be used; the message names it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """`service_account` is the key's JSON, kept out of `repr`; `key_problem` says why there is none.
    `storage_emulator` is an origin (`http://…`), `firestore_emulator` a `host:port`; both need no key."""

    bucket: str | None = None
    project: str | None = None
    service_account: Mapping[str, Any] | None = field(default=None, repr=False)
    key_problem: str | None = None
    storage_emulator: str | None = None
    firestore_emulator: str | None = None
    pipeline: str = "auto"
    model_id: str = DEFAULT_MODEL_ID
    model_variant: str | None = None
    model_dtype: str = "float16"
    video_model_id: str = DEFAULT_VIDEO_MODEL_ID
    video_frames_max: int = 81
    ip_adapter_id: str | None = DEFAULT_IP_ADAPTER_ID
    storage_limit_s: float = 60.0
    progress_every_s: float = 2.0

    @property
    def origins(self) -> tuple[str, ...]:
        """With which of these origins a job's addresses have to begin."""
        emulator = (self.storage_emulator,) if self.storage_emulator else ()
        return (*CLOUD_STORAGE, *emulator)


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Raises SettingsError for a number that is none and for a pipeline that does not exist."""
    given = {name: value.strip() for name, value in environment.items() if value.strip()}
    key, problem = _service_account(given.get("FIREBASE_SERVICE_ACCOUNT_KEY"))
    model_id = given.get("MODEL_ID", DEFAULT_MODEL_ID)
    # The variant halves the download, but not every model has it; the default model has.
    variant = "fp16" if model_id == DEFAULT_MODEL_ID else None
    return Settings(
        bucket=given.get("FIREBASE_STORAGE_BUCKET", "").removeprefix("gs://").rstrip("/") or None,
        project=_project(given, key),
        service_account=key,
        key_problem=problem,
        storage_emulator=_origin(given.get("STORAGE_EMULATOR_HOST")),
        firestore_emulator=given.get("FIRESTORE_EMULATOR_HOST"),
        pipeline=_pipeline(given),
        model_id=model_id,
        model_variant=given.get("MODEL_VARIANT", variant),
        model_dtype=given.get("MODEL_DTYPE", "float16"),
        video_model_id=given.get("VIDEO_MODEL_ID", DEFAULT_VIDEO_MODEL_ID),
        video_frames_max=int(_number(given, "VIDEO_FRAMES_MAX", 81)),
        ip_adapter_id=_ip_adapter(given),
        storage_limit_s=_number(given, "STORAGE_LIMIT_S", 60.0),
        progress_every_s=_number(given, "PROGRESS_EVERY_S", 2.0),
    )


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


def _number(given: Mapping[str, str], name: str, default: float) -> float:
    try:
        return float(given.get(name, default))
    except ValueError as error:
        raise SettingsError(f"{name} must be a number.") from error
