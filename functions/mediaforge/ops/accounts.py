"""`accounts`: what an account has and may, and how an operator changes that."""

from typing import Any

import click

from mediaforge.contract.requests import ACCOUNT_ACTIONS, parse_action
from mediaforge.domain.money.accounts import Account
from mediaforge.domain.names import digest_of
from mediaforge.ops.session import Session
from mediaforge.ops.showing import Shown, Table, age
from mediaforge.ops.verbs import changes, shows, would
from mediaforge.services.operate.account_control import control_account
from mediaforge.services.operate.audit import audited
from mediaforge.services.operate.looking import last_of_ledger, see_account


@click.group("accounts")
def group() -> None:
    """Accounts: user_… of a user's uid, team_… of a team's id."""


@shows(group, "show")
@click.argument("account")
def show(session: Session, account: str) -> Shown:
    """Shows the balance, the tier, what runs and waits, and whether a fuse or a block holds it up."""
    seen, now = see_account(session.backend, account), session.backend.clock.now()
    data = account_data(seen.account) | {"unsettledJobs": [job.id for job in seen.jobs]}
    rows = [(name, each) for name, each in account_data(seen.account).items()]
    jobs = [
        (job.id, job.status, job.waiting_for, age(job.created_at, now), job.model)
        for job in seen.jobs
    ]
    return Shown(
        data,
        [
            Table(("FIELD", "VALUE"), rows),
            "",
            Table(("JOB", "STATUS", "WAITS FOR", "AGE", "MODEL"), jobs),
        ],
        then=f"accounts ledger {account}",
    )


def account_data(account: Account) -> dict[str, Any]:
    return {
        "accountId": account.id,
        "tier": account.tier,
        "available": account.available,
        "held": account.held,
        "owed": account.owed,
        "active": account.active,
        "fuseBlownAt": account.fuse_blown_at,
        "blockedAt": account.blocked_at,
        "blockedReason": account.blocked_reason or None,
        "webhooks": len(account.webhooks),
        "createdAt": account.created_at,
        "modified": account.modified,
    }


@shows(group, "ledger")
@click.argument("account")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True)
def ledger(session: Session, account: str, limit: int) -> Shown:
    """Lists the last entries, newest first."""
    found = last_of_ledger(session.backend, account, limit)
    rows = [
        (
            each.created_at,
            each.type,
            each.amount,
            each.available_after,
            each.held_after,
            each.job_id or each.batch_id,
            each.actor,
            each.reason,
        )
        for each in found
    ]
    data = [
        {
            "type": each.type,
            "amount": each.amount,
            "owed": each.owed,
            "availableAfter": each.available_after,
            "heldAfter": each.held_after,
            "jobId": each.job_id,
            "batchId": each.batch_id,
            "actor": each.actor,
            "reason": each.reason,
            "createdAt": each.created_at,
        }
        for each in found
    ]
    columns = ("AT", "TYPE", "AMOUNT", "AVAILABLE", "HELD", "OF", "ACTOR", "REASON")
    return Shown({"entries": data}, [Table(columns, rows)])


@changes(group, "adjust")
@click.argument("account")
@click.option("--credits", "amount", type=int, required=True, help="How many: -5 takes five away.")
@click.option(
    "--request-id",
    help="Your name for this correction: the same name is made once. Without it, the same account, amount "
    "and reason on one UTC day are the same.",
)
def adjust(
    session: Session, account: str, amount: int, request_id: str | None, yes: bool, reason: str
) -> Shown:
    """Gives credits or takes them away, by an entry of type adjust. Its users see the reason."""
    backend = session.backend
    day = f"{backend.clock.now():%Y-%m-%d}"
    named = request_id or digest_of(day, account, f"{amount}", reason)[:24]
    before = see_account(backend, account).account
    if not yes:
        return would(
            f"bring {account} from {before.available} to {before.available + amount} credits",
            data={"requestId": named, "available": before.available},
        )
    sent = {"accountId": account, "amount": amount, "reason": reason, "requestId": named}
    return _control(session, "accounts adjust", "adjust", account, reason, sent)


@changes(group, "set-tier")
@click.argument("account")
@click.argument("tier")
def set_tier(session: Session, account: str, tier: str, yes: bool, reason: str) -> Shown:
    """Sets the tier. What the new one gives this month beyond the old one comes at once."""
    if not yes:
        before = see_account(session.backend, account).account
        return would(f"change {account} from {before.tier} to {tier}", data={"tier": before.tier})
    sent = {"accountId": account, "tier": tier}
    return _control(session, "accounts set-tier", "setTier", account, reason, sent)


@changes(group, "block")
@click.argument("account")
def block(session: Session, account: str, yes: bool, reason: str) -> Shown:
    """Refuses everything that the user asks for, or anybody for the team. The blocked may read the reason."""
    if not yes:
        return would(f"block {account}", data={"accountId": account})
    sent = {"accountId": account, "reason": reason}
    return _control(session, "accounts block", "block", account, reason, sent)


@changes(group, "unblock")
@click.argument("account")
def unblock(session: Session, account: str, yes: bool, reason: str) -> Shown:
    """Ends a block. Jobs that wait get their slots again."""
    if not yes:
        before = see_account(session.backend, account).account
        said = f"blocked since {before.blocked_at}" if before.blocked_at else "not blocked"
        return would(f"unblock {account}, which is {said}", data={"accountId": account})
    return _control(session, "accounts unblock", "unblock", account, reason, {"accountId": account})


def _control(
    session: Session, name: str, action: str, account: str, reason: str, sent: dict[str, Any]
) -> Shown:
    request = parse_action(ACCOUNT_ACTIONS, {"action": action, **sent}, "controlAccount")
    with audited(session.backend, session.operator, name, account, reason, [account]) as note:
        after = control_account(session.backend, session.operator, request)
        note.did(account, action)
    assert after is not None  # only a fuse over all accounts has none
    data = account_data(after)
    return Shown(data, [Table(("FIELD", "VALUE"), list(data.items()))])
