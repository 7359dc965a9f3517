"""Teams: who is a member, what a role allows, and how much each member may ask for a day. Pure."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from mediaforge.domain.money import quotas
from mediaforge.domain.money.quotas import DailyLimits, Demand, Usage
from mediaforge.domain.sign_ins import Identity, plain_email

# Firestore stores moments in microseconds: this is the smallest difference between two of them.
_TICK = timedelta(microseconds=1)
# Prefix of a name that stands for a uid.
_UID = "uid:"
# The least time between the beginnings of two walks: all pictures are turned no more often,
# however fast people join and leave.
_WALKS_APART = timedelta(minutes=5)


class Role(StrEnum):
    """`owner` manages the team and cancels anybody's job, `editor` submits, `viewer` only reads."""

    OWNER = "owner"
    EDITOR = "editor"
    VIEWER = "viewer"

    @property
    def may_submit(self) -> bool:
        return self is not Role.VIEWER

    @property
    def may_manage(self) -> bool:
        return self is Role.OWNER

    def is_below(self, other: "Role") -> bool:
        return list(Role).index(self) > list(Role).index(other)


@dataclass(frozen=True, slots=True)
class Walk:
    """How far a rotation has come. It began at `epoch`, and has looked at every job that ended after
    `completed_at`, and of those that ended at that moment, down to the id `job_id`. `left` counts the jobs
    whose addresses it could not end."""

    epoch: int
    completed_at: datetime
    job_id: str
    left: int = 0


@dataclass(frozen=True, slots=True)
class Team:
    """`teams/{teamId}`."""

    id: str
    """The id of the team."""
    name: str
    """What it is called."""
    created_by: str
    """The user who made it."""
    created_at: datetime
    """When it was made."""
    modified: datetime
    """When its members or invitations were last changed."""
    changes: int = 0
    """Internal. Counts every change of the members: two owners who remove each other at the same
    moment conflict, so a team is never left without an owner."""
    address_epoch: int = 0
    """How often a membership ended. While `rotated_epoch` is lower, the addresses that former
    members have seen are being replaced."""
    rotated_epoch: int = 0
    """The `address_epoch` up to which the addresses have been replaced."""
    walk: Walk | None = None
    """Internal. How far the rotation of the addresses has come, while one is under way."""
    due_at: datetime | None = None
    """Internal. The sweep continues the rotation when this moment has passed."""
    walk_began_at: datetime | None = None
    """Internal. When the last walk began; the next begins five minutes after it, or later."""
    codes_void_before: datetime | None = None
    """Invitations made until then let nobody in, except one that is bound to a user id."""


@dataclass(frozen=True, slots=True)
class Member:
    """`teams/{teamId}/members/{uid}`. An operator may write one by hand: the role is enough.

    Every submission for the team writes its usage here. So when the member is removed between a submission's
    read and its commit, that commit fails.
    """

    role: Role
    """What the member may do."""
    uid: str = ""
    """The member's user id."""
    joined_at: datetime | None = None
    """When they joined."""
    invited_by: str | None = None
    """Who invited or added them."""
    limits: DailyLimits = field(default_factory=DailyLimits)
    """What they may ask for on a UTC day."""
    usage: Usage = field(default_factory=Usage)
    """What they have asked for on a UTC day."""
    name: str | None = None
    """What their token called them when they joined, or when they last submitted for the team."""
    photo_url: str | None = None
    """The address of the picture that their token had of them then."""


@dataclass(frozen=True, slots=True)
class Former:
    """`teams/{teamId}/former/{uid}`: a membership that ended at `ended_at`. The limits and the usage wait for
    the user's return, so that nobody can lift a limit by leaving and joining again. By its `uid` an erasure
    finds the document; one of an earlier version lacks it."""

    ended_at: datetime
    limits: DailyLimits = field(default_factory=DailyLimits)
    usage: Usage = field(default_factory=Usage)
    uid: str = ""


@dataclass(frozen=True, slots=True)
class Invite:
    """`teams/{teamId}/invites/{inviteId}`: the id is a hash of the code that a joining user has to
    know."""

    role: Role
    """The role that the new member gets."""
    created_by: str
    """Who made it."""
    created_at: datetime
    """When it was made."""
    expires_at: datetime
    """From then on it lets nobody in, and the document may be deleted."""
    bound_to: str | None = None
    """The one person that it lets in: `uid:` and their user id, or `email:` and a hash. Without it,
    it lets in anybody who has the code."""


# ---- members -------------------------------------------------------------------------------------


def changed(team: Team, now: datetime) -> Team:
    """The team after one more change of its members. The change is dated later than every change before it,
    whatever the clock says: these dates tell which invitation was made before which removal."""
    return replace(team, modified=max(now, team.modified + _TICK), changes=team.changes + 1)


def void_codes(team: Team) -> Team:
    """The team with this change, which voids the open invitations: nobody
    joins by a code that they have kept."""
    return replace(team, codes_void_before=team.modified)


def is_last_change(team: Team, removed: Former) -> bool:
    """Whether nothing has changed in the team since this user was removed. Then there is no younger code, so
    that to remove the user again would void none."""
    return removed.ended_at == team.codes_void_before == team.modified


def end_membership(uid: str, left: Member | Former | None, ended_at: datetime) -> Former:
    """What is kept of an ended membership. Somebody who has left already may still be removed: then the
    membership has ended now. Of a member who was deleted by hand only the end is known."""
    if left is None:
        return Former(ended_at, uid=uid)
    return Former(ended_at, left.limits, left.usage, uid)


def join(
    uid: str, role: Role, former: Former | None, now: datetime, invited_by: str | None
) -> Member:
    """A new member. Somebody who comes back keeps their limits and what they used today."""
    member = Member(role, uid, joined_at=now, invited_by=invited_by)
    if former is None:
        return member
    return replace(member, limits=former.limits, usage=former.usage)


def introduce(member: Member, name: str | None, photo_url: str | None) -> Member:
    """The member as their token describes them now; what it does not say stays as it was known."""
    return replace(member, name=name or member.name, photo_url=photo_url or member.photo_url)


# ---- invitations ---------------------------------------------------------------------------------


def name_of(person: Identity, code: str) -> str:
    """What an invitation keeps of the person that it is bound to. An address is kept as a hash with the code,
    so that nobody can guess it without the code."""
    if person.kind == "uid":
        return f"{_UID}{person.value}"
    hidden = hashlib.sha256(f"{code}\n{person.value}".encode()).hexdigest()
    return f"{person.kind}:{hidden}"


def person_of(uid_or_email: str) -> Identity:
    if "@" in uid_or_email:
        return Identity("email", plain_email(uid_or_email))
    return Identity("uid", uid_or_email)


def lets_in(
    invite: Invite, team: Team, former: Former | None, names: Collection[str], now: datetime
) -> bool:
    """Whether a user who has the code may join, if they are known by these `names`. `former` is what
    is kept of their last membership."""
    if now >= invite.expires_at or not _is_open_to(invite, names) or _is_void(invite, team):
        return False
    return former is None or invite.created_at > former.ended_at


def _is_open_to(invite: Invite, names: Collection[str]) -> bool:
    return invite.bound_to is None or invite.bound_to in names


def _is_void(invite: Invite, team: Team) -> bool:
    """Whether a removal has voided the invitation. One that names a uid stays valid. One that names an
    address does not: the removed user may have another uid with the same address."""
    if team.codes_void_before is None or is_bound_to_uid(invite):
        return False
    return invite.created_at <= team.codes_void_before


def is_bound_to_uid(invite: Invite) -> bool:
    return (invite.bound_to or "").startswith(_UID)


# ---- the addresses that former members have seen -------------------------------------------------


def raise_epoch(team: Team, now: datetime) -> Team:
    """Somebody's membership has ended, so the addresses that they may have seen are to end. A rotation that
    is under way goes on to its end first: otherwise the oldest pictures might never be reached."""
    due_at = team.due_at if is_rotating(team) else None
    raised = replace(team, address_epoch=team.address_epoch + 1)
    return replace(raised, due_at=due_at or _next_walk_at(team, now))


def is_rotating(team: Team) -> bool:
    """Whether addresses that a former member has seen may still open."""
    return team.rotated_epoch < team.address_epoch


def begins_at_once(before: Team, after: Team, now: datetime) -> bool:
    """Whether this change begins a rotation. A rotation that was under way goes on by itself, and one that
    has to wait is begun by the sweep."""
    is_due = after.due_at is not None and after.due_at <= now
    return is_due and is_rotating(after) and not is_rotating(before)


def is_early(team: Team, now: datetime) -> bool:
    """Whether the team's next walk has to wait."""
    return team.walk is None and now < _next_walk_at(team, now)


def _next_walk_at(team: Team, now: datetime) -> datetime:
    if team.walk_began_at is None:
        return now
    return max(now, team.walk_began_at + _WALKS_APART)


def begun_at(team: Team) -> int:
    """The epoch at which the present walk began, or begins now."""
    return team.walk.epoch if team.walk else team.address_epoch


def end_walk(team: Team, epoch: int, now: datetime) -> Team:
    """A walk that began at `epoch` has turned every job. If members have left since, the next walk is due."""
    after = replace(team, rotated_epoch=max(team.rotated_epoch, epoch), walk=None)
    return replace(after, due_at=_next_walk_at(after, now) if is_rotating(after) else None)


# ---- what members ask for ------------------------------------------------------------------------

_S = TypeVar("_S", bound=Member | Former)


def count_demands(member: Member, demands: Sequence[Demand], now: datetime) -> Member:
    """The member after one more submission, of all of `demands`. Raises QuotaExceededError
    at one of the member's own limits."""
    usage = quotas.count_usage(member.usage, member.limits, demands, now, whose="member")
    return replace(member, usage=usage)


def give_back(whose: _S, unused: Demand, submitted_at: datetime, now: datetime) -> _S:
    """Gives the usage back to the member, or to the former member if they have left meanwhile."""
    return replace(whose, usage=quotas.give_back(whose.usage, unused, submitted_at, now))
