"""Teams: who belongs to one, what their role lets them do, and what each may ask for a day. Pure."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from mediaforge.domain import quotas
from mediaforge.domain.quotas import DailyLimits, Demand, Usage


class Role(StrEnum):
    """`owner` manages the team and cancels anybody's job, `editor` submits, `viewer` looks on."""

    OWNER = "owner"
    EDITOR = "editor"
    VIEWER = "viewer"

    @property
    def may_submit(self) -> bool:
        return self is not Role.VIEWER

    @property
    def may_manage(self) -> bool:
        return self is Role.OWNER


@dataclass(frozen=True, slots=True)
class Walk:
    """How far a rotation has come: it has looked at every job that ended after `completed_at`, down to the
    one of that moment whose id is `job_id`. `left`: those of them whose addresses it could not end."""

    completed_at: datetime
    job_id: str
    left: int = 0


@dataclass(frozen=True, slots=True)
class Team:
    """`teams/{teamId}`. Every change of its members is counted here: two owners who remove each other at
    the same moment meet, and a team is never left without one.

    `address_epoch` counts how often somebody's membership ended: whoever went has seen the addresses of the
    team's pictures. Up to `rotated_epoch` those have been ended; while the two differ, a rotation is under
    way, `walk` says how far it has come, and the sweep goes on with it when `due_at` has passed.
    """

    id: str
    name: str
    created_by: str
    created_at: datetime
    modified: datetime
    changes: int = 0
    address_epoch: int = 0
    rotated_epoch: int = 0
    walk: Walk | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """`teams/{teamId}/members/{uid}`. An operator may write one by hand: the role is enough.

    Every submission for the team counts and writes it, so a removal that comes between a submission's
    reading and its commit makes that commit fail.
    """

    role: Role
    uid: str = ""
    joined_at: datetime | None = None
    invited_by: str | None = None
    limits: DailyLimits = field(default_factory=DailyLimits)
    usage: Usage = field(default_factory=Usage)


@dataclass(frozen=True, slots=True)
class Invite:
    """`teams/{teamId}/invites/{inviteId}`: the id is a hash of the code that whoever joins has to know."""

    role: Role
    created_by: str
    created_at: datetime
    expires_at: datetime


def changed(team: Team, now: datetime) -> Team:
    return replace(team, modified=now, changes=team.changes + 1)


def raise_epoch(team: Team, now: datetime) -> Team:
    """Somebody's membership has ended: the addresses that they may have seen are to end, from the newest on."""
    return replace(team, address_epoch=team.address_epoch + 1, walk=None, due_at=now)


def count_demand(member: Member, demand: Demand, now: datetime) -> Member:
    """The member after one more submission; raises QuotaExceededError at a limit of their own."""
    usage = quotas.count_usage(member.usage, member.limits, demand, now, whose="member")
    return replace(member, usage=usage)


def give_back(member: Member, unused: Demand, submitted_at: datetime, now: datetime) -> Member:
    return replace(member, usage=quotas.give_back(member.usage, unused, submitted_at, now))
