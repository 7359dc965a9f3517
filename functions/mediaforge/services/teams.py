"""Teams: made, joined with a code, changed and left. Each change writes the team's own document, so that
two of them never pass each other; each takes effect with the commit, since rules and submissions ask for
the member's document itself."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.contract.requests import (
    AcceptInvite,
    ControlTeam,
    CreateTeam,
    InviteMember,
    RemoveMember,
    RevokeInvite,
    SetMember,
)
from mediaforge.domain import quotas
from mediaforge.domain.accounts import team_account_id, user_account_id
from mediaforge.domain.errors import (
    IllegalStateError,
    NotAMemberError,
    NotFoundError,
    NotOwnerError,
    RequestIdReusedError,
    RoleNotAllowedError,
)
from mediaforge.domain.names import digest_of
from mediaforge.domain.quotas import DailyLimits
from mediaforge.domain.teams import Invite, Member, Role, Team, changed
from mediaforge.ports.documents import Query, Transaction
from mediaforge.services import ledger
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.opening import open_account, open_for


@dataclass(frozen=True, slots=True)
class NewInvite:
    """`code` is what whoever joins has to know. It is answered once; only its hash is kept."""

    id: str
    code: str
    invite: Invite


def create_team(backend: Backend, caller: Caller, request: CreateTeam) -> Team:
    """The new team with the caller as its owner, and its account, empty. Counts as one submission in
    the caller's minute. Raises RateLimitedError; RequestIdReusedError for another name."""
    named = request.request_id and digest_of(caller.uid, "team", request.request_id)[:24]
    team_id = named or backend.new_id()

    def work(tx: Transaction) -> Team:
        now = backend.clock.now()
        account_ref = at.account(user_account_id(caller.uid))
        shared_ref = at.account(team_account_id(team_id))
        tx.prefetch(account_ref, at.team(team_id), shared_ref)
        if (known := tx.get(at.team(team_id))) is not None:
            return _same_team(known, request)
        if tx.get(shared_ref) is not None:
            raise RequestIdReusedError("This requestId was used for a team that is gone.")
        opening = open_for(backend, tx, user_account_id(caller.uid), caller, now)
        account = opening.account
        limit = backend.catalogue.tier_of(account.tier).submissions_a_minute
        counted = replace(account, rate=quotas.count_submission(account.rate, limit, now))
        counted, entries = ledger.post(tx, counted, opening.postings, caller.uid, now)
        shared = open_account(backend, team_account_id(team_id), now)
        team = Team(team_id, request.name, caller.uid, now, now)
        ledger.write(tx, counted, entries)
        opening.write(tx)
        tx.create(at.account(shared.id), shared)
        tx.create(at.team(team_id), team)
        tx.create(at.member(team_id, caller.uid), Member(Role.OWNER, caller.uid, joined_at=now))
        return team

    team = backend.documents.transact(work)
    log.info("team.created", team_id=team.id, user_id=caller.uid)
    return team


def control_team(
    backend: Backend, caller: Caller, request: ControlTeam
) -> NewInvite | Member | None:
    """What the action leaves: an invite, the member after it, or nothing. Raises NotAMemberError,
    NotOwnerError, NotFoundError, IllegalStateError."""
    code = backend.new_id()

    def work(tx: Transaction) -> NewInvite | Member | None:
        now = backend.clock.now()
        match request:
            case InviteMember():
                return _invite(backend, tx, caller, request, code, now)
            case RevokeInvite():
                _revoke(tx, caller, request, now)
            case AcceptInvite():
                return _accept(tx, caller, request, now)
            case SetMember():
                return _set_member(tx, caller, request, now)
            case RemoveMember():
                _remove(tx, caller, request, now)
        return None

    outcome = backend.documents.transact(work)
    log.info("team.changed", team_id=request.team_id, user_id=caller.uid, action=request.action)
    return outcome


def may_manage(tx: Transaction, team_id: str | None, caller: Caller) -> bool:
    member = tx.get(at.member(team_id, caller.uid)) if team_id else None
    return member is not None and member.role.may_manage


def spender(tx: Transaction, team_id: str, caller: Caller) -> Member:
    """The caller as one who may spend the team's credits. Raises NotAMemberError, RoleNotAllowedError."""
    member = tx.get(at.member(team_id, caller.uid))
    if member is None:
        raise NotAMemberError(f"You are not a member of the team {team_id}.")
    if not member.role.may_submit:
        raise RoleNotAllowedError("A viewer looks on and submits nothing.", role=member.role.value)
    return member


def _same_team(team: Team, request: CreateTeam) -> Team:
    if team.name != request.name:
        raise RequestIdReusedError("This requestId was used with another name.", teamId=team.id)
    return team


def _invite(
    backend: Backend,
    tx: Transaction,
    caller: Caller,
    request: InviteMember,
    code: str,
    now: datetime,
) -> NewInvite:
    write_team = _managed(tx, request.team_id, caller, now)
    days = backend.catalogue.limits.invite_days
    invite = Invite(request.role, caller.uid, now, expires_at=now + timedelta(days=days))
    invite_id = _invite_id(code)
    known = tx.get(at.invite(request.team_id, invite_id))
    if known is not None:
        return NewInvite(invite_id, code, known)  # committed before, and its answer was lost
    tx.create(at.invite(request.team_id, invite_id), invite)
    write_team()
    return NewInvite(invite_id, code, invite)


def _revoke(tx: Transaction, caller: Caller, request: RevokeInvite, now: datetime) -> None:
    write_team = _managed(tx, request.team_id, caller, now)
    ref = at.invite(request.team_id, request.invite_id)
    if tx.get(ref) is None:
        return  # used, or revoked already
    tx.delete(ref)
    write_team()


def _accept(tx: Transaction, caller: Caller, request: AcceptInvite, now: datetime) -> Member:
    invite_ref = at.invite(request.team_id, _invite_id(request.code))
    member_ref, team_ref = at.member(request.team_id, caller.uid), at.team(request.team_id)
    tx.prefetch(invite_ref, member_ref, team_ref)
    member, invite, team = tx.get(member_ref), tx.get(invite_ref), tx.get(team_ref)
    if member is not None:
        return member  # sent again, or in already: whoever is a member joins no second time
    if (
        invite is None
        or team is None
        or now >= invite.expires_at
        or not _stands(tx, request, invite)
    ):
        raise NotFoundError("There is no such invitation, or it has expired.")
    joined = Member(invite.role, caller.uid, joined_at=now, invited_by=invite.created_by)
    tx.put(member_ref, joined)
    tx.delete(invite_ref)
    tx.put(team_ref, changed(team, now))
    return joined


def _stands(tx: Transaction, request: AcceptInvite, invite: Invite) -> bool:
    """An invitation is worth what its maker is: an owner who was removed may have kept a code."""
    maker = tx.get(at.member(request.team_id, invite.created_by))
    return maker is not None and maker.role.may_manage


def _set_member(tx: Transaction, caller: Caller, request: SetMember, now: datetime) -> Member:
    write_team = _managed(tx, request.team_id, caller, now)
    ref = at.member(request.team_id, request.uid)
    member = _known_member(tx.get(ref), request.uid)
    after = replace(member, role=request.role or member.role)
    if request.limits is not None:
        given = request.limits
        limits = DailyLimits(
            images=given.images_a_day,
            videos=given.videos_a_day,
            credits=given.credits_a_day,
            trainings=given.trainings_a_day,
        )
        after = replace(after, limits=limits)
    if after == member:
        return member
    if after.role is not member.role:
        _keep_an_owner(tx, request.team_id, member)
    tx.put(ref, after)
    write_team()
    return after


def _remove(tx: Transaction, caller: Caller, request: RemoveMember, now: datetime) -> None:
    leaves = request.uid == caller.uid
    ref = at.member(request.team_id, request.uid)
    if leaves and tx.get(ref) is None:
        return  # left already
    write_team = _managed(tx, request.team_id, caller, now, or_member=leaves)
    member = tx.get(ref)
    if member is None:
        return  # gone already: asked again, the same is answered
    _keep_an_owner(tx, request.team_id, member)
    tx.delete(ref)
    write_team()


def _managed(
    tx: Transaction, team_id: str, caller: Caller, now: datetime, *, or_member: bool = False
) -> Callable[[], None]:
    """Checks that the caller manages the team (or is in it); answers the write of the team's document
    that has to go with every change."""
    tx.prefetch(at.team(team_id), at.member(team_id, caller.uid))
    team, member = tx.get(at.team(team_id)), tx.get(at.member(team_id, caller.uid))
    if member is None or team is None:
        raise NotAMemberError(f"You are not a member of the team {team_id}.")
    if not member.role.may_manage and not or_member:
        raise NotOwnerError("Only an owner of the team does this.")

    def write_team() -> None:
        tx.put(at.team(team_id), changed(team, now))

    return write_team


def _keep_an_owner(tx: Transaction, team_id: str, leaving: Member) -> None:
    if leaving.role is not Role.OWNER:
        return
    owners = Query(at.members(team_id), where=(("role", "==", Role.OWNER.value),), limit=2)
    if len(tx.find(Member, owners)) == 1:
        raise IllegalStateError("A team has at least one owner. Make somebody else one first.")


def _known_member(member: Member | None, uid: str) -> Member:
    if member is None:
        raise NotFoundError(f"The team has no member {uid}.")
    return member


def _invite_id(code: str) -> str:
    return _hash(code)[:40]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
