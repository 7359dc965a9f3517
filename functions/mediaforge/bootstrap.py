"""The one place that knows every adapter; `roster` knows every provider."""

import random
import secrets
from collections.abc import Mapping
from functools import cache

import firebase_admin
from firebase_admin import credentials, firestore
from google.auth.credentials import AnonymousCredentials, Credentials

from mediaforge import config, environment, log
from mediaforge.adapters.clock import SystemClock
from mediaforge.adapters.cloud_tasks import CloudTasks
from mediaforge.adapters.firestore import FirestoreDocuments
from mediaforge.adapters.outside import HardenedOutside, sign
from mediaforge.adapters.storage import CloudStorage
from mediaforge.config import Config
from mediaforge.domain.catalogue import Catalogue, parse
from mediaforge.domain.errors import BusyError, CatalogueError, SettingError
from mediaforge.ports.media import CheckedPicture, Preview
from mediaforge.services.backend import Backend
from mediaforge.services.gate import Gate
from mediaforge.services.jobs.breakers import SharedBreakers
from mediaforge.services.jobs.hook import webhook_url
from mediaforge.services.money.fuse import FuseReading

_HTTP_TIMEOUT_S = 10


class _EmulatorCredential(credentials.Base):  # type: ignore[misc]
    """Without this credential the Admin SDK looks for a Google account, even
    if it talks to the emulators only."""

    def get_credential(self) -> Credentials:
        return AnonymousCredentials()


def initialize_firebase() -> None:
    """Initializes the Admin SDK's app, once. `main` calls it, because the app has to
    exist before a token is verified."""
    if not firebase_admin._apps:
        credential = _EmulatorCredential() if environment.is_emulated() else None
        # The SDK's limit for its own requests, as for the certificates of ID tokens. It does not apply to
        # Firestore, Storage and Cloud Tasks: their adapters have limits of their own.
        firebase_admin.initialize_app(credential, {"httpTimeout": _HTTP_TIMEOUT_S})


@cache
def catalogue() -> Catalogue:
    """The catalogue for this environment: a deployed project has nothing that
    exists on the emulators only."""
    whole = parse(config.CATALOGUE_PATH.read_text(encoding="utf-8"))
    return whole if environment.is_emulated() else whole.in_production()


def check_before_deploy(declared: Mapping[str, object]) -> None:
    """Checks the catalogue at discovery, so that a deploy with a wrong catalogue fails before it
    begins. A function that serves requests skips it. `declared` are all names in `main`. Raises
    CatalogueError with a line for each wrong key."""
    if not environment.is_discovered():
        return
    from mediaforge import roster  # noqa: PLC0415 - as in `backend`

    wrong = roster.wrong_names(catalogue(), {n for n, f in declared.items() if _is_queue(f)})
    if wrong:
        raise CatalogueError("catalogue.toml: " + "\n".join(wrong))


def _is_queue(function: object) -> bool:
    endpoint = getattr(function, "__firebase_endpoint__", None)
    return endpoint is not None and endpoint.taskQueueTrigger is not None


@cache
def backend() -> Backend:
    """All that services need, once per process: its clients are shared by all requests and
    events. Raises BusyError while the catalogue or a param is wrong: callers repeat, so
    nothing is lost until a correct deploy."""
    # Loaded with the first request: at import it would slow each function's cold start.
    from mediaforge import roster  # noqa: PLC0415

    initialize_firebase()
    settings, models = _deployed()
    clock, media = SystemClock(), CloudStorage(settings.bucket)
    documents = FirestoreDocuments(firestore.client())
    return Backend(
        documents=documents,
        tasks=CloudTasks(config.REGION, clock, config.WORKER_TIMEOUT_S),
        media=media,
        clock=clock,
        catalogue=models,
        timing=settings.timing,
        welcome=settings.welcome,
        providers=roster.providers(settings, media, models),
        directors=roster.directors(settings),
        preview=_preview,
        check_upload=_check_upload,
        outside=HardenedOutside(allows_loopback=settings.allows_loopback),
        sign=sign,
        chance=random.random,
        new_id=lambda: secrets.token_hex(12),
        is_fuse_blown=FuseReading(documents, clock),
        breakers=SharedBreakers(documents, clock),
        webhook_url=lambda job: webhook_url(settings.providers.functions_origin, job),
        gate=Gate(models.limits.gate_a_minute, clock),
        is_emulated=settings.is_emulated,
    )


def _deployed() -> tuple[Config, Catalogue]:
    try:
        return config.read_config(), catalogue()
    except (SettingError, CatalogueError) as error:
        log.bug("deployment.wrong", error)
        raise BusyError("what was deployed is wrong") from None


def _preview(content: bytes, content_type: str) -> Preview:
    # Pillow and PyAV are loaded by the workers that need them, not by every function that imports `main`.
    from mediaforge.providers.preview import preview  # noqa: PLC0415

    return preview(content, content_type)


def _check_upload(content: bytes) -> CheckedPicture:
    from mediaforge.providers.upload_check import checked_upload  # noqa: PLC0415 - as above

    return checked_upload(content)
