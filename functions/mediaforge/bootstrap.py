"""The one place that knows every adapter and every provider."""

import random
import secrets
from functools import cache

import firebase_admin
from firebase_admin import credentials, firestore
from google.auth.credentials import AnonymousCredentials, Credentials

from mediaforge import config
from mediaforge.adapters.clock import SystemClock
from mediaforge.adapters.cloud_tasks import CloudTasks
from mediaforge.adapters.firestore import FirestoreDocuments
from mediaforge.adapters.storage import CloudStorage
from mediaforge.domain.catalogue import Catalogue, parse
from mediaforge.ports import Provider
from mediaforge.providers.local import LocalProvider
from mediaforge.services.backend import Backend


class _EmulatorCredential(credentials.Base):  # type: ignore[misc]
    """Without it the Admin SDK looks for a Google account even when all it talks to is local."""

    def get_credential(self) -> Credentials:
        return AnonymousCredentials()


def initialize_firebase() -> None:
    """The Admin SDK's app, once. Needed before the first token is verified, so `main` calls it."""
    if not firebase_admin._apps:
        firebase_admin.initialize_app(_EmulatorCredential() if config.is_emulated() else None)


@cache
def catalogue() -> Catalogue:
    return parse(config.CATALOGUE_PATH.read_text(encoding="utf-8"))


@cache
def backend() -> Backend:
    """Everything, once a process: clients are kept and shared by all requests and events."""
    initialize_firebase()
    settings = config.read_config()
    clock = SystemClock()
    return Backend(
        documents=FirestoreDocuments(firestore.client()),
        tasks=CloudTasks(config.REGION, clock, config.WORKER_TIMEOUT_S),
        media=CloudStorage(settings.bucket),
        clock=clock,
        catalogue=catalogue(),
        timing=settings.timing,
        providers=_providers(settings),
        thumbnail=_thumbnail,
        chance=random.random,
        new_id=lambda: secrets.token_hex(12),
        is_emulated=settings.is_emulated,
    )


def _providers(settings: config.Config) -> dict[str, Provider]:
    return {"local": LocalProvider(obeys_tags=settings.is_emulated)}


def _thumbnail(image: bytes) -> bytes:
    # Pillow is loaded by the workers that need it, not by every function that imports `main`.
    from mediaforge.providers.thumbnail import thumbnail_webp  # noqa: PLC0415

    return thumbnail_webp(image)
