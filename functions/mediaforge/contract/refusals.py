"""The refusals as callers see them: a model of the `details` for each reason. The docstring of each says in
its first paragraph when it comes, and in its second what an app does then.

The errors are raised as the classes of `domain/errors.py`; a test compares the two. Documents are generated
from this module, and the description of the HTTPS API; no other function loads it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from mediaforge.contract.answers import Answer


class Refusal(Answer):
    """What every refusal has in its `details`, beside its reason: nothing."""


class WrongField(Answer):
    """What is wrong with one field."""

    field: str
    """Its name as it was sent, counted from 0: `references[2].path` is the path of the third reference. Empty
    where the payload as a whole is wrong."""
    message: str
    """A sentence in English for a person."""


class InvalidRequest(Refusal):
    """A field is wrong.

    Shows each message at its field. The same request is refused again."""

    field_errors: tuple[WrongField, ...]
    """At most 21; the last one then says how many more there are."""


class ReferenceMissing(InvalidRequest):
    """A generated picture or video that the request names was deleted, is not finished, or is none that the
    caller may see; or an upload was refused and deleted; or a file of its reference pack is gone. An upload
    that the request itself names and that does not exist (never uploaded, deleted by its user) is not
    refused: the job ends `failed` with this code, and costs nothing. One that nobody has looked at yet may be
    named: the job looks.

    Uploads it again, or chooses another."""

    paths: tuple[str, ...]
    """The first five of the missing pictures."""


class ReferenceUnreadable(InvalidRequest):
    """A file that the request names is no picture that can be read.

    Asks for another picture."""

    paths: tuple[str, ...]
    """The first five of the unreadable pictures."""


class VariableMissing(InvalidRequest):
    """The prompt has a `{{placeholder}}` without a default, and `variables` does not have its name.

    Asks for the values."""

    names: tuple[str, ...]
    """The first 20 of the names, as the prompt has them."""


class RequestTooLarge(Refusal):
    """The payload is too large, or too deeply nested.

    Sends less: references by path, and no pictures in the payload."""

    bytes_max: int
    """The largest payload, in bytes."""
    depth_max: int
    """How deep lists and objects may be nested."""


class Unauthenticated(Refusal):
    """There is no ID token, or it is not valid or has expired; or the App Check token.

    Signs in, or refreshes the token, and sends the request again."""


class InsufficientCredits(Refusal):
    """The account has too few credits.

    Asks for less, or offers credits. With `welcome: "verify"` asks the user to verify their address first."""

    required: int
    """Credits that the request needs."""
    available: int
    """Credits that the account can spend."""
    owed: int = 0
    """Credits that incoming credits pay first."""
    welcome: Literal["verify", "tomorrow"] | None = None
    """The user has not had the welcome credits yet. `verify`: they come with the next request, once the user
    has verified an e-mail address or a phone number and has a new ID token. `tomorrow`: today's are given
    away."""


class QuotaExceeded(Refusal):
    """A limit of the day is reached.

    Waits until `resetsAt`."""

    limit: int
    """How many are allowed a day."""
    used: int
    """How many are used."""
    of: str
    """What is counted: a field of `Usage` (`images`, `credits`, `directions` …)."""
    limit_of: Literal["tier", "member", "key"]
    """Whose limit it is: the tier's, the member's in the team, or the API key's."""
    resets_at: datetime
    """When the next day begins."""


class RateLimited(Refusal):
    """Too many requests, or refusals, in one minute.

    Waits for `retryAfterSeconds` and sends the same request again."""

    limit: int
    """How many are allowed a minute."""
    retry_after_seconds: int
    """How long to wait."""


class ModelNotInTier(Refusal):
    """The account's tier does not have the model.

    Offers one of `models`, or another tier where there is none."""

    model: str
    """The model that was asked for."""
    models: tuple[str, ...]
    """Those of the tier that make the same, and are set up."""


class PriorityNotInTier(Refusal):
    """The account's tier does not have the priority.

    Sends one of `priorities`, or none."""

    priority: str
    """The priority that was asked for."""
    priorities: tuple[str, ...]
    """The priorities of the tier."""


class RoleNotAllowed(Refusal):
    """The caller's role in the team does not allow this.

    Hides what the role may not do."""

    role: str
    """The caller's role."""


class NotAMember(Refusal):
    """The caller is not in the team, or no longer.

    Leaves the team's pages."""


class NotOwner(Refusal):
    """Only an owner of the team may do this, or the user of the job.

    Says so."""


class NotAdmin(Refusal):
    """Only an administrator (custom claim `admin`) may do this.

    Says so."""


class ScopeMissing(Refusal):
    """The API key may not be used for this.

    Makes a key that has `scope`."""

    scope: str
    """The scope that is needed."""
    scopes: tuple[str, ...]
    """The scopes of the key."""


class AccountBlocked(Refusal):
    """The user, or the team, is blocked.

    Stops asking. Shows that the account is blocked, and whom to write to."""

    account_id: str
    """The account that is blocked."""


class NotFound(Refusal):
    """There is no such thing, or no longer, or it is somebody else's.

    Reads again what there is. `not-found` without `details` comes from the platform: check the name of
    the function, and the region."""

    job_ids: tuple[str, ...] = ()
    """Of several jobs that were named, those that are not there."""


class IllegalState(Refusal):
    """The job, the batch, the brand or the team is not in a state that allows this.

    Reads the document again: it has moved on."""

    status: str | None = None
    """The status of the job, the batch or the brand."""
    limit: int | None = None
    """How many open invitations a team may have."""


class CancelIsCharged(Refusal):
    """The job was begun, and is billed even if it is cancelled.

    Asks the user, and sends it again with `acceptCharge: true`."""

    credits: int
    """What the cancel costs."""


class OverBudget(Refusal):
    """The request, or the batch, comes to more than its `maxCredits`.

    Shows both numbers, and asks."""

    required: int
    """Credits that it comes to."""
    max_credits: int
    """The most that it may come to."""


class BatchTooLarge(Refusal):
    """The batch has more rows than the account's tier allows, or the account has too many batches that have
    not ended.

    Sends smaller batches, or waits until one has ended."""

    limit: int
    """How many are allowed."""
    of: Literal["rows", "batches"]
    """What is counted."""


class RequestIdReused(Refusal):
    """The `requestId` was used before, for something else.

    Makes a new `requestId`, once for each thing that it asks for."""

    job_id: str | None = None
    """The job that has the `requestId`."""
    team_id: str | None = None
    """The team that has the `requestId`."""
    batch_id: str | None = None
    """The batch that has the `requestId`."""
    export_id: str | None = None
    """The export that has the `requestId`."""
    webhook_id: str | None = None
    """The webhook that has the `requestId`."""


class Busy(Refusal):
    """The backend cannot answer now. How far the request had come is not known.

    Sends the same request again, with the same `requestId`."""

    retry_after_seconds: int | None = None
    """How long to wait, where that is known."""


class Internal(Refusal):
    """A fault of the backend. How far the request had come is not known.

    Sends the same request again once, with the same `requestId`."""


REFUSALS: Mapping[str, type[Refusal]] = {
    "invalid-request": InvalidRequest,
    "reference-missing": ReferenceMissing,
    "reference-unreadable": ReferenceUnreadable,
    "variable-missing": VariableMissing,
    "request-too-large": RequestTooLarge,
    "unauthenticated": Unauthenticated,
    "insufficient-credits": InsufficientCredits,
    "quota-exceeded": QuotaExceeded,
    "rate-limited": RateLimited,
    "model-not-in-tier": ModelNotInTier,
    "priority-not-in-tier": PriorityNotInTier,
    "role-not-allowed": RoleNotAllowed,
    "not-a-member": NotAMember,
    "not-owner": NotOwner,
    "not-admin": NotAdmin,
    "scope-missing": ScopeMissing,
    "account-blocked": AccountBlocked,
    "not-found": NotFound,
    "illegal-state": IllegalState,
    "cancel-is-charged": CancelIsCharged,
    "over-budget": OverBudget,
    "batch-too-large": BatchTooLarge,
    "request-id-reused": RequestIdReused,
    "busy": Busy,
    "internal": Internal,
}
