"""Who calls: what an ID token or an API key says of them."""

from collections.abc import Mapping
from typing import Any

from mediaforge import environment
from mediaforge.domain import sign_ins
from mediaforge.domain.errors import UnauthenticatedError
from mediaforge.services.backend import Caller

_UID_CHARS_MAX = 128
_NAME_CHARS_MAX = 200
_ADDRESS_CHARS_MAX = 2048


def of_token(uid: object, claims: Mapping[str, Any]) -> Caller:
    """The user of an ID token whose signature was checked. Raises UnauthenticatedError."""
    if not isinstance(uid, str) or not _fits_in_a_path(uid):
        raise UnauthenticatedError("The user id of this token cannot be used as part of a path.")
    return Caller(
        uid,
        is_admin=claims.get("admin") is True,
        sign_in=sign_ins.of_token(uid, claims, is_emulated=environment.is_emulated()),
        name=_name_of(claims.get("name")),
        photo_url=_photo_of(claims.get("picture")),
    )


def _name_of(claim: object) -> str | None:
    """What the token calls the user, if that can be stored."""
    if not isinstance(claim, str) or not sign_ins.is_storable(claim):
        return None
    return claim[:_NAME_CHARS_MAX].strip() or None


def _photo_of(claim: object) -> str | None:
    """The address of the picture that the token has of the user. It is shown to others and never fetched by
    us, so only its form is looked at."""
    if not isinstance(claim, str) or not sign_ins.is_storable(claim):
        return None
    return claim if claim.startswith("https://") and len(claim) <= _ADDRESS_CHARS_MAX else None


def _fits_in_a_path(uid: str) -> bool:
    """Whether a uid can be part of the paths of documents and files. The emulators take any token, so a uid
    there may be any text."""
    is_name = bool(uid) and uid not in (".", "..") and not uid.startswith("__")
    return is_name and "/" not in uid and len(uid) <= _UID_CHARS_MAX and sign_ins.is_storable(uid)
