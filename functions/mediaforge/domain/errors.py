"""Every error MediaForge raises on purpose, in one tree. Anything else is a bug.

MediaForgeError
├── RequestError                    the request is refused at once; costs nothing, never retried
│   ├── InvalidRequestError         invalid-request          INVALID_ARGUMENT
│   │   ├── ReferenceMissingError    reference-missing        INVALID_ARGUMENT
│   │   ├── ReferenceUnreadableError reference-unreadable     INVALID_ARGUMENT
│   │   └── VariableMissingError     variable-missing         INVALID_ARGUMENT
│   ├── RequestTooLargeError        request-too-large        INVALID_ARGUMENT
│   ├── UnauthenticatedError        unauthenticated          UNAUTHENTICATED
│   ├── InsufficientCreditsError    insufficient-credits     FAILED_PRECONDITION
│   ├── IllegalStateError           illegal-state            FAILED_PRECONDITION
│   ├── CancelIsChargedError        cancel-is-charged        FAILED_PRECONDITION
│   ├── OverBudgetError             over-budget              FAILED_PRECONDITION
│   ├── BatchTooLargeError          batch-too-large          PERMISSION_DENIED
│   ├── QuotaExceededError          quota-exceeded           RESOURCE_EXHAUSTED
│   ├── RateLimitedError            rate-limited             RESOURCE_EXHAUSTED
│   ├── ModelNotInTierError         model-not-in-tier        PERMISSION_DENIED
│   ├── PriorityNotInTierError      priority-not-in-tier     PERMISSION_DENIED
│   ├── NotAMemberError             not-a-member             PERMISSION_DENIED
│   ├── NotOwnerError               not-owner                PERMISSION_DENIED
│   ├── NotAdminError               not-admin                PERMISSION_DENIED
│   ├── RoleNotAllowedError         role-not-allowed         PERMISSION_DENIED
│   ├── ScopeMissingError           scope-missing            PERMISSION_DENIED
│   ├── AccountBlockedError         account-blocked          PERMISSION_DENIED
│   ├── NotFoundError               not-found                NOT_FOUND
│   └── RequestIdReusedError        request-id-reused        ALREADY_EXISTS
├── CatalogueError                  `catalogue.toml` is wrong; the message names each key
├── SettingError                    a param has a value that cannot be used; the message names it
├── BusyError                       busy                     UNAVAILABLE: our fault, for now; repeat the call
│   └── UnreadError                 a run could not read some documents for now; it read all others
├── FileChangedError                a file has another generation than the one to be overwritten
├── FileTooLargeError               a file is larger than what is read into memory
├── AddressRefusedError             an address outside may not be asked: by its text, or where it leads
├── UnansweredError                 who was asked outside gave no answer that can be used
├── SigningError                    this installation may not sign addresses: its operator has to correct that
├── LateError                       the job has ended or another worker has it: the result is dropped
└── ProviderError                   how a provider's work can fail
    ├── RejectedError               final: the request, or what came of it, is refused
    │   └── NotAllowedError         final: the provider refuses this installation, whoever asks
    ├── ThrottledError              "slow down": come back later, no attempt is spent
    ├── UnavailableError            retried with back-off, until the attempts are spent
    │   └── NothingMadeError        the same, but the provider is in order: no outage
    └── LostError                   the operation has failed or is gone: the attempt is over
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar


class MediaForgeError(Exception):
    """The root of the tree. `is_loggable`: the message is in our own words and quotes no user's data."""

    is_loggable: ClassVar[bool] = False


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one field, named as the caller wrote it (`references[2].path`)."""

    field: str
    message: str


class RequestError(MediaForgeError):
    """A refusal. `code` is the callable protocol's, `reason` is stable, `details` are its numbers.
    `is_cheap`: the refusal costs next to nothing to find, so that the gate does not count it."""

    code: ClassVar[str]
    reason: ClassVar[str]
    is_cheap: ClassVar[bool] = False

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details

    def within(self, part: str) -> "RequestError":
        """The same refusal, of a part of a larger request: `rows[3]`. Its fields are named within that
        part."""
        inner = type(self).__new__(type(self))
        RequestError.__init__(inner, f"{part}: {self.message}", **self.details)
        if (errors := self.details.get("fieldErrors")) is not None:
            named = [{**each, "field": _name_in(part, each["field"])} for each in errors]
            inner.details = {**self.details, "fieldErrors": named}
        return inner


def _name_in(part: str, field: str) -> str:
    return f"{part}.{field}" if field else part


# An answer does not grow with the request: the first errors are listed, shortened, and the rest is counted.
_FIELD_ERRORS_MAX = 20
_SUMMARY_ERRORS_MAX = 5
_FIELD_CHARS_MAX = 200
_MESSAGE_CHARS_MAX = 500


class InvalidRequestError(RequestError):
    code, reason = "INVALID_ARGUMENT", "invalid-request"
    is_cheap = True

    def __init__(self, field_errors: Sequence[FieldError], **details: Any) -> None:
        said = _capped(field_errors, _FIELD_ERRORS_MAX)
        summary = "; ".join(
            f"{e.field}: {e.message}" if e.field else e.message
            for e in _capped(field_errors, _SUMMARY_ERRORS_MAX)
        )
        fields = [{"field": e.field, "message": e.message} for e in said]
        super().__init__(f"The request is not valid. {summary}", fieldErrors=fields, **details)

    @classmethod
    def of(cls, field: str, message: str) -> "InvalidRequestError":
        return cls([FieldError(field, message)])


def _capped(field_errors: Sequence[FieldError], most: int) -> list[FieldError]:
    """The first `most` errors, shortened, and one more that says how many are left out."""
    said = [
        FieldError(each.field[:_FIELD_CHARS_MAX], each.message[:_MESSAGE_CHARS_MAX])
        for each in field_errors[:most]
    ]
    left = len(field_errors) - len(said)
    return [*said, FieldError("", f"{left} more are wrong")] if left else said


class RequestTooLargeError(RequestError):
    """The request is larger, or where `is_deep` more deeply nested, than any valid one. It is refused before
    it is parsed."""

    code, reason = "INVALID_ARGUMENT", "request-too-large"

    def __init__(self, bytes_max: int, depth_max: int, *, is_deep: bool = False) -> None:
        message = f"The request is too large: it may have at most {bytes_max} bytes."
        if is_deep:
            message = f"Lists and objects may be nested at most {depth_max} deep."
        super().__init__(message, bytesMax=bytes_max, depthMax=depth_max)


class ReferenceMissingError(InvalidRequestError):
    """`paths` has the first of the pictures that do not exist, or that the caller may not see. Each
    picture that the request names was looked up, so the refusal is not cheap."""

    reason = "reference-missing"
    is_cheap = False


class ReferenceUnreadableError(InvalidRequestError):
    """`paths` has the first of the unreadable uploads. The refusal is not cheap for the same reason."""

    reason = "reference-unreadable"
    is_cheap = False


class VariableMissingError(InvalidRequestError):
    """`names` has the first of the variables that the prompt needs and the request does not have. The prompt
    may be that of a template, which was read, so the refusal is not cheap."""

    reason = "variable-missing"
    is_cheap = False


class UnauthenticatedError(RequestError):
    code, reason = "UNAUTHENTICATED", "unauthenticated"
    is_cheap = True


_HOW_TO_BE_WELCOME = {
    "verify": (
        "Verify your e-mail address or phone number, and refresh the ID token, to get the welcome "
        "credits."
    ),
    "sign-in": (
        "The welcome credits come to who signs in: ask for something once in the app, signed in with a "
        "verified e-mail address or phone number."
    ),
    "tomorrow": "All of today's welcome credits are given away. Come back tomorrow for yours.",
}


class InsufficientCreditsError(RequestError):
    code, reason = "FAILED_PRECONDITION", "insufficient-credits"

    def __init__(
        self,
        required: int,
        available: int,
        withheld: str | None = None,
        owed: int = 0,
        *,
        has_key: bool = False,
    ) -> None:
        """`withheld` is why there were no welcome credits: `verify` or `tomorrow`. `owed` is the account's
        debt, which incoming credits pay first. `has_key`: the caller has no ID token to refresh."""
        said = [f"This needs {required} credits and {available} are available."]
        more: dict[str, Any] = {}
        if owed:
            more["owed"] = owed
            said.append(f"{owed} are owed, and are paid first by whatever comes in.")
        if withheld:
            more["welcome"] = str(withheld)
            is_signed_in = not has_key or withheld != "verify"
            said.append(_HOW_TO_BE_WELCOME[withheld if is_signed_in else "sign-in"])
        super().__init__(" ".join(said), required=required, available=available, **more)
        self.required, self.available, self.owed = required, available, owed


class IllegalStateError(RequestError):
    code, reason = "FAILED_PRECONDITION", "illegal-state"


class BatchTooLargeError(RequestError):
    code, reason = "PERMISSION_DENIED", "batch-too-large"
    is_cheap = False


class OverBudgetError(RequestError):
    """`required` credits are more than the `maxCredits` of the request."""

    code, reason = "FAILED_PRECONDITION", "over-budget"

    def __init__(self, required: int, max_credits: int) -> None:
        message = f"This comes to {required} credits, more than maxCredits, which is {max_credits}."
        super().__init__(message, required=required, maxCredits=max_credits)


class CancelIsChargedError(RequestError):
    """`credits` is what the cancel would cost: all credits that are held for the job."""

    code, reason = "FAILED_PRECONDITION", "cancel-is-charged"

    def __init__(self, credits_: int) -> None:
        message = (
            f"The job was begun, and what was begun is billed whatever happens: to cancel it costs "
            f"{credits_} credits. With acceptCharge: true it is cancelled and charged."
        )
        super().__init__(message, credits=credits_)


_WHO_ALLOWS = {
    "tier": "The tier allows",
    "member": "The team allows you",
    "key": "The API key allows",
}


class QuotaExceededError(RequestError):
    code, reason = "RESOURCE_EXHAUSTED", "quota-exceeded"

    def __init__(self, whose: str, what: str, limit: int, used: int, resets_at: datetime) -> None:
        """`whose` limit it is ("tier", "member" or "key"). `what` is limited: a field of the day's usage
        ("images", "videos", "credits" …)."""
        super().__init__(
            f"{_WHO_ALLOWS[whose]} {limit} {what.replace('_', ' ')} a day and {used} are used.",
            limit=limit,
            used=used,
            of=what,
            limitOf=whose,
            resetsAt=resets_at.isoformat().replace("+00:00", "Z"),
        )


class RateLimitedError(RequestError):
    """`at_the_gate`: this instance refused the request before anything was read."""

    code, reason = "RESOURCE_EXHAUSTED", "rate-limited"

    def __init__(
        self,
        limit: int,
        retry_after_s: int,
        allowed: str = "The tier allows {} submissions",
        *,
        at_the_gate: bool = False,
    ) -> None:
        self.at_the_gate = at_the_gate
        message = f"{allowed.format(limit)} a minute. Try again in {retry_after_s} s."
        super().__init__(message, limit=limit, retryAfterSeconds=retry_after_s)


class ModelNotInTierError(RequestError):
    code, reason = "PERMISSION_DENIED", "model-not-in-tier"


class PriorityNotInTierError(RequestError):
    code, reason = "PERMISSION_DENIED", "priority-not-in-tier"


class NotAMemberError(RequestError):
    code, reason = "PERMISSION_DENIED", "not-a-member"


class NotOwnerError(RequestError):
    code, reason = "PERMISSION_DENIED", "not-owner"


class NotAdminError(RequestError):
    code, reason = "PERMISSION_DENIED", "not-admin"


class RoleNotAllowedError(RequestError):
    code, reason = "PERMISSION_DENIED", "role-not-allowed"


class ScopeMissingError(RequestError):
    """The API key may not be used for this: it has `scopes`, and not `scope`."""

    code, reason = "PERMISSION_DENIED", "scope-missing"
    is_cheap = True

    def __init__(self, scope: str, scopes: Sequence[str]) -> None:
        message = f"The API key has not the scope {scope}. Make a key that has it."
        super().__init__(message, scope=str(scope), scopes=[str(each) for each in scopes])


class AccountBlockedError(RequestError):
    code, reason = "PERMISSION_DENIED", "account-blocked"

    def __init__(self, account_id: str) -> None:
        super().__init__(
            f"The account {account_id} is blocked. Ask those who run this service.",
            accountId=account_id,
        )


class NotFoundError(RequestError):
    """What the request names does not exist, or is not the caller's. `not-found` without any `details` comes
    from the platform and not from here: no function has that name in that region."""

    code, reason = "NOT_FOUND", "not-found"


class RequestIdReusedError(RequestError):
    code, reason = "ALREADY_EXISTS", "request-id-reused"


class CatalogueError(MediaForgeError):
    """`catalogue.toml` is wrong; the message names each key."""

    is_loggable = True


class SettingError(MediaForgeError):
    """A param has a value that cannot be used; the message names it. Most params are read at the first
    request, so a deploy does not find a wrong one."""

    is_loggable = True


class BusyError(MediaForgeError):
    """A service that we use did not answer, or too many commits on one document conflicted. The call may be
    repeated, after `retry_after_s` where the error has it."""

    is_loggable = True

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class UnreadError(BusyError):
    """Some documents of a run could not be read for now. The run has looked at all
    others and reported what it found."""


class FileChangedError(MediaForgeError):
    """A file has another generation than the one that was to be written over."""


class FileTooLargeError(MediaForgeError):
    """A file is larger than what is read into memory, whoever wrote it."""


class AddressRefusedError(MediaForgeError):
    """An address outside is not asked: its text is none that may be, or it leads into a network that is
    not open to everybody. `message` goes on from a field's name: "must begin with https://"."""

    is_loggable = True

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class UnansweredError(MediaForgeError):
    """Who was asked outside gave no answer, or none that can be used. `message` is a sentence in our
    words."""

    is_loggable = True

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class SigningError(MediaForgeError):
    """This installation may not sign addresses, whoever asks. The message is a
    code for the operator's alarm."""

    is_loggable = True


class LateError(MediaForgeError):
    """The worker no longer has the job's lease, and can never get this lease back."""


class ProviderError(MediaForgeError):
    """`code` is kebab-case and goes into the job's `error`, with the message the user reads.

    `may_have_billed` says whether the failed start may have cost us something. Each class has a default for
    callers that know nothing better. `was_asked` is false where we stopped before the provider was asked:
    then the error says nothing about the provider's condition.
    """

    bills_by_default: ClassVar[bool] = False

    def __init__(
        self,
        code: str,
        message: str,
        *,
        may_have_billed: bool | None = None,
        was_asked: bool = True,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.was_asked = was_asked
        self.code = code
        self.message = message
        self.may_have_billed = self.bills_by_default if may_have_billed is None else may_have_billed


class RejectedError(ProviderError):
    """Bad request, safety filter, retired model: the same request would be refused again."""


class NotAllowedError(RejectedError):
    """The provider refuses this installation, whoever asks: its operator has to correct that."""


class ThrottledError(ProviderError):
    """429. `retry_after_s` is what the provider asked for, or None where it named no time. `at_limit`: a
    limit is reached that may end by itself, or that an operator may have to raise."""

    def __init__(
        self,
        code: str,
        message: str,
        retry_after_s: float | None = None,
        *,
        may_have_billed: bool | None = None,
        at_limit: bool = False,
    ) -> None:
        super().__init__(code, message, may_have_billed=may_have_billed)
        self.retry_after_s = retry_after_s
        self.at_limit = at_limit


class UnavailableError(ProviderError):
    """5xx, time-out, connection lost: the provider may have begun the work, and may bill it."""

    bills_by_default = True


class NothingMadeError(UnavailableError):
    """The provider answered without any result. It is in order; only this request may have a problem."""


class LostError(ProviderError):
    """An operation that was started, and is paid for, has failed or is gone. To ask about it again is no use:
    the next attempt starts another."""

    bills_by_default = True
