"""`webhooks`: receivers that accept nothing, and secrets that have got out."""

import click

from mediaforge.contract.requests import parse
from mediaforge.ops.session import Session
from mediaforge.ops.showing import Shown, Table, age
from mediaforge.ops.verbs import changes, shows, would
from mediaforge.services.library.webhooks import RotateWebhook, rotate_webhook
from mediaforge.services.operate.audit import audited
from mediaforge.services.operate.looking import failing_webhooks


@click.group("webhooks")
def group() -> None:
    """Webhooks that users have registered."""


@shows(group, "failures")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True)
def failures(session: Session, limit: int) -> Shown:
    """Lists the webhooks that accept nothing, those that have failed longest first."""
    found, now = failing_webhooks(session.backend, limit), session.backend.clock.now()
    rows = [
        (
            each.id,
            each.status,
            age(each.failing_since, now),
            each.failures,
            each.account_id,
            each.last_error,
        )
        for each in found
    ]
    data = [
        {
            "webhookId": each.id,
            "status": each.status,
            "failingSince": each.failing_since,
            "failures": each.failures,
            "accountId": each.account_id,
            "lastError": each.last_error,
        }
        for each in found
    ]
    columns = ("WEBHOOK", "STATUS", "FAILING FOR", "ATTEMPTS", "ACCOUNT", "LAST ERROR")
    return Shown({"webhooks": data}, [Table(columns, rows)])


@changes(group, "rotate")
@click.argument("webhook")
def rotate(session: Session, webhook: str, yes: bool, reason: str) -> Shown:
    """Gives a webhook a new secret, which is shown this once: its owner needs it within a day, while the old
    one signs, too."""
    if not yes:
        return would(f"rotate the secret of {webhook}", data={"webhookId": webhook})
    request = parse(RotateWebhook, {"webhookId": webhook}, "rotateWebhook")
    with audited(session.backend, session.operator, "webhooks rotate", webhook, reason) as note:
        rotated = rotate_webhook(session.backend, session.operator, request)
        note.did(webhook, "rotated")
    return Shown(
        {"webhookId": webhook, "secret": rotated.secret, "until": rotated.until},
        [
            f"The new secret of {webhook}: {rotated.secret}",
            f"The old one signs, too, until {rotated.until}.",
        ],
    )
