"""Shares a batch by a code. A share that its owner writes for a user they know needs no call: the security
rules take it. What a share opens, the rules read in its document, so it begins and ends with a commit."""

import hashlib
from dataclasses import dataclass, replace
from datetime import timedelta

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.contract.requests import InviteToBatch, JoinBatch, ShareBatch
from mediaforge.domain.errors import IllegalStateError, NotFoundError
from mediaforge.domain.library import batches, shares
from mediaforge.domain.library.batches import Batch
from mediaforge.domain.library.shares import ShareInvite
from mediaforge.domain.money import accounts
from mediaforge.domain.money.accounts import user_account_id
from mediaforge.domain.names import digest_of
from mediaforge.ports.documents import Query, Transaction
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.jobs.plans import hash_of
from mediaforge.services.library.batch_control import controlled, may_control, may_see
from mediaforge.services.money.blocks import refuse_blocked
from mediaforge.services.people.members import readable

_NO_WAY_IN = "There is no such batch for you, or the code has ended."


@dataclass(frozen=True, slots=True)
class NewShareInvite:
    """`code` is answered once; only its hash is kept."""

    batch: Batch
    id: str
    code: str
    invite: ShareInvite


def share_batch(backend: Backend, caller: Caller, request: ShareBatch) -> NewShareInvite | Batch:
    """Makes a code, or shares the batch with the caller by one. Returns the new invitation, or the batch.
    Raises NotFoundError, NotOwnerError, IllegalStateError, AccountBlockedError."""
    code = backend.new_id()

    def work(tx: Transaction) -> NewShareInvite | Batch:
        if isinstance(request, JoinBatch):
            return _join(backend, tx, caller, request)
        return _invite(backend, tx, caller, request, code)

    outcome = backend.documents.transact(work)
    log.info("batch.controlled", batch_id=request.batch_id, action=request.action, actor=caller.uid)
    return outcome


def _invite(
    backend: Backend, tx: Transaction, caller: Caller, request: InviteToBatch, code: str
) -> NewShareInvite | Batch:
    # An administrator does not share what is somebody else's.
    batch = controlled(tx, replace(caller, is_admin=False), request.batch_id)
    request_id = request.request_id
    control = digest_of(caller.uid, request.action, request_id)[:20] if request_id else None
    said = hash_of(request.action, request)[:20]
    if control is not None and batches.is_known(batch, control, said):
        return batch
    now, invite_id = backend.clock.now(), _hash(code)
    if (known := tx.get(at.share_invite(batch.id, invite_id))) is not None:
        return NewShareInvite(batch, invite_id, code, known)  # our own commit stood
    limits = backend.catalogue.limits
    still_open = Query(at.share_invites(request.batch_id), where=(("expires_at", ">", now),))
    if tx.count(still_open) >= limits.open_invites_max:
        raise IllegalStateError(
            f"A batch has at most {limits.open_invites_max} open codes. Delete some of them first.",
            limit=limits.open_invites_max,
        )
    lasts = timedelta(days=limits.invite_days)
    invite = ShareInvite(invite_id, request.role, caller.uid, now, now + lasts)
    # The batch changes, so that of two that are made at once the second counts the first.
    after = replace(batches.note_control(batch, control, said), modified=now)
    tx.create(at.share_invite(batch.id, invite_id), invite)
    tx.put(at.batch(batch.id), after)
    return NewShareInvite(after, invite_id, code, invite)


def _join(backend: Backend, tx: Transaction, caller: Caller, request: JoinBatch) -> Batch:
    now, own = backend.clock.now(), user_account_id(caller.uid)
    batch_ref = at.batch(request.batch_id)
    share_ref = at.share(request.batch_id, caller.uid)
    invite_ref = at.share_invite(request.batch_id, _hash(request.code))
    tx.prefetch(at.account(own), batch_ref, share_ref, invite_ref)
    refuse_blocked(tx.peek, own)
    batch, share = tx.get(batch_ref), readable(tx.get, share_ref)
    invite = readable(tx.get, invite_ref)
    if batch is not None and not caller.sees(batch.team_id):
        raise NotFoundError(_NO_WAY_IN)
    if batch is not None and (_is_open(share) or may_see(tx, caller, batch)):
        return (
            batch  # sent again, or the caller reads it anyway: the code is kept for somebody else
        )
    if batch is None or invite is None or not shares.lets_in(invite, now):
        raise NotFoundError(_NO_WAY_IN)
    if not _stands(tx, batch, invite):
        raise NotFoundError(_NO_WAY_IN)
    refuse_blocked(tx.peek, batch.account_id)
    if share is not None:
        raise IllegalStateError("Your last share of this batch is still ending. Try again later.")
    share = shares.join(invite, caller.uid, batch.id, batch.name, now, caller.name)
    tx.put(share_ref, share)
    tx.delete(invite_ref)
    return batch


def _is_open(share: shares.Share | None) -> bool:
    return share is not None and share.revoked_at is None


def _stands(tx: Transaction, batch: Batch, invite: ShareInvite) -> bool:
    """Whether the maker of the code still controls the batch and is not blocked. To peek at their account is
    enough: a block counts from the next request on."""
    account = tx.peek(at.account(user_account_id(invite.created_by)))
    is_shut = account is not None and accounts.is_shut(account)
    return not is_shut and may_control(tx, Caller(invite.created_by), batch)


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()[:40]
