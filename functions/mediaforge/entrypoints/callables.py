"""Callables: the payload becomes a request, the service's answer or refusal goes back on the wire."""

import math
from collections.abc import Callable
from typing import Any

from firebase_functions.https_fn import CallableRequest, FunctionsErrorCode, HttpsError

from mediaforge import bootstrap, environment, log
from mediaforge.contract import documents as at
from mediaforge.contract.documents import view_path
from mediaforge.contract.requests import (
    ACCOUNT_ACTIONS,
    SUBMITTABLE,
    TEAM_ACTIONS,
    ControlJob,
    CreateTeam,
    DirectCreative,
    GetCatalog,
    GrantCredits,
    parse,
    parse_action,
)
from mediaforge.domain.directing.directions import ConceptRecord, DirectionRecord
from mediaforge.domain.errors import (
    BusyError,
    RateLimitedError,
    RequestError,
    UnauthenticatedError,
)
from mediaforge.domain.jobs.job import Job
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.money.accounts import Account, team_account_id, user_account_id
from mediaforge.domain.people import sign_ins
from mediaforge.domain.people.teams import Member
from mediaforge.entrypoints.encoded_numbers import decode_numbers
from mediaforge.entrypoints.turns import Turns
from mediaforge.services.backend import Caller
from mediaforge.services.directing.direct import direct
from mediaforge.services.jobs.control import control_job
from mediaforge.services.jobs.plans import Submittable
from mediaforge.services.jobs.submit import payer_of, submit_job
from mediaforge.services.library.catalog import describe_catalogue
from mediaforge.services.money.grant import grant_credits
from mediaforge.services.operate.account_control import control_account
from mediaforge.services.people.members import readable
from mediaforge.services.people.teams import NewInvite, control_team, create_team

Answer = dict[str, Any]
_UID_CHARS_MAX = 128
_submitting = Turns()


def generate_image(call: CallableRequest[Any]) -> Answer:
    return submit("image", call)


def generate_video(call: CallableRequest[Any]) -> Answer:
    return submit("video", call)


def train_brand(call: CallableRequest[Any]) -> Answer:
    return submit("training", call)


def submit(kind: str, call: CallableRequest[Any]) -> Answer:
    """A job of that kind."""
    made = JobKind(kind)
    return _answer(made.traits.callable_name, call, lambda: _submit(call, SUBMITTABLE[made]))


def _submit(call: CallableRequest[Any], kind: type[Submittable]) -> Answer:
    caller, request = _caller(call), parse(kind, decode_numbers(call.data))
    with _submitting.alone(_turn_of(caller, request)):
        submission = submit_job(bootstrap.backend(), caller, request)
    return _submitted(submission.job, submission.notes)


def _turn_of(caller: Caller, request: Submittable) -> str:
    """The key of the turn that a submission waits for: its payer's. Who may not submit for the team waits
    for their own, and is refused there: a stranger's requests keep nobody of the team waiting."""
    if request.team_id:
        member = readable(bootstrap.backend().documents.get, at.member(request.team_id, caller.uid))
        if member is None or not member.role.may_submit:
            return user_account_id(caller.uid)
    return payer_of(caller, request)


def direct_creative(call: CallableRequest[Any]) -> Answer:
    def act() -> Answer:
        caller, request = _caller(call), parse(DirectCreative, decode_numbers(call.data))
        return direction_answer(direct(bootstrap.backend(), caller, request))

    return _answer("creativeDirectorAgent", call, act)


def control(call: CallableRequest[Any]) -> Answer:
    def act() -> Answer:
        caller, request = _caller(call), parse(ControlJob, decode_numbers(call.data))
        job = control_job(bootstrap.backend(), caller, request)
        status = {"jobId": job.id, "status": job.status.value}
        if request.action == "retry":
            return {**_submitted(job, ()), **status}
        return {**status, "credits": {"charged": job.charged_credits}}

    return _answer("controlJob", call, act)


def grant(call: CallableRequest[Any]) -> Answer:
    def act() -> Answer:
        caller, request = _caller(call), parse(GrantCredits, decode_numbers(call.data))
        account = grant_credits(bootstrap.backend(), caller, request)
        return _balance(account)

    return _answer("grantCredits", call, act)


def manage_account(call: CallableRequest[Any]) -> Answer:
    def act() -> Answer:
        caller, request = _caller(call), parse_action(ACCOUNT_ACTIONS, decode_numbers(call.data))
        account = control_account(bootstrap.backend(), caller, request)
        if account is None:
            return {"fuse": "whole"}
        fuse = "whole" if account.fuse_blown_at is None else "blown"
        blocked = {"blocked": True} if account.blocked_at is not None else {}
        return {**_balance(account), "tier": account.tier, "fuse": fuse, **blocked}

    return _answer("controlAccount", call, act)


def new_team(call: CallableRequest[Any]) -> Answer:
    def act() -> Answer:
        caller, request = _caller(call), parse(CreateTeam, decode_numbers(call.data))
        team = create_team(bootstrap.backend(), caller, request)
        account_id = team_account_id(team.id)
        return {"teamId": team.id, "accountId": account_id, "path": f"teams/{team.id}"}

    return _answer("createTeam", call, act)


def manage_team(call: CallableRequest[Any]) -> Answer:
    def act() -> Answer:
        caller, request = _caller(call), parse_action(TEAM_ACTIONS, decode_numbers(call.data))
        outcome = control_team(bootstrap.backend(), caller, request)
        return {"teamId": request.team_id, **_team_outcome(outcome)}

    return _answer("controlTeam", call, act)


def get_catalog(call: CallableRequest[Any]) -> Answer:
    """Open to whoever has not signed in yet: prices and models are no secret."""

    def act() -> Answer:
        parse(GetCatalog, {} if call.data is None else decode_numbers(call.data))
        return describe_catalogue(bootstrap.backend())

    return _answer("getCatalog", call, act)


def _answer(name: str, call: CallableRequest[Any], act: Callable[[], Answer]) -> Answer:
    try:
        return act()
    except RequestError as refusal:
        if not _was_at_the_gate(refusal):
            _count(call, refusal)
        log.info("request.refused", function=name, reason=refusal.reason)
        details = {"reason": refusal.reason, **refusal.details}
        raise HttpsError(_code(refusal.code), refusal.message, details) from None
    except BusyError as busy:
        log.warning("request.postponed", function=name, cause=str(busy))
        message = "MediaForge is busy. Send the same request again in a moment."
        raise HttpsError(FunctionsErrorCode.UNAVAILABLE, message, _busy_details(busy)) from None
    except Exception as broken:
        log.bug("request.broke", broken, function=name)
        message = "Something broke on our side; it has been reported."
        # Not the exception itself: the SDK would log its message, which may quote the request.
        raise HttpsError(FunctionsErrorCode.INTERNAL, message, {"reason": "internal"}) from None


def _count(call: CallableRequest[Any], refusal: RequestError) -> None:
    if call.auth is not None and call.auth.uid and not refusal.is_cheap:
        bootstrap.backend().gate.count_user_refusal(call.auth.uid)


def _was_at_the_gate(refusal: RequestError) -> bool:
    """Who knocks on a shut gate does not keep it shut for longer than they were told."""
    return isinstance(refusal, RateLimitedError) and refusal.at_the_gate


def _busy_details(busy: BusyError) -> Answer:
    if busy.retry_after_s is None:
        return {"reason": "busy"}
    return {"reason": "busy", "retryAfterSeconds": math.ceil(busy.retry_after_s)}


def _code(code: str) -> FunctionsErrorCode:
    return FunctionsErrorCode[code]


def _caller(call: CallableRequest[Any]) -> Caller:
    if call.auth is None or not call.auth.uid:
        raise UnauthenticatedError("Sign in first: the request carries no valid ID token.")
    uid: object = call.auth.uid
    if not isinstance(uid, str) or not _fits_in_a_path(uid):
        raise UnauthenticatedError("The user id of this token cannot be used as part of a path.")
    claims = call.auth.token
    sign_in = sign_ins.of_token(uid, claims, is_emulated=environment.is_emulated())
    caller = Caller(uid, is_admin=claims.get("admin") is True, sign_in=sign_in)
    if not caller.is_admin:  # whom the operator trusts with everything, scripts included
        bootstrap.backend().gate.admit_user(uid)
    return caller


def _fits_in_a_path(uid: str) -> bool:
    """Of documents and of files. The emulators take any token, and with it any text."""
    is_name = uid not in (".", "..") and not uid.startswith("__")
    return is_name and "/" not in uid and len(uid) <= _UID_CHARS_MAX and sign_ins.is_storable(uid)


def _balance(account: Account) -> Answer:
    owed = {"owed": account.owed} if account.owed else {}
    return {"accountId": account.id, "available": account.available, "held": account.held, **owed}


def _team_outcome(outcome: NewInvite | Member | None) -> Answer:
    match outcome:
        case NewInvite(id=invite_id, code=code, invite=invite):
            expires_at = invite.expires_at.isoformat().replace("+00:00", "Z")
            role = invite.role.value
            return {"inviteId": invite_id, "code": code, "role": role, "expiresAt": expires_at}
        case Member(role=role):
            return {"role": role.value}
        case None:
            return {}


def _submitted(job: Job, notes: tuple[str, ...]) -> Answer:
    answer: Answer = {
        "jobId": job.id,
        "fileUid": job.id,
        "userId": job.user_id,
        "status": "queued",
        "path": view_path(job),
        "credits": {"estimated": job.estimated_credits},
    }
    if job.kind is JobKind.TRAINING:
        answer["brandId"] = job.brand_id
    if job.retry_of:
        answer["retryOf"] = job.retry_of
    if notes:
        answer["notes"] = list(notes)
    return answer


def direction_answer(record: DirectionRecord) -> Answer:
    """Of `creativeDirectorAgent`: each of its concepts is a payload of `generateImage` or `generateVideo`."""
    return {
        "concepts": [_concept(each, record) for each in record.concepts],
        "rationale": record.rationale,
        "director": record.director,
        "credits": {"charged": record.charged_credits},
    }


def _concept(concept: ConceptRecord, record: DirectionRecord) -> Answer:
    """What can be sent on as it is, beside what tells about it."""
    answer: Answer = {
        "title": concept.title,
        "kind": concept.kind,
        "prompt": concept.prompt,
        "aspectRatio": concept.aspect_ratio,
        "model": concept.model,
        "estimatedCredits": concept.estimated_credits,
    }
    if concept.negative_prompt:
        answer["negativePrompt"] = concept.negative_prompt
    if record.brand_id is not None:
        answer["brandId"] = record.brand_id
    if record.team_id is not None:
        answer["teamId"] = record.team_id  # a team's brand is for the team's work only
    return answer
