"""The SignIns port on Firebase Authentication, through the Admin SDK."""

from collections.abc import Callable
from typing import Any, TypeVar

from firebase_admin import App, auth, exceptions
from google.auth.exceptions import GoogleAuthError

from mediaforge.domain.errors import BusyError
from mediaforge.domain.sign_ins import Identity, identities_of

T = TypeVar("T")


class FirebaseSignIns:
    """`app` is the Admin SDK's app, whose `httpTimeout` limits each call; None means its default app."""

    def __init__(self, app: App | None = None) -> None:
        self._app = app

    def identities(self, uid: str) -> tuple[Identity, ...]:
        record: Any = _found(lambda: auth.get_user(uid, app=self._app))
        if record is None:
            return ()
        return identities_of(
            uid,
            email=record.email if record.email and record.email_verified else "",
            phone=record.phone_number or "",
            subjects=[(each.provider_id or "", each.uid or "") for each in record.provider_data],
        )

    def delete(self, uid: str) -> None:
        _found(lambda: auth.delete_user(uid, app=self._app))


def _found(call: Callable[[], T]) -> T | None:
    """None where there is no such user. A uid that Firebase would not give anybody is a user's all the same:
    the emulators take any."""
    try:
        return call()
    except (auth.UserNotFoundError, ValueError):
        return None
    except exceptions.FirebaseError as error:
        raise BusyError(f"Firebase Authentication: {error.code}") from error
    except GoogleAuthError as error:
        raise BusyError(f"Firebase Authentication: {type(error).__name__}") from error
