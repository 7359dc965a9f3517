"""An Admin SDK app of a test's own, which asks nobody for a token: the default one belongs to the suite."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import firebase_admin
from firebase_admin import App, credentials
from google.oauth2.credentials import Credentials


class _ServiceAccount(Credentials):
    service_account_email = "functions@demo-mediaforge.iam.gserviceaccount.com"


class _TestCredential(credentials.Base):  # type: ignore[misc]  # the SDK is untyped
    def __init__(self, token: str | None) -> None:
        super().__init__()
        self._credential = _ServiceAccount(token)  # type: ignore[no-untyped-call]  # so is this

    def get_credential(self) -> Credentials:
        return self._credential


@contextmanager
def admin_app(*, has_token: bool = True) -> Iterator[App]:
    """An app for the block. Without `has_token` its credential cannot get a token."""
    options = {"projectId": "demo-mediaforge"}
    app = firebase_admin.initialize_app(
        _TestCredential("always-fresh" if has_token else None), options, name=uuid.uuid4().hex
    )
    try:
        yield app
    finally:
        firebase_admin.delete_app(app)
