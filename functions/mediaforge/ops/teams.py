"""`teams`: who is in a team, and a team that has no owner any more."""

import click

from mediaforge.contract.requests import TEAM_ACTIONS, parse_action
from mediaforge.domain.money.accounts import user_account_id
from mediaforge.ops.accounts import account_data
from mediaforge.ops.session import Session
from mediaforge.ops.showing import Shown, Table
from mediaforge.ops.verbs import changes, shows, would
from mediaforge.services.operate.audit import audited
from mediaforge.services.operate.looking import see_team
from mediaforge.services.people.teams import control_team


@click.group("teams")
def group() -> None:
    """Teams and their members."""


@shows(group, "show")
@click.argument("team")
def show(session: Session, team: str) -> Shown:
    """Shows a team, its members and its account."""
    seen = see_team(session.backend, team)
    members = [(each.uid, each.role, each.joined_at, each.invited_by) for each in seen.members]
    account = account_data(seen.account) if seen.account is not None else None
    data = {
        "teamId": seen.team.id,
        "name": seen.team.name,
        "createdBy": seen.team.created_by,
        "members": [{"uid": each.uid, "role": each.role} for each in seen.members],
        "account": account,
    }
    return Shown(
        data,
        [
            f"{seen.team.name} ({seen.team.id}), made by {seen.team.created_by}",
            Table(("MEMBER", "ROLE", "JOINED", "INVITED BY"), members),
            "",
            Table(("FIELD", "VALUE"), list((account or {}).items())),
        ],
    )


@changes(group, "set-owner")
@click.argument("team")
@click.argument("uid")
def set_owner(session: Session, team: str, uid: str, yes: bool, reason: str) -> Shown:
    """Makes a user an owner of the team, a member or not. The other owners stay."""
    if not yes:
        see_team(session.backend, team)
        return would(f"make {uid} an owner of {team}", data={"teamId": team, "uid": uid})
    sent = {"action": "setMember", "teamId": team, "uid": uid, "role": "owner"}
    request = parse_action(TEAM_ACTIONS, sent, "controlTeam")
    backend, about = session.backend, [user_account_id(uid)]
    with audited(backend, session.operator, "teams set-owner", team, reason, about) as note:
        control_team(backend, session.operator, request)
        note.did(uid, "owner")
    return Shown({"teamId": team, "uid": uid, "role": "owner"}, [f"{uid} is an owner of {team}."])
