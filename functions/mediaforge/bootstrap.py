"""The one place that knows every adapter and every provider."""

import random
import secrets
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import firebase_admin
from firebase_admin import credentials, firestore
from google.auth.credentials import AnonymousCredentials, Credentials

from mediaforge import config
from mediaforge.adapters.clock import SystemClock
from mediaforge.adapters.cloud_tasks import CloudTasks
from mediaforge.adapters.firestore import FirestoreDocuments
from mediaforge.adapters.storage import CloudStorage
from mediaforge.config import Config, ProviderConfig
from mediaforge.domain.catalogue import Catalogue, parse
from mediaforge.ports import Director, Preview, Provider
from mediaforge.providers.gemini_director import GeminiDirector
from mediaforge.providers.local import LocalProvider
from mediaforge.providers.local_director import LocalDirector
from mediaforge.providers.runpod import RunPodProvider, RunPodSettings
from mediaforge.providers.vertex import VertexSettings, default_credentials
from mediaforge.providers.vertex_image import VertexImages
from mediaforge.providers.vertex_training import TrainingSettings, VertexTraining
from mediaforge.providers.vertex_video import VeoVideos
from mediaforge.services.backend import Backend
from mediaforge.services.breakers import SharedBreakers
from mediaforge.services.fuse import FuseReading
from mediaforge.services.hook import webhook_url

_HTTP_TIMEOUT_S = 10


class _EmulatorCredential(credentials.Base):  # type: ignore[misc]
    """Without it the Admin SDK looks for a Google account even when all it talks to is local."""

    def get_credential(self) -> Credentials:
        return AnonymousCredentials()


def initialize_firebase() -> None:
    """The Admin SDK's app, once. Needed before the first token is verified, so `main` calls it."""
    if not firebase_admin._apps:
        credential = _EmulatorCredential() if config.is_emulated() else None
        # Shorter than any function may take: a Cloud Tasks that hangs must not cost the answer.
        firebase_admin.initialize_app(credential, {"httpTimeout": _HTTP_TIMEOUT_S})


@cache
def catalogue() -> Catalogue:
    return parse(config.CATALOGUE_PATH.read_text(encoding="utf-8"))


@cache
def backend() -> Backend:
    """Everything, once a process: clients are kept and shared by all requests and events."""
    initialize_firebase()
    settings = config.read_config()
    clock = SystemClock()
    documents = FirestoreDocuments(firestore.client())
    return Backend(
        documents=documents,
        tasks=CloudTasks(config.REGION, clock, config.WORKER_TIMEOUT_S),
        media=CloudStorage(settings.bucket),
        clock=clock,
        catalogue=catalogue(),
        timing=settings.timing,
        providers=providers(settings),
        directors=directors(settings),
        preview=_preview,
        chance=random.random,
        new_id=lambda: secrets.token_hex(12),
        is_fuse_blown=FuseReading(documents, clock),
        breakers=SharedBreakers(documents, clock),
        webhook_url=lambda job: webhook_url(settings.providers.functions_origin, job),
        is_emulated=settings.is_emulated,
    )


def providers(settings: Config) -> dict[str, Provider]:
    """Every provider that is set up, by its name in the catalogue. None loads its SDK yet."""
    known: dict[str, Provider] = {"local": LocalProvider(obeys_tags=settings.is_emulated)}
    where = settings.providers
    if where.uses_google:
        known["vertex"] = VertexImages(_vertex(settings, where.vertex_location))
        known["veo"] = VeoVideos(_vertex(settings, where.veo_location))
    if where.uses_google and where.training_image:
        known["vertex-training"] = VertexTraining(_training(settings))
    if where.runpod_endpoints:
        known["runpod"] = RunPodProvider(_runpod(where))
    return known


def directors(settings: Config) -> dict[str, Director]:
    """Every director that is set up, by its name in the catalogue."""
    known: dict[str, Director] = {"local-director": LocalDirector()}
    if settings.providers.uses_google:
        location = settings.providers.vertex_location
        known["gemini-director"] = GeminiDirector(_vertex(settings, location))
    return known


def _vertex(settings: Config, location: str) -> VertexSettings:
    return VertexSettings(
        project=settings.project,
        location=location,
        credentials=_google_credentials(settings.providers),
        endpoint=settings.providers.origin,
    )


def _training(settings: Config) -> TrainingSettings:
    where = settings.providers
    return TrainingSettings(
        project=settings.project,
        location=where.training_location,
        credentials=_google_credentials(where),
        image_uri=where.training_image,
        service_account=where.training_service_account,
        output_uri=f"gs://{settings.bucket}/brands",
        endpoint=where.origin,
    )


def _runpod(where: ProviderConfig) -> RunPodSettings:
    settings = RunPodSettings(where.runpod_endpoints, config.runpod_api_key)
    return replace(settings, base_url=f"{where.origin}/v2") if where.origin else settings


def _google_credentials(where: ProviderConfig) -> Callable[[], Credentials]:
    """The function's own service account; at a local server any token will do."""
    return default_credentials if where.origin is None else _local_token


def _local_token() -> Credentials:
    from google.oauth2.credentials import Credentials as Token  # noqa: PLC0415

    return Token("a-local-server-takes-any")


def _preview(content: bytes, content_type: str) -> Preview:
    # Pillow and PyAV are loaded by the workers that need them, not by every function that imports `main`.
    from mediaforge.providers.preview import preview  # noqa: PLC0415

    return preview(content, content_type)
