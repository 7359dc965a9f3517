"""Teams: how they are made, joined with a code, changed and left. Each change writes the team's own document:
where two come at once, one fails and is decided anew. Each takes effect with its commit, since the security
rules and the submissions read the member's document itself."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

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
from mediaforge.domain.errors import (
    IllegalStateError,
    NotAMemberError,
    NotFoundError,
    NotOwnerError,
    RequestIdReusedError,
    RoleNotAllowedError,
)
from mediaforge.domain.money import accounts
from mediaforge.domain.money.accounts import team_account_id, user_account_id
from mediaforge.domain.money.quotas import DailyLimits
from mediaforge.domain.names import digest_of
from mediaforge.domain.people.teams import (
    Former,
    Invite,
    Member,
    Role,
    Team,
    begins_at_once,
    changed,
    end_membership,
    introduce,
    is_last_change,
    join,
    lets_in,
    name_of,
    person_of,
    raise_epoch,
    void_codes,
)
from mediaforge.domain.sign_ins import Identity
from mediaforge.ports.documents import Query, Transaction
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.money.blocks import refuse_blocked
from mediaforge.services.money.counting import Count, counted
from mediaforge.services.money.opening import open_account
from mediaforge.services.people.members import is_unreadable, readable
from mediaforge.services.tasks import send_rotation

# Finds invitations that are bound to a uid: their `bound_to` begins with "uid:", and ";" follows on ":".
_FOR_A_UID = (("bound_to", ">", "uid:"), ("bound_to", "<=", "uid;"))


@dataclass(frozen=True, slots=True)
class NewInvite:
    """`code` is what a user has to know to join. It is answered once; only its hash is kept."""

    id: str
    code: str
    invite: Invite


@dataclass(frozen=True, slots=True)
class _Removed:
    """What is left to be done once a removal is committed."""

    begins_rotation: bool


def create_team(backend: Backend, caller: Caller, request: CreateTeam) -> Team:
    """The new team, whose owner is the caller; its account is opened, empty. Counts in the caller's day, and
    as one submission in their minute. Raises RateLimitedError, QuotaExceededError; RequestIdReusedError where
    the `requestId` was used for another name."""
    named = request.request_id and digest_of(caller.uid, "team", request.request_id)[:24]
    team_id = named or backend.new_id()

    def work(tx: Transaction) -> Team:
        now = backend.clock.now()
        account_ref = at.account(user_account_id(caller.uid))
        shared_ref = at.account(team_account_id(team_id))
        tx.prefetch(account_ref, at.team(team_id), shared_ref)
        refuse_blocked(tx.get, account_ref.id)
        if (known := tx.get(at.team(team_id))) is not None:
            return _same_team(known, request)
        if tx.get(shared_ref) is not None or (named and _is_left(tx, team_id)):
            raise RequestIdReusedError("This requestId was used for a team that is gone.")
        write_count = counted(backend, tx, caller, now, accounts.admit_team)
        shared = open_account(backend, team_account_id(team_id), now)
        team = Team(team_id, request.name, caller.uid, now, now)
        write_count()
        tx.create(at.account(shared.id), shared)
        tx.create(at.team(team_id), team)
        owner = Member(Role.OWNER, caller.uid, joined_at=now)
        tx.create(at.member(team_id, caller.uid), introduce(owner, caller.name, caller.photo_url))
        return team

    team = backend.documents.transact(work)
    log.info("team.created", team_id=team.id, user_id=caller.uid)
    return team


def control_team(
    backend: Backend, caller: Caller, request: ControlTeam
) -> NewInvite | Member | None:
    """Does the action. Returns the new invite, the member after it, or nothing. An action that changes
    something counts as one submission in the caller's minute. An administrator sets and removes members of
    any team, and is not counted. Raises RateLimitedError, NotAMemberError, NotOwnerError, NotFoundError,
    IllegalStateError, AccountBlockedError."""
    code = backend.new_id()

    def work(tx: Transaction) -> NewInvite | Member | _Removed | None:
        now, own = backend.clock.now(), user_account_id(caller.uid)
        tx.prefetch(at.account(own), at.account(team_account_id(request.team_id)))
        refuse_blocked(tx.peek, own)
        count = partial(_count_change, backend, tx, caller, now)
        match request:
            case InviteMember():
                return _invite(backend, tx, caller, request, code, now)
            case RevokeInvite():
                _revoke(tx, caller, request, now, count)
            case AcceptInvite():
                return _accept(tx, caller, request, now, count)
            case SetMember():
                return _set_member(tx, caller, request, now, count)
            case RemoveMember():
                return _remove(tx, caller, request, now, count)
        return None

    outcome = backend.documents.transact(work)
    log.info("team.changed", team_id=request.team_id, user_id=caller.uid, action=request.action)
    if isinstance(outcome, _Removed):
        if outcome.begins_rotation:
            send_rotation(backend, request.team_id)
        return None
    return outcome


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What is left of a team after its member was erased."""

    begins_rotation: bool = False
    is_ownerless: bool = False


def forget_member(
    backend: Backend,
    team_id: str,
    uid: str,
    check: Callable[[Transaction], object],
    *,
    is_emptied: bool,
) -> Forgotten | None:
    """Ends the membership of a user who is being erased, as a removal does, and leaves nothing that names
    them. The last owner is no exception: then the team stays, without one. A team that has nobody else is
    deleted, where it `is_emptied`: nothing lies below it any more. None where the user is no member, or the
    team has to be emptied first. `check` raises where the user is not being erased."""

    def work(tx: Transaction) -> Forgotten | None:
        now = backend.clock.now()
        check(tx)
        ref, team_ref = at.member(team_id, uid), at.team(team_id)
        tx.prefetch(ref, team_ref)
        team = tx.get(team_ref)
        if tx.get(at.as_stored(ref)) is None:
            return None
        if team is None:
            tx.delete(ref)
            return Forgotten()
        some = tx.find(dict[str, Any], Query(at.members(team_id), limit=2))
        owners = Query(at.members(team_id), where=(("role", "==", Role.OWNER.value),), limit=2)
        own = [each["id"] for each in tx.find(dict[str, Any], owners) if each["id"] != uid]
        if all(each["id"] == uid for each in some):
            if is_emptied:
                tx.delete(ref)
                tx.delete(team_ref)
            return Forgotten() if is_emptied else None
        after = void_codes(raise_epoch(changed(team, now), now))
        made_by = "" if team.created_by == uid else team.created_by
        tx.delete(ref)
        tx.put(team_ref, replace(after, created_by=made_by))
        return Forgotten(begins_at_once(team, after, now), is_ownerless=not own)

    forgotten = backend.documents.transact(work)
    if forgotten is not None and forgotten.begins_rotation:
        send_rotation(backend, team_id)
    if forgotten is not None and forgotten.is_ownerless:
        log.error("team.ownerless", team_id=team_id)
    return forgotten


def may_manage(tx: Transaction, team_id: str | None, caller: Caller) -> bool:
    """Whether the caller manages the team. A commit that rests on this fails where the caller is removed, or
    given another role, meanwhile."""
    member = readable(tx.get, at.member(team_id, caller.uid)) if team_id else None
    return member is not None and member.role.may_manage


def spender(tx: Transaction, team_id: str, caller: Caller) -> Member:
    """The caller as a member who may spend the team's credits. Nobody may spend those of a team that was
    deleted by hand, though its members still exist. The team is only peeked at: where it is deleted
    meanwhile, its credits were spent a moment before. Raises NotAMemberError, RoleNotAllowedError."""
    member = readable(tx.get, at.member(team_id, caller.uid))
    if member is None or tx.peek(at.team(team_id)) is None:
        raise NotAMemberError(f"You are not a member of the team {team_id}.")
    if not member.role.may_submit:
        raise RoleNotAllowedError(
            "A viewer sees everything of the team and submits nothing.", role=member.role.value
        )
    return member


def _is_left(tx: Transaction, team_id: str) -> bool:
    """Whether a job, an invitation or a member, readable or not, is left of a team that was deleted with its
    account. Whoever made the team again would own what others had made for it, together with the users who
    were in it or have a code."""
    jobs = Query(at.JOBS, where=(("team_id", "==", team_id),), limit=1)
    left = (jobs, *(Query(folder(team_id), limit=1) for folder in (at.members, at.invites)))
    return any(tx.find(dict[str, Any], each) for each in left)


def _count_change(backend: Backend, tx: Transaction, caller: Caller, now: datetime) -> None:
    _counted_change(backend, tx, caller, now)()


def _counted_change(backend: Backend, tx: Transaction, caller: Caller, now: datetime) -> Count:
    """As `counted`, for a change of a team. An administrator is not counted, so that no limit keeps them
    from mending a team."""
    if caller.is_admin:
        return lambda: None
    return counted(backend, tx, caller, now, accounts.admit_change)


def _same_team(team: Team, request: CreateTeam) -> Team:
    if team.name != request.name:
        raise RequestIdReusedError("This requestId was used with another name.", teamId=team.id)
    return team


def _refuse_blocked_team(tx: Transaction, caller: Caller, team_id: str) -> None:
    """Raises AccountBlockedError. To be called only for a caller who may know of the team. An administrator
    may mend a team that is blocked."""
    if not caller.is_admin:
        refuse_blocked(tx.peek, team_account_id(team_id))


# ---- invitations ---------------------------------------------------------------------------------


def _invite(
    backend: Backend,
    tx: Transaction,
    caller: Caller,
    request: InviteMember,
    code: str,
    now: datetime,
) -> NewInvite:
    team = _managed(tx, request.team_id, caller, now)
    invite_id = _invite_id(code)
    known = tx.get(at.invite(request.team_id, invite_id))
    if known is not None:
        return NewInvite(invite_id, code, known)  # our own commit stood, and its answer was lost
    write_count = _counted_change(backend, tx, caller, now)
    limits = backend.catalogue.limits
    lasts = timedelta(days=limits.invite_days)
    _check_room(tx, team, now, lasts, limits.open_invites_max)
    person = person_of(request.bound_to) if request.bound_to else None
    invite = Invite(
        request.role,
        caller.uid,
        team.modified,
        expires_at=now + lasts,
        bound_to=name_of(person, code) if person else None,
    )
    write_count()
    tx.create(at.invite(team.id, invite_id), invite)
    tx.put(at.team(team.id), team)
    return NewInvite(invite_id, code, invite)


def _check_room(tx: Transaction, team: Team, now: datetime, lasts: timedelta, limit: int) -> None:
    """Raises IllegalStateError where the team has `limit` open invitations. Those that have expired, or were
    made void by a removal, do not count, and are not read."""
    voided_at = team.codes_void_before or now - lasts
    beyond = max(now, voided_at + lasts)
    holding = Query(at.invites(team.id), where=(("expires_at", ">", beyond),), limit=limit)
    count = len(tx.find(Invite, holding))
    if beyond > now:  # of those made before the last removal, only the ones that name a uid count
        until_then = (("expires_at", ">", now), ("expires_at", "<=", beyond))
        outlived = Query(at.invites(team.id), where=(*_FOR_A_UID, *until_then), limit=limit)
        count += len(tx.find(Invite, outlived))
    if count >= limit:
        raise IllegalStateError(
            f"A team has at most {limit} open invitations. Revoke some of them first.", limit=limit
        )


def _revoke(
    tx: Transaction,
    caller: Caller,
    request: RevokeInvite,
    now: datetime,
    count: Count,
) -> None:
    team = _managed(tx, request.team_id, caller, now)
    ref = at.invite(request.team_id, request.invite_id)
    if readable(tx.get, ref) is None and not is_unreadable(tx.get, ref):
        return  # used, or revoked already
    count()
    tx.delete(ref)
    tx.put(at.team(team.id), team)


def _accept(
    tx: Transaction,
    caller: Caller,
    request: AcceptInvite,
    now: datetime,
    count: Count,
) -> Member:
    invite_ref = at.invite(request.team_id, _invite_id(request.code))
    member_ref, team_ref = at.member(request.team_id, caller.uid), at.team(request.team_id)
    former_ref = at.former(request.team_id, caller.uid)
    tx.prefetch(invite_ref, member_ref, team_ref, former_ref)
    member, invite = readable(tx.get, member_ref), readable(tx.get, invite_ref)
    team = tx.get(team_ref)
    if member is not None:
        _refuse_blocked_team(tx, caller, request.team_id)
        return member  # sent again, or in the team already: a member does not join a second time
    former, names = readable(tx.peek, former_ref), _names_of(caller, request.code)
    if (
        invite is None
        or team is None
        or not lets_in(invite, team, former, names, now)
        or not _stands(tx, request, invite)
    ):
        raise NotFoundError("There is no such invitation for you, or it has ended.")
    _refuse_blocked_team(tx, caller, request.team_id)
    if is_unreadable(tx.get, member_ref) or is_unreadable(tx.peek, former_ref):
        raise IllegalStateError(
            "What the team knows of you cannot be read. Ask an owner to remove you, and to invite you again."
        )
    joined = introduce(
        join(caller.uid, invite.role, former, now, invite.created_by),
        caller.name,
        caller.photo_url,
    )
    count()
    tx.put(member_ref, joined)
    if former is not None:
        tx.delete(former_ref)
    tx.delete(invite_ref)
    tx.put(team_ref, changed(team, now))
    return joined


def _names_of(caller: Caller, code: str) -> set[str]:
    """The names by which an invitation of this code can be bound to the caller. Of e-mail addresses that is
    only the one that their token says was verified, and no other address of the same mailbox."""
    names = {name_of(Identity("uid", caller.uid), code)}
    if caller.sign_in.email:
        names.add(name_of(Identity("email", caller.sign_in.email), code))
    return names


def _stands(tx: Transaction, request: AcceptInvite, invite: Invite) -> bool:
    """Whether the maker of the invitation still manages the team and is not blocked. That is asked of an
    invitation that names somebody, too: an owner who was removed, or is blocked, may have named a second
    account of their own. To peek is enough: a change of the maker's role changes the team, which is got, and
    a block counts from the next request on."""
    member_ref = at.member(request.team_id, invite.created_by)
    account_ref = at.account(user_account_id(invite.created_by))
    tx.prefetch(member_ref, account_ref)
    maker, account = readable(tx.peek, member_ref), tx.peek(account_ref)
    is_shut = account is not None and accounts.is_shut(account)
    return maker is not None and maker.role.may_manage and not is_shut


# ---- members -------------------------------------------------------------------------------------


def _set_member(
    tx: Transaction, caller: Caller, request: SetMember, now: datetime, count: Count
) -> Member:
    team = _managed(tx, request.team_id, caller, now, or_admin=True)
    ref = at.member(request.team_id, request.uid)
    former_ref = at.former(request.team_id, request.uid)
    known, former = readable(tx.get, ref), readable(tx.peek, former_ref)
    had_left = former is not None or is_unreadable(tx.peek, former_ref)
    replaces = known is None and is_unreadable(tx.get, ref)
    member = known or _brought_in(caller, request, former, now, replaces=replaces)
    after = replace(member, role=request.role or member.role)
    if request.limits is not None:
        given = request.limits
        after = replace(after, limits=DailyLimits(given.by_kind(), given.credits_a_day))
    if after == known:
        return after
    if after.role is not Role.OWNER:
        _keep_an_owner(tx, team.id, member, caller)
    if replaces or after.role.is_below(member.role):
        # Else a code from before could give the lowered member a higher role.
        team = void_codes(team)
    count()
    tx.put(ref, after)
    if known is None and had_left:
        tx.delete(former_ref)
    tx.put(at.team(team.id), team)
    return after


def _brought_in(
    caller: Caller, request: SetMember, former: Former | None, now: datetime, *, replaces: bool
) -> Member:
    """A new member whom an administrator sets: a team whose last member is gone can be mended in no other
    way. A member that cannot be read (`replaces`) may be set anew by the team's owners, too. Raises
    NotFoundError."""
    if request.role is None or not (caller.is_admin or replaces):
        raise NotFoundError(f"The team has no member {request.uid}.")
    return join(request.uid, request.role, former, now, caller.uid)


def _remove(
    tx: Transaction,
    caller: Caller,
    request: RemoveMember,
    now: datetime,
    count: Count,
) -> _Removed | None:
    """Removes a member, or lets the caller leave. None where nothing has changed. To remove somebody else
    voids the codes that they may have kept, even where they have left by themselves before. An administrator
    may remove any user, any number of times: nothing is left to tell of a membership that was deleted by
    hand."""
    leaves = request.uid == caller.uid
    ref, team_ref = at.member(request.team_id, request.uid), at.team(request.team_id)
    former_ref = at.former(request.team_id, request.uid)
    tx.prefetch(ref, team_ref)
    # To peek is enough: a member comes and goes only with a change of the team, which is got.
    member = readable(tx.peek, ref)
    is_there = member is not None or is_unreadable(tx.peek, ref)
    if leaves and not is_there:
        return None  # left already
    if tx.get(team_ref) is None:
        _remove_left_over(tx, caller, request, now, count)
        return None
    before = _managed(tx, request.team_id, caller, now, or_member=leaves, or_admin=not leaves)
    former = readable(tx.get, former_ref)
    ends_now = is_there or caller.is_admin
    if not ends_now and _was_just_removed(tx, request.team_id, former):
        return None  # asked again, the same is answered
    if not ends_now and former is None and not is_unreadable(tx.get, former_ref):
        return None  # they never were a member
    if member is not None and (not leaves or member.role is Role.OWNER):
        _keep_an_owner(tx, before.id, member, caller)
    team = raise_epoch(before, now) if ends_now else before
    count()
    if is_there:
        tx.delete(ref)
    tx.put(former_ref, end_membership(request.uid, member or former, team.modified))
    tx.put(at.team(team.id), team if leaves else void_codes(team))
    return _Removed(begins_at_once(before, team, now))


def _remove_left_over(
    tx: Transaction,
    caller: Caller,
    request: RemoveMember,
    now: datetime,
    count: Count,
) -> None:
    """Removes a member of a team that was deleted by hand, whose members can still read what is left of it.
    Every member may leave, and an administrator may remove any of them. No owner has to be kept, and no code
    lets anybody in."""
    ref, former_ref = (
        at.member(request.team_id, request.uid),
        at.former(request.team_id, request.uid),
    )
    member, former = readable(tx.get, ref), readable(tx.get, former_ref)
    if not caller.is_admin and (request.uid != caller.uid or member is None):
        raise NotAMemberError(f"You are not a member of the team {request.team_id}.")
    if member is None and not is_unreadable(tx.get, ref):
        if former is None and not is_unreadable(tx.get, former_ref):
            raise NotFoundError(f"There is no team {request.team_id}.")
        return  # asked again, the same is answered
    count()
    tx.delete(ref)
    tx.put(former_ref, end_membership(request.uid, member or former, now))


def _was_just_removed(tx: Transaction, team_id: str, former: Former | None) -> bool:
    team = tx.get(at.team(team_id))
    return team is not None and former is not None and is_last_change(team, former)


def _managed(
    tx: Transaction,
    team_id: str,
    caller: Caller,
    now: datetime,
    *,
    or_member: bool = False,
    or_admin: bool = False,
) -> Team:
    """The team with one more change counted, to be written with that change. Checks that the caller manages
    the team, is in it (`or_member`) or is an administrator (`or_admin`). The caller's role is only peeked at:
    a change of it would have changed the team."""
    tx.prefetch(at.team(team_id), at.member(team_id, caller.uid))
    team, member = tx.get(at.team(team_id)), readable(tx.peek, at.member(team_id, caller.uid))
    if or_admin and caller.is_admin:
        if team is None:
            raise NotFoundError(f"There is no team {team_id}.")
        return changed(team, now)
    if member is None or team is None:
        raise NotAMemberError(f"You are not a member of the team {team_id}.")
    _refuse_blocked_team(tx, caller, team_id)
    if not member.role.may_manage and not or_member:
        raise NotOwnerError("Only an owner of the team does this.")
    return changed(team, now)


def _keep_an_owner(tx: Transaction, team_id: str, before: Member, caller: Caller) -> None:
    """Raises IllegalStateError where the team would be left without an owner once the member `before` is
    none. Where that member is no owner now and an owner of the team asks, this owner stays. An administrator
    who asks need not be an owner, so the team's owners are looked for."""
    if before.role is not Role.OWNER and not caller.is_admin:
        return
    wanted = 2 if before.role is Role.OWNER else 1
    owners = Query(at.members(team_id), where=(("role", "==", Role.OWNER.value),), limit=wanted)
    if len(tx.find(Member, owners)) < wanted:
        raise IllegalStateError("A team has at least one owner. Make somebody else one first.")


def _invite_id(code: str) -> str:
    return _hash(code)[:40]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
