"""`fuses`: where what was begun in an hour stops new work."""

import click

from mediaforge.contract.requests import ACCOUNT_ACTIONS, parse_action
from mediaforge.ops.session import Session
from mediaforge.ops.showing import FOUND, OK, Shown, Table
from mediaforge.ops.verbs import changes, shows, would
from mediaforge.services.operate.account_control import control_account
from mediaforge.services.operate.audit import audited
from mediaforge.services.operate.looking import held_up_accounts, see_fuses

_OVER_ALL = {"project": {}, "free": {"lane": "free"}}


@click.group("fuses")
def group() -> None:
    """Fuses: of the project, of the free lane, of an account. A blown one makes new work wait."""


@shows(group, "show")
@click.option(
    "--limit", type=click.IntRange(1), default=500, show_default=True, help="Accounts to look at."
)
def show(session: Session, limit: int) -> Shown:
    """Shows the fuses over all accounts, and the accounts that their own has stopped. Exit code 1 where one
    has blown."""
    seen = see_fuses(session.backend)
    held_up = held_up_accounts(session.backend, limit)
    rows = [
        *(
            (each.of, each.fuse.blown_at, each.fuse.reset_at, each.started, each.limit)
            for each in seen
        ),
        *((each.id, each.fuse_blown_at, each.fuse_reset_at, None, None) for each in held_up),
    ]
    data = {
        "fuses": [
            {
                "of": each.of,
                "blownAt": each.fuse.blown_at,
                "resetAt": each.fuse.reset_at,
                "started": each.started,
                "limit": each.limit,
            }
            for each in seen
        ],
        "accounts": [{"accountId": each.id, "blownAt": each.fuse_blown_at} for each in held_up],
    }
    is_blown = bool(held_up) or any(each.fuse.blown_at for each in seen)
    return Shown(
        data,
        [Table(("OF", "BLOWN", "RESET", "BEGUN IN THE HOUR", "LIMIT"), rows)],
        exit_code=FOUND if is_blown else OK,
        then="fuses reset project|free|ACCOUNT --reason …" if is_blown else "",
    )


@changes(group, "reset")
@click.argument("of")
def reset(session: Session, of: str, yes: bool, reason: str) -> Shown:
    """Resets the fuse of `project`, of the lane `free`, or of an account: what waited for it goes on."""
    if not yes:
        return would(f"reset the fuse of {of}", data={"of": of})
    sent = _OVER_ALL.get(of, {"accountId": of})
    request = parse_action(ACCOUNT_ACTIONS, {"action": "resetFuse", **sent}, "controlAccount")
    about = [] if of in _OVER_ALL else [of]
    with audited(session.backend, session.operator, "fuses reset", of, reason, about) as note:
        control_account(session.backend, session.operator, request)
        note.did(of, "reset")
    return Shown({"of": of, "fuse": "whole"}, [f"The fuse of {of} is whole."])
