"""Signatures of the function's own service account, made by IAM, so that no private key is stored anywhere.

The account needs the role `iam.serviceAccountTokenCreator` on itself, and the project needs the IAM Service
Account Credentials API.
Source: docs.cloud.google.com/storage/docs/authentication/creating-signatures.
"""

import base64
from functools import cached_property
from typing import TYPE_CHECKING

from google.auth.credentials import Credentials, Signing
from google.auth.exceptions import GoogleAuthError
from requests import exceptions as transport

from mediaforge.domain.errors import BusyError, SigningError

if TYPE_CHECKING:
    from google.auth.transport.requests import AuthorizedSession
    from requests import Response

IAM = "https://iamcredentials.googleapis.com"
_OK, _TOO_MANY, _SERVERS_FAULT = 200, 429, 500
# A repeat is safe, since signing twice does no harm, and it is needed: a connection that was kept may have
# died while the instance was frozen.
_TRIES = 2


def signing_credentials(credentials: Credentials, limit_s: float, origin: str = IAM) -> Signing:
    """Credentials with a private key sign by themselves; for all others IAM signs."""
    if isinstance(credentials, Signing):
        return credentials
    return _IamSigning(credentials, limit_s, origin)


class _IamSigning(Signing):
    """The interface through which the storage SDK signs. Every method raises BusyError and SigningError."""

    def __init__(self, credentials: Credentials, limit_s: float, origin: str) -> None:
        self._credentials = credentials
        self._limit_s = limit_s
        self._origin = origin

    @property
    def signer(self) -> "_IamSigning":
        return self

    @property
    def signer_email(self) -> str:
        """Known only after a token was fetched: until then the metadata server's account is called
        `default`."""
        if not self._credentials.valid:
            self._refresh()
        email = getattr(self._credentials, "service_account_email", "")
        if "@" not in email:
            raise SigningError("no service account")
        return str(email)

    def sign_bytes(self, message: bytes) -> bytes:
        answer = self._ask({"payload": base64.b64encode(message).decode()})
        if answer.status_code == _TOO_MANY or answer.status_code >= _SERVERS_FAULT:
            raise BusyError(f"IAM: {answer.status_code}")
        if answer.status_code != _OK:
            raise SigningError(f"signBlob {answer.status_code}")
        return base64.b64decode(answer.json()["signedBlob"])

    def _ask(self, body: dict[str, str]) -> "Response":
        url = f"{self._origin}/v1/projects/-/serviceAccounts/{self.signer_email}:signBlob"
        problem: Exception | None = None
        for _ in range(_TRIES):
            try:
                return self._session.post(url, json=body, timeout=self._limit_s / _TRIES)
            except (transport.RequestException, GoogleAuthError) as error:
                problem = error
        raise BusyError(f"IAM: {type(problem).__name__}") from problem

    def _refresh(self) -> None:
        from google.auth.transport.requests import Request  # noqa: PLC0415 - where something is signed

        try:
            self._credentials.refresh(Request())
        except GoogleAuthError as error:
            raise BusyError(f"IAM: {type(error).__name__}") from error

    @cached_property
    def _session(self) -> "AuthorizedSession":
        from google.auth.transport.requests import AuthorizedSession  # noqa: PLC0415 - as above

        return AuthorizedSession(self._credentials)
