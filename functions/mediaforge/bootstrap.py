"""What a process does once: it initializes the Admin SDK, and with its first request it has the backend put
together."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

import firebase_admin
from firebase_admin import credentials
from google.auth.credentials import AnonymousCredentials, Credentials

from mediaforge import environment
from mediaforge.domain.errors import CatalogueError

if TYPE_CHECKING:
    from mediaforge.services.backend import Backend

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


def check_before_deploy(declared: Mapping[str, object]) -> None:
    """Checks the catalogue at discovery, so that a deploy with a wrong catalogue fails before it
    begins. A function that serves requests skips it. `declared` are all names in `main`. Raises
    CatalogueError with a line for each wrong key."""
    if not environment.is_discovered():
        return
    from mediaforge import assembly, roster  # noqa: PLC0415 - as in `backend`

    wrong = roster.wrong_names(
        assembly.catalogue(), {n for n, f in declared.items() if _is_queue(f)}
    )
    if wrong:
        raise CatalogueError("catalogue.toml: " + "\n".join(wrong))


def _is_queue(function: object) -> bool:
    endpoint = getattr(function, "__firebase_endpoint__", None)
    return endpoint is not None and endpoint.taskQueueTrigger is not None


@cache
def backend() -> Backend:
    """All that services need, once per process: its clients are shared by all requests and events. Raises
    BusyError while the catalogue or a param is wrong: callers repeat, so nothing is lost until a correct
    deploy."""
    # Loaded with the first request: at import it would slow each function's cold start.
    from mediaforge import assembly  # noqa: PLC0415

    initialize_firebase()
    return assembly.backend()
