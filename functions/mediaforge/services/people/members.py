"""Reads members, of which an operator may have written one wrongly by hand. Such a document counts as no
member until it is replaced or removed, and keeps no other member from anything. A read that fails is another
matter: because of it no user is taken to be gone, or to be new."""

from typing import TypeVar

from pydantic import ValidationError

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.domain.errors import NotAMemberError, RoleNotAllowedError
from mediaforge.domain.library.shares import Share, ShareInvite
from mediaforge.domain.money.accounts import team_account_id
from mediaforge.domain.people.teams import Former, Invite, Member
from mediaforge.ports.documents import Read
from mediaforge.services.backend import Caller
from mediaforge.services.money.blocks import refuse_blocked

_S = TypeVar("_S", bound=Member | Former | Invite | Share | ShareInvite)


def readable(read: Read, ref: at.Ref[_S]) -> _S | None:
    """The document; None also where it exists and cannot be read."""
    try:
        return read(ref)
    except ValidationError as error:
        log.bug("member.unreadable", error, document=ref.path)
        return None


def is_member(read: Read, team_id: str, caller: Caller) -> bool:
    return readable(read, at.member(team_id, caller.uid)) is not None


def check_may_submit(read: Read, caller: Caller, team_id: str, what: str) -> None:
    """Raises NotAMemberError, and RoleNotAllowedError for members who only read. `what` is what editors and
    owners do."""
    member = readable(read, at.member(team_id, caller.uid))
    if member is None:
        raise NotAMemberError(f"You are not a member of the team {team_id}.")
    if not member.role.may_submit:
        raise RoleNotAllowedError(f"Editors and owners {what}.", role=member.role.value)


def is_unreadable(read: Read, ref: at.Ref[_S]) -> bool:
    """Whether the document exists and cannot be read."""
    try:
        read(ref)
    except ValidationError:
        return True
    return False


def refuse_blocked_team(read: Read, caller: Caller, team_id: str | None) -> None:
    """Raises AccountBlockedError where the team is blocked and the caller is its member. For a request that
    was accepted before: its user may have left the team since, and only members are told that a team is
    blocked."""
    if team_id is not None and is_member(read, team_id, caller):
        refuse_blocked(read, team_account_id(team_id))
