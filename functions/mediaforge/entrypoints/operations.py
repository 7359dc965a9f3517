"""The table of all operations, one line each. Callables are made from it; any further interface for callers
is to be made from it, too.

It is loaded with the first request and not with `main`: a worker does not need it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Any

from mediaforge.contract import documents as at
from mediaforge.contract.answers import (
    AccountControlled,
    Answer,
    Balance,
    BatchControlled,
    BatchInvited,
    BatchSubmitted,
    Catalog,
    CreditsEstimated,
    Directed,
    ExportAsked,
    FuseReset,
    JobCancelled,
    KeyCreated,
    KeyRevoked,
    MemberChanged,
    MemberInvited,
    Submitted,
    TeamChanged,
    TeamCreated,
)
from mediaforge.contract.requests import (
    ACCOUNT_ACTIONS,
    BATCH_ACTIONS,
    SHARING_ACTIONS,
    SUBMITTABLE,
    TEAM_ACTIONS,
    ControlAccount,
    ControlBatch,
    ControlJob,
    ControlTeam,
    CreateApiKey,
    CreateTeam,
    DirectCreative,
    EstimateCredits,
    ExportAccount,
    ExportBatch,
    GetCatalog,
    GrantCredits,
    Payload,
    RevokeApiKey,
    ShareBatch,
    SubmitBatch,
    Submittable,
    parse,
    parse_action,
)
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.money.accounts import team_account_id, user_account_id
from mediaforge.domain.people.keys import Scope
from mediaforge.domain.people.teams import Member
from mediaforge.entrypoints.turns import Turns
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.directing.direct import direct
from mediaforge.services.erasure.mark import AccountDeleted, DeleteAccount, delete_account
from mediaforge.services.jobs.control import control_job
from mediaforge.services.jobs.submit import Submission, payer_of, submit_job
from mediaforge.services.library.batch_control import control_batch
from mediaforge.services.library.batches import BatchSubmission, submit_batch
from mediaforge.services.library.catalog import describe_catalogue
from mediaforge.services.library.deletion import Deleted, DeleteGeneration, delete_generation
from mediaforge.services.library.estimates import estimate_credits
from mediaforge.services.library.exports import export_account, export_batch
from mediaforge.services.library.history import Found, SearchGenerations, search_generations
from mediaforge.services.library.marks import (
    GenerationMarks,
    GenerationsMarked,
    MarkGeneration,
    mark_generation,
)
from mediaforge.services.library.pack_copies import CopyPack, PackCopied, copy_pack
from mediaforge.services.library.sharing import NewShareInvite, share_batch
from mediaforge.services.library.webhook_lists import (
    DeliveriesListed,
    ListDeliveries,
    ListWebhooks,
    WebhooksListed,
    list_deliveries,
    list_webhooks,
)
from mediaforge.services.library.webhooks import (
    CreateWebhook,
    DeleteWebhook,
    RotateWebhook,
    WebhookCreated,
    WebhookDeleted,
    WebhookRotated,
    create_webhook,
    delete_webhook,
    rotate_webhook,
)
from mediaforge.services.operate.account_control import audited_control, audited_grant
from mediaforge.services.operate.inspection import (
    LETTER_ACTIONS,
    DeadLetterControlled,
    Inspect,
    Inspected,
    control_dead_letter,
    inspect,
)
from mediaforge.services.people.checkout import CheckoutCreated, CreateCheckout, create_checkout
from mediaforge.services.people.keys import create_key, revoke_key
from mediaforge.services.people.members import readable
from mediaforge.services.people.teams import NewInvite, control_team, create_team

submitting = Turns()


@dataclass(frozen=True, slots=True)
class Operation:
    """`request` is the payload's model, or one model for each `action`; then the docstring of `act` says what
    the operation does (see `docs/contract.md`). `act` carries the operation out and
    returns its `answer`, or raises the refusal. An operation that `is_open` needs no sign-in: its caller has
    an empty uid. `scope` is what an API key needs for it; a caller who has signed in needs none."""

    name: str
    request: type[Payload] | Mapping[str, type[Payload]]
    answer: type[Answer] | UnionType
    act: Callable[[Backend, Caller, Any], Answer]
    scope: Scope
    is_open: bool = False

    def read(self, payload: object) -> Payload:
        """Raises InvalidRequestError."""
        if isinstance(self.request, Mapping):
            return parse_action(self.request, payload, self.name)
        # An operation without fields may be called without a payload.
        is_bare = payload is None and not self.request.model_fields
        return parse(self.request, {} if is_bare else payload, self.name)


# ---- acts: call a service, and make its result the operation's answer ------------------------------


def submit(backend: Backend, caller: Caller, request: Submittable) -> Submission:
    with submitting.alone(_turn_of(backend, caller, request)):
        return submit_job(backend, caller, request)


def submit_rows(backend: Backend, caller: Caller, request: SubmitBatch) -> BatchSubmission:
    with submitting.alone(_turn_of(backend, caller, request)):
        return submit_batch(backend, caller, request)


def _submit(backend: Backend, caller: Caller, request: Submittable) -> Submitted:
    submission = submit(backend, caller, request)
    return Submitted.of(submission.job, submission.notes)


def _submit_batch(backend: Backend, caller: Caller, request: SubmitBatch) -> BatchSubmitted:
    submission = submit_rows(backend, caller, request)
    return BatchSubmitted.of(submission.batch, submission.notes)


def _control_batch(
    backend: Backend, caller: Caller, request: ControlBatch | ShareBatch
) -> BatchControlled | BatchInvited:
    """Pauses, resumes, cancels or orders a batch, runs rows of it again, or shares it. Its user may do this;
    of a team's batch, editors and owners of the team. Whoever has a code may `join`."""
    if not isinstance(request, ShareBatch):
        return BatchControlled.of(control_batch(backend, caller, request))
    match share_batch(backend, caller, request):
        case NewShareInvite(batch=batch, id=invite_id, code=code, invite=invite):
            return BatchInvited.by(batch, invite_id, code, invite)
        case batch:
            return BatchControlled.of(batch)


def _estimate_credits(
    backend: Backend, caller: Caller, request: EstimateCredits
) -> CreditsEstimated:
    return estimate_credits(backend, caller, request)


def _export_batch(backend: Backend, caller: Caller, request: ExportBatch) -> ExportAsked:
    return ExportAsked.of(export_batch(backend, caller, request))


def _export_account(backend: Backend, caller: Caller, request: ExportAccount) -> ExportAsked:
    return ExportAsked.of(export_account(backend, caller, request))


def _turn_of(backend: Backend, caller: Caller, request: Submittable | SubmitBatch) -> str:
    """The key of the turn that a submission waits for: its payer's account. A caller who may not submit for
    the team waits for the turn of their own account, and is refused in it: so a stranger's requests do not
    keep the team waiting."""
    if request.team_id:
        member = readable(backend.documents.get, at.member(request.team_id, caller.uid))
        if member is None or not member.role.may_submit:
            return user_account_id(caller.uid)
    return payer_of(caller, request)


def _direct(backend: Backend, caller: Caller, request: DirectCreative) -> Directed:
    return Directed.of(direct(backend, caller, request))


def _control_job(backend: Backend, caller: Caller, request: ControlJob) -> Submitted | JobCancelled:
    job = control_job(backend, caller, request)
    if request.action == "retry":
        return Submitted.of(job, status=job.status)
    return JobCancelled.of(job)


def _grant_credits(backend: Backend, caller: Caller, request: GrantCredits) -> Balance:
    return Balance.of(audited_grant(backend, caller, request))


def _control_account(
    backend: Backend, caller: Caller, request: ControlAccount
) -> AccountControlled | FuseReset:
    """Changes an account: its tier, its balance, its fuse, or whether it is blocked. For administrators
    (custom claim `admin`)."""
    account = audited_control(backend, caller, request)
    return FuseReset(fuse="whole") if account is None else AccountControlled.of(account)


def _create_team(backend: Backend, caller: Caller, request: CreateTeam) -> TeamCreated:
    team_id = create_team(backend, caller, request).id
    account_id = team_account_id(team_id)
    return TeamCreated(team_id=team_id, account_id=account_id, path=f"teams/{team_id}")


def _control_team(backend: Backend, caller: Caller, request: ControlTeam) -> TeamChanged:
    """Changes who is in a team, and what they may do."""
    team_id = request.team_id
    match control_team(backend, caller, request):
        case NewInvite(id=invite_id, code=code, invite=invite):
            return MemberInvited(
                team_id=team_id,
                invite_id=invite_id,
                code=code,
                role=invite.role,
                expires_at=invite.expires_at,
            )
        case Member(role=role):
            return MemberChanged(team_id=team_id, role=role)
        case None:
            return TeamChanged(team_id=team_id)


def _create_key(backend: Backend, caller: Caller, request: CreateApiKey) -> KeyCreated:
    made, key = create_key(backend, caller, request)
    return KeyCreated(key_id=made.id, key=key, prefix=made.prefix)


def _revoke_key(backend: Backend, caller: Caller, request: RevokeApiKey) -> KeyRevoked:
    return KeyRevoked(key_id=revoke_key(backend, caller, request).id)


def _describe_catalogue(backend: Backend, _: Caller, __: GetCatalog) -> Catalog:
    return describe_catalogue(backend)


# ---- the table -------------------------------------------------------------------------------------

OPERATIONS: Mapping[str, Operation] = {
    operation.name: operation
    for operation in (
        # generateImage, generateVideo, trainBrand
        *(
            Operation(
                kind.traits.callable_name, SUBMITTABLE[kind], Submitted, _submit, Scope.GENERATE
            )
            for kind in JobKind
        ),
        Operation("creativeDirectorAgent", DirectCreative, Directed, _direct, Scope.GENERATE),
        Operation("controlJob", ControlJob, Submitted | JobCancelled, _control_job, Scope.GENERATE),
        Operation("submitBatch", SubmitBatch, BatchSubmitted, _submit_batch, Scope.GENERATE),
        Operation(
            "estimateCredits", EstimateCredits, CreditsEstimated, _estimate_credits, Scope.READ
        ),
        Operation(
            "controlBatch",
            {**BATCH_ACTIONS, **SHARING_ACTIONS},
            BatchControlled | BatchInvited,
            _control_batch,
            Scope.GENERATE,
        ),
        Operation("searchGenerations", SearchGenerations, Found, search_generations, Scope.READ),
        Operation(
            "markGeneration",
            MarkGeneration,
            GenerationMarks | GenerationsMarked,
            mark_generation,
            Scope.MANAGE,
        ),
        Operation("deleteGeneration", DeleteGeneration, Deleted, delete_generation, Scope.MANAGE),
        Operation("exportBatch", ExportBatch, ExportAsked, _export_batch, Scope.READ),
        Operation("exportAccount", ExportAccount, ExportAsked, _export_account, Scope.MANAGE),
        Operation("copyPack", CopyPack, PackCopied, copy_pack, Scope.MANAGE),
        Operation("createWebhook", CreateWebhook, WebhookCreated, create_webhook, Scope.MANAGE),
        Operation("rotateWebhook", RotateWebhook, WebhookRotated, rotate_webhook, Scope.MANAGE),
        Operation("deleteWebhook", DeleteWebhook, WebhookDeleted, delete_webhook, Scope.MANAGE),
        Operation("listWebhooks", ListWebhooks, WebhooksListed, list_webhooks, Scope.READ),
        Operation("listDeliveries", ListDeliveries, DeliveriesListed, list_deliveries, Scope.READ),
        Operation("grantCredits", GrantCredits, Balance, _grant_credits, Scope.MANAGE),
        Operation(
            "controlAccount",
            ACCOUNT_ACTIONS,
            AccountControlled | FuseReset,
            _control_account,
            Scope.MANAGE,
        ),
        Operation("inspect", Inspect, Inspected, inspect, Scope.MANAGE),
        Operation(
            "controlDeadLetter",
            LETTER_ACTIONS,
            DeadLetterControlled,
            control_dead_letter,
            Scope.MANAGE,
        ),
        Operation("deleteAccount", DeleteAccount, AccountDeleted, delete_account, Scope.MANAGE),
        Operation("createTeam", CreateTeam, TeamCreated, _create_team, Scope.MANAGE),
        Operation(
            "controlTeam",
            TEAM_ACTIONS,
            MemberInvited | MemberChanged | TeamChanged,
            _control_team,
            Scope.MANAGE,
        ),
        Operation("createApiKey", CreateApiKey, KeyCreated, _create_key, Scope.MANAGE),
        Operation("revokeApiKey", RevokeApiKey, KeyRevoked, _revoke_key, Scope.MANAGE),
        Operation("createCheckout", CreateCheckout, CheckoutCreated, create_checkout, Scope.MANAGE),
        # Prices and models are open to users who have not signed in yet.
        Operation("getCatalog", GetCatalog, Catalog, _describe_catalogue, Scope.READ, is_open=True),
    )
}
