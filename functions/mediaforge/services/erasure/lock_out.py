"""Ends what lets a user who is erased in, and what tells others of them: their sign-in, keys, webhooks,
memberships, shares and invitations."""

from dataclasses import replace

from mediaforge.contract import documents as at
from mediaforge.domain.money import accounts
from mediaforge.domain.money.accounts import Account, team_account_id
from mediaforge.ports.documents import Query, Transaction
from mediaforge.services.erasure.erasing import Erasing
from mediaforge.services.library import belongings
from mediaforge.services.library.belongings import PAGE
from mediaforge.services.library.uploads import count_uploads
from mediaforge.services.money.gifts import find_marks_of_erased
from mediaforge.services.people.teams import forget_member
from mediaforge.services.tasks import send_unsharing


def sign_out(erasing: Erasing) -> None:
    """Marks the identities of the sign-in record, then deletes it, then notes that. The record is asked for
    what was linked since the last token."""
    backend = erasing.backend
    identities = backend.sign_ins.identities(erasing.uid)

    def mark(tx: Transaction, account: Account) -> None:
        now = backend.clock.now()
        find_marks_of_erased(backend, tx, account, identities, now).write(tx)

    def note(tx: Transaction, account: Account) -> None:
        signed_out_at = account.signed_out_at or backend.clock.now()
        tx.put(at.account(account.id), replace(account, signed_out_at=signed_out_at))

    count_uploads(backend, erasing.uid)  # from then on the Storage rules let no upload in
    erasing.commit(mark)
    backend.sign_ins.delete(erasing.uid)
    erasing.commit(note)


def lock_out(erasing: Erasing) -> int:
    """Returns how much it found."""
    return (
        _end_keys(erasing)
        + _end_webhooks(
            erasing, Query(at.WEBHOOKS, (("created_by", "==", erasing.uid),), limit=PAGE)
        )
        + _end_memberships(erasing)
        + _end_shares(erasing)
        + _end_invitations(erasing)
    )


def _end_keys(erasing: Erasing) -> int:
    return erasing.delete_all(belongings.own_keys(erasing.uid), at.key_record)


def _end_webhooks(erasing: Erasing, query: Query) -> int:
    """First nothing is written for the webhook any more, then what was written is deleted, then the webhook,
    by which all of that is found."""
    ended = 0
    while ids := erasing.backend.documents.find_ids(query):
        for webhook_id in ids:
            erasing.check_now()
            erasing.commit(lambda tx, _, i=webhook_id: _silence(tx, i))  # type: ignore[misc]
            erasing.delete_all(Query(at.notices(webhook_id), limit=PAGE))
            erasing.delete([at.webhook(webhook_id)])
        ended += len(ids)
    return ended


def _silence(tx: Transaction, webhook_id: str) -> None:
    webhook = tx.get(at.as_stored(at.webhook(webhook_id))) or {}
    account_id = webhook.get("account_id")
    account = tx.get(at.account(account_id)) if isinstance(account_id, str) else None
    if account is not None and webhook_id in account.webhooks:
        tx.put(at.account(account.id), accounts.remove_webhook(account, webhook_id))
    tx.delete(at.webhook_secrets(webhook_id))


# ---- teams -------------------------------------------------------------------------------------------


def _end_memberships(erasing: Erasing) -> int:
    paths = erasing.backend.documents.find_ids(belongings.own_memberships(erasing.uid))
    for path in paths:
        _end_membership(erasing, path.split("/")[1])
    return len(paths)


def _end_membership(erasing: Erasing, team_id: str) -> None:
    """Whom the user has invited stays, by nobody's invitation."""
    erasing.check_now()
    uids = erasing.backend.documents.find_ids(Query(at.members(team_id)))
    is_alone = uids == [erasing.uid]
    if is_alone:
        _empty_team(erasing, team_id)
    for uid in uids:
        erasing.commit(lambda tx, _, u=uid: _forget_inviter(tx, erasing, team_id, u))  # type: ignore[misc]
    forget_member(erasing.backend, team_id, erasing.uid, erasing.check, is_emptied=is_alone)


def _forget_inviter(tx: Transaction, erasing: Erasing, team_id: str, uid: str) -> None:
    ref = at.as_stored(at.member(team_id, uid))
    member = tx.get(ref)
    if member is not None and member.get("invited_by") == erasing.uid:
        tx.patch(ref, {"invited_by": None})


def _empty_team(erasing: Erasing, team_id: str) -> None:
    """Deletes what lies below a team that nobody else is in. Its account stays: books have no name."""
    account_id = team_account_id(team_id)
    of_team = (("account_id", "==", account_id),)
    _end_webhooks(erasing, Query(at.WEBHOOKS, of_team, limit=PAGE))
    erasing.delete_all(Query(at.invites(team_id), limit=PAGE))
    erasing.delete_all(Query(at.formers(team_id), limit=PAGE))


# ---- shares and invitations --------------------------------------------------------------------------


def _end_shares(erasing: Erasing) -> int:
    """What was shared with the user ends as any share does: it is revoked, and gone once the addresses that
    it has shown are replaced."""
    paths = erasing.backend.documents.find_ids(belongings.own_shares(erasing.uid))
    for path in paths:
        erasing.commit(lambda tx, _, p=path: _revoke(tx, erasing, p))  # type: ignore[misc]
    for batch_id in dict.fromkeys(map(at.batch_of_share, paths)):
        send_unsharing(erasing.backend, batch_id)
    return len(paths)


def _revoke(tx: Transaction, erasing: Erasing, path: str) -> None:
    ref, now = belongings.document(path), erasing.backend.clock.now()
    share = tx.get(ref)
    if share is not None and share.get("revoked_at") is None:
        tx.patch(ref, {"revoked_at": now, "modified": now, "name": None})


def _end_invitations(erasing: Erasing) -> int:
    """Into teams, and into batches: the collections of both have this name."""
    own = (("created_by", "==", erasing.uid),)
    return erasing.delete_all(Query("invites", own, limit=PAGE, is_group=True))
