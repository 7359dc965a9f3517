"""Puts together what services need: the one place that knows every adapter; `roster` knows every provider.

It is loaded with the first request and not with `main`: a function that only says no, or looks at the name of
a file, does not need it, and neither does the discovery of what is deployed.
"""

import random
import secrets
from functools import cache

from firebase_admin import firestore

from mediaforge import config, environment, log, roster
from mediaforge.adapters.clock import SystemClock
from mediaforge.adapters.cloud_tasks import CloudTasks
from mediaforge.adapters.firestore import FirestoreDocuments
from mediaforge.adapters.outside import HardenedOutside, sign
from mediaforge.adapters.sign_ins import FirebaseSignIns
from mediaforge.adapters.storage import CloudStorage
from mediaforge.adapters.stripe_checkout import StripeCheckout
from mediaforge.config import Config
from mediaforge.domain.catalogue import Catalogue, parse
from mediaforge.domain.errors import BusyError, CatalogueError, SettingError
from mediaforge.ports.media import CheckedPicture, Preview
from mediaforge.services.backend import Backend
from mediaforge.services.gate import Gate
from mediaforge.services.jobs.breakers import SharedBreakers
from mediaforge.services.jobs.hook import webhook_url
from mediaforge.services.money.fuse import FuseReading


@cache
def catalogue() -> Catalogue:
    """The catalogue for this environment: a deployed project has nothing that
    exists on the emulators only."""
    whole = parse(config.CATALOGUE_PATH.read_text(encoding="utf-8"))
    return whole if environment.is_emulated() else whole.in_production()


def backend() -> Backend:
    """All that services need. The Admin SDK's app has to exist. Raises BusyError while the catalogue or a
    param is wrong."""
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
        checkout=_checkout(settings),
        sign_ins=FirebaseSignIns(),
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
        settings = config.read_config()
        return settings, roster.offered(settings, catalogue())
    except (SettingError, CatalogueError) as error:
        log.bug("deployment.wrong", error)
        raise BusyError("what was deployed is wrong") from None


def _checkout(settings: Config) -> StripeCheckout | None:
    if settings.checkout is None:
        return None
    return StripeCheckout(
        config.stripe_api_key,
        settings.checkout.studio_origin,
        takes_test_mode=settings.is_emulated,
        origin=settings.checkout.origin,
    )


def _preview(content: bytes, content_type: str) -> Preview:
    # Pillow and PyAV are loaded by the workers that need them, not by every function that imports `main`.
    from mediaforge.providers.preview import preview  # noqa: PLC0415

    return preview(content, content_type)


def _check_upload(content: bytes) -> CheckedPicture:
    from mediaforge.providers.upload_check import checked_upload  # noqa: PLC0415 - as above

    return checked_upload(content)
