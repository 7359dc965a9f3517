"""Every error MediaForge raises on purpose, in one tree. Anything else is a bug.

MediaForgeError
├── RequestError                    the caller's; refused at once, costs nothing, never retried
│   ├── InvalidRequestError         invalid-request          INVALID_ARGUMENT
│   ├── UnauthenticatedError        unauthenticated          UNAUTHENTICATED
│   ├── InsufficientCreditsError    insufficient-credits     FAILED_PRECONDITION
│   ├── IllegalStateError           illegal-state            FAILED_PRECONDITION
│   ├── QuotaExceededError          quota-exceeded           RESOURCE_EXHAUSTED
│   ├── RateLimitedError            rate-limited             RESOURCE_EXHAUSTED
│   ├── ModelNotInTierError         model-not-in-tier        PERMISSION_DENIED
│   ├── NotAMemberError             not-a-member             PERMISSION_DENIED
│   ├── NotOwnerError               not-owner                PERMISSION_DENIED
│   ├── NotAdminError               not-admin                PERMISSION_DENIED
│   ├── RoleNotAllowedError         role-not-allowed         PERMISSION_DENIED
│   ├── NotFoundError               not-found                NOT_FOUND
│   └── RequestIdReusedError        request-id-reused        ALREADY_EXISTS
├── CatalogueError                  `catalogue.toml` is wrong; the message names each key
├── SettingError                    a param has a value that cannot be used; the message names it
├── BusyError                       busy                     UNAVAILABLE: ours, for now; ask again
└── ProviderError                   what generating an image or a video can end in
    ├── RejectedError               final: the request, or what came of it, is refused
    ├── ThrottledError              "slow down": come back later, no attempt is spent
    ├── UnavailableError            retried with back-off, until the attempts are spent
    │   └── NothingMadeError        the same, but the provider is well: no outage
    └── LostError                   what was started has failed or is gone: the attempt is over
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar


class MediaForgeError(Exception):
    """The root of the tree. `is_loggable`: its message is our own words and quotes nothing of a user's."""

    is_loggable: ClassVar[bool] = False


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one field, named as the caller wrote it (`references[2].path`)."""

    field: str
    message: str


class RequestError(MediaForgeError):
    """A refusal. `code` is the callable protocol's, `reason` is stable, `details` are its numbers."""

    code: ClassVar[str]
    reason: ClassVar[str]

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class InvalidRequestError(RequestError):
    code, reason = "INVALID_ARGUMENT", "invalid-request"

    def __init__(self, field_errors: Sequence[FieldError]) -> None:
        summary = "; ".join(
            f"{e.field}: {e.message}" if e.field else e.message for e in field_errors
        )
        fields = [{"field": e.field, "message": e.message} for e in field_errors]
        super().__init__(f"The request is not valid. {summary}", fieldErrors=fields)

    @classmethod
    def of(cls, field: str, message: str) -> "InvalidRequestError":
        return cls([FieldError(field, message)])


class UnauthenticatedError(RequestError):
    code, reason = "UNAUTHENTICATED", "unauthenticated"


class InsufficientCreditsError(RequestError):
    code, reason = "FAILED_PRECONDITION", "insufficient-credits"

    def __init__(self, required: int, available: int) -> None:
        message = f"This needs {required} credits and {available} are available."
        super().__init__(message, required=required, available=available)


class IllegalStateError(RequestError):
    code, reason = "FAILED_PRECONDITION", "illegal-state"


class QuotaExceededError(RequestError):
    code, reason = "RESOURCE_EXHAUSTED", "quota-exceeded"

    def __init__(self, whose: str, what: str, limit: int, used: int, resets_at: datetime) -> None:
        """`whose` limit it is ("tier", "member") and of `what` ("images", "videos", "credits")."""
        whom = "The tier allows" if whose == "tier" else "The team allows you"
        super().__init__(
            f"{whom} {limit} {what} a day and {used} are used.",
            limit=limit,
            used=used,
            of=what,
            limitOf=whose,
            resetsAt=resets_at.isoformat().replace("+00:00", "Z"),
        )


class RateLimitedError(RequestError):
    code, reason = "RESOURCE_EXHAUSTED", "rate-limited"

    def __init__(self, limit: int, retry_after_s: int) -> None:
        message = f"The tier allows {limit} submissions a minute. Try again in {retry_after_s} s."
        super().__init__(message, limit=limit, retryAfterSeconds=retry_after_s)


class ModelNotInTierError(RequestError):
    code, reason = "PERMISSION_DENIED", "model-not-in-tier"


class NotAMemberError(RequestError):
    code, reason = "PERMISSION_DENIED", "not-a-member"


class NotOwnerError(RequestError):
    code, reason = "PERMISSION_DENIED", "not-owner"


class NotAdminError(RequestError):
    code, reason = "PERMISSION_DENIED", "not-admin"


class RoleNotAllowedError(RequestError):
    code, reason = "PERMISSION_DENIED", "role-not-allowed"


class NotFoundError(RequestError):
    code, reason = "NOT_FOUND", "not-found"


class RequestIdReusedError(RequestError):
    code, reason = "ALREADY_EXISTS", "request-id-reused"


class CatalogueError(MediaForgeError):
    """`catalogue.toml` is wrong; the message names each key."""

    is_loggable = True


class SettingError(MediaForgeError):
    """A param has a value that cannot be used; the message names it. A deploy does not look at them."""

    is_loggable = True


class BusyError(MediaForgeError):
    """A service under us did not answer, or too many writers met on one document. Safe to repeat, after
    `retry_after_s` where it said so."""

    is_loggable = True

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class ProviderError(MediaForgeError):
    """`code` is kebab-case and goes into the job's `error`, with the message the user reads."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class RejectedError(ProviderError):
    """Bad request, safety filter, retired model: asking again would answer the same."""


class ThrottledError(ProviderError):
    """429. `retry_after_s` is what the provider asked for, or None where it named nothing."""

    def __init__(self, code: str, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(code, message)
        self.retry_after_s = retry_after_s


class UnavailableError(ProviderError):
    """5xx, time-out, connection lost."""


class NothingMadeError(UnavailableError):
    """An answer with nothing in it. The provider is well; it may be about this request alone."""


class LostError(ProviderError):
    """An operation that was started, and paid for, came to nothing. Asking for it again is of no use:
    the next attempt starts another."""
