"""`users`: a person who asks to be forgotten, or for all that is theirs."""

from typing import Any

import click

from mediaforge.contract.requests import is_document_id
from mediaforge.domain.errors import IllegalStateError, NotFoundError
from mediaforge.domain.library.exports import Export
from mediaforge.domain.money.accounts import Account, user_account_id
from mediaforge.ops.session import Session
from mediaforge.ops.showing import Shown, Table
from mediaforge.ops.verbs import changes, shows, would
from mediaforge.services.erasure.mark import erase_user
from mediaforge.services.library.exports import export_user
from mediaforge.services.operate.audit import audited
from mediaforge.services.operate.looking import UserSeen, see_user

_KNOWN_OR_NOT = click.option(
    "--without-account",
    is_flag=True,
    help="Also where there is no account: of somebody who has signed in, or uploaded, and asked for nothing.",
)


@click.group("users")
def group() -> None:
    """Users, by their uid."""


@shows(group, "show")
@click.argument("uid")
def show(session: Session, uid: str) -> Shown:
    """Shows how far an erasure is, and the exports with their addresses. No account: there is nobody of that
    uid, or no more."""
    seen = _seen(session, uid)
    facts = _facts(seen)
    rows = [(each.created_at, each.status, each.expires_at, each.url) for each in seen.exports]
    return Shown(
        facts | {"exports": list(map(_export_data, seen.exports))},
        [
            Table(("FIELD", "VALUE"), list(facts.items())),
            "",
            Table(("EXPORT", "STATUS", "UNTIL", "ADDRESS"), rows),
        ],
    )


def _seen(session: Session, uid: str) -> UserSeen:
    if not is_document_id(uid):
        raise NotFoundError("There is no user of that id: it is the uid, and no address.")
    return see_user(session.backend, uid)


def _facts(seen: UserSeen) -> dict[str, Any]:
    account = seen.account
    return {
        "uid": seen.uid,
        "accountId": account and account.id,
        "erasure": _erasure(account),
        "erasingSince": account and account.erasing_at,
        "signedOutAt": account and account.signed_out_at,
        "booksMovedAt": account and account.books_moved_at,
        "erasedId": account and account.erased_id,
        "looksAgainAt": account and account.erase_due_at,
    }


def _erasure(account: Account | None) -> str:
    if account is None:
        return "no account"
    return "under way" if account.erasing_at is not None else "not asked for"


def _export_data(export: Export) -> dict[str, Any]:
    return {
        "exportId": export.id,
        "status": export.status,
        "createdAt": export.created_at,
        "expiresAt": export.expires_at,
        "sizeBytes": export.size_bytes,
        "url": export.url,
    }


@changes(group, "erase")
@click.argument("uid")
@_KNOWN_OR_NOT
def erase(session: Session, uid: str, without_account: bool, yes: bool, reason: str) -> Shown:
    """Erases a user for good, blocked or not: what runs is cancelled (what is billed on is paid for), all
    that is theirs is deleted, the books stay without a name. Done within about two hours."""
    seen = _known(session, uid, without_account)
    account_id = user_account_id(uid)
    if not yes:
        table = Table(("FIELD", "VALUE"), _what_goes(seen))
        return would(f"erase {uid} for good", table, data={"uid": uid})
    with audited(
        session.backend, session.operator, "users erase", account_id, reason, [account_id]
    ) as note:
        erase_user(session.backend, uid, session.operator.uid)
        note.did(account_id, "marked")
    return Shown(
        {"uid": uid, "erasure": "under way"},
        [f"{uid} is being erased: nothing more is accepted of them, and all is gone in two hours."],
        then=f"users show {uid}",
    )


def _what_goes(seen: UserSeen) -> list[tuple[str, object]]:
    account = seen.account
    if account is None:
        return [("account", "none")]
    return [
        ("available, which nobody can spend then", account.available),
        ("held by what runs", account.held),
        ("owed", account.owed),
        ("erasure", _erasure(account)),
    ]


@changes(group, "export")
@click.argument("uid")
@_KNOWN_OR_NOT
def export(session: Session, uid: str, without_account: bool, yes: bool, reason: str) -> Shown:
    """Has all that is a user's put into one ZIP, as their own export would. `users show` has its address,
    which opens to everybody who has it, for seven days."""
    seen = _known(session, uid, without_account)
    if seen.account is not None and seen.account.erasing_at is not None:
        raise IllegalStateError(f"{uid} is being erased: an export would find half of it.")
    account_id = user_account_id(uid)
    if not yes:
        return would(f"export all that is {uid}'s", data={"uid": uid})
    with audited(
        session.backend, session.operator, "users export", account_id, reason, [account_id]
    ) as note:
        asked = export_user(session.backend, uid)
        note.did(asked.id, "asked for")
    return Shown(
        {"uid": uid, **_export_data(asked)},
        [f"The export {asked.id} of {uid} is being made."],
        then=f"users show {uid}",
    )


def _known(session: Session, uid: str, without_account: bool) -> UserSeen:
    """Raises NotFoundError: a slip of the pen is to open no account, and erase nobody's files."""
    seen = _seen(session, uid)
    if seen.account is None and not without_account:
        raise NotFoundError(
            f"There is no account {user_account_id(uid)}. Somebody who has asked for nothing has none: "
            "--without-account, once you are sure of the uid."
        )
    return seen
