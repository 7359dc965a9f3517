"""The beginning of an erasure: a mark in the account of the user. Every commit that accepts something of
theirs, or gives a slot, reads that account: once this is answered, nothing more is accepted or begins. The
rest is done by tasks (`work.py`)."""

from datetime import timedelta

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.contract.answers import Answer
from mediaforge.contract.requests import Payload, Uid
from mediaforge.domain.errors import AccountBlockedError, InvalidRequestError
from mediaforge.domain.money import accounts
from mediaforge.domain.money.accounts import user_account_id
from mediaforge.domain.sign_ins import Identity
from mediaforge.ports.documents import Transaction
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.money.gifts import find_marks_of_erased
from mediaforge.services.money.opening import open_account
from mediaforge.services.tasks import send_erasure


class DeleteAccount(Payload):
    """Deletes the caller's account for good, with everything that they made: jobs that run are cancelled
    (what is billed on whatever happens is paid for); pictures, videos, brands, uploads, packs, templates,
    batches, comments, votes, keys, webhooks and exports are deleted, also what they made for a team; their
    memberships and their sign-in end. The books are kept without a name. Once this is answered, nothing more
    is accepted of them; all is gone within about two hours, or when what cannot be stopped at a provider must
    have ended, and until then they are refused with `account-blocked`. Sent again, the same is answered."""

    confirm: Uid
    """The caller's own user id: it cannot be undone."""


class AccountDeleted(Answer):
    """Nothing: the account is being erased."""


def delete_account(backend: Backend, caller: Caller, request: DeleteAccount) -> AccountDeleted:
    """Raises InvalidRequestError where somebody else is named; AccountBlockedError where an administrator has
    blocked the caller: such a user asks the operators."""
    if request.confirm != caller.uid:
        raise InvalidRequestError.of("confirm", "must be your own user id")
    _mark(backend, caller.uid, caller.sign_in.identities, actor=caller.uid, even_if_blocked=False)
    return AccountDeleted()


def erase_user(backend: Backend, uid: str, actor: str) -> None:
    """As `delete_account`, for operators: of any user, blocked or not. `actor` is who asked for it. To be
    called for a uid whose account is known: an account is opened where there is none, to be erased."""
    _mark(backend, uid, (), actor=actor, even_if_blocked=True)


def _mark(
    backend: Backend,
    uid: str,
    identities: tuple[Identity, ...],
    *,
    actor: str,
    even_if_blocked: bool,
) -> None:
    """The commit writes the mark, and with it the markers by which the user is known again. Those of
    identities that only their sign-in record has are added before that is deleted."""
    ref, chance = at.account(user_account_id(uid)), backend.new_id()

    def work(tx: Transaction) -> bool:
        now = backend.clock.now()
        account = tx.get(ref) or open_account(backend, ref.id, now)
        if account.erasing_at is not None:
            return False
        if account.blocked_at is not None and not even_if_blocked:
            raise AccountBlockedError(account.id)
        due_at = now + timedelta(seconds=backend.timing.pickup_s)
        marks = find_marks_of_erased(backend, tx, account, identities, now)
        marks.write(tx)
        tx.put(ref, accounts.begin_erasure(account, chance, now, due_at))
        return True

    if backend.documents.transact(work):
        log.info("account.erasing", account_id=ref.id, by_themselves=actor == uid)
    # Also where it was marked before: a task that was lost is made again.
    send_erasure(backend, ref.id)
