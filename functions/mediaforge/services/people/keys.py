"""API keys: making, revoking, and who calls with one."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from pydantic import ValidationError

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.contract.requests import CreateApiKey, RevokeApiKey
from mediaforge.domain.errors import (
    BusyError,
    IllegalStateError,
    InvalidRequestError,
    NotAMemberError,
    NotFoundError,
    UnauthenticatedError,
)
from mediaforge.domain.money import accounts
from mediaforge.domain.money.accounts import user_account_id
from mediaforge.domain.money.quotas import Demand
from mediaforge.domain.people import keys
from mediaforge.domain.people.keys import ApiKey, KeyRecord
from mediaforge.ports.documents import Query, Transaction
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.money.blocks import refuse_blocked
from mediaforge.services.money.counting import counted
from mediaforge.services.people.members import is_member, refuse_blocked_team

# Far more than a user may have: those that have expired are among them.
_LOOKED_AT_MAX = 1000
_REFUSED = "The API key is not valid, has expired, or was revoked. The callable createApiKey makes a new one."


def create_key(backend: Backend, caller: Caller, request: CreateApiKey) -> tuple[ApiKey, str]:
    """The key's document, and the key itself, which is kept nowhere. Raises RateLimitedError,
    IllegalStateError where the caller has too many, NotAMemberError, AccountBlockedError,
    InvalidRequestError."""
    key_id = keys.new_key_id(backend.new_id())
    chance = f"{backend.new_id()}{backend.new_id()}"
    key, prefix = keys.write_key(key_id, backend.is_emulated, chance)
    limit = backend.catalogue.limits.api_keys_max

    def work(tx: Transaction) -> ApiKey:
        now, own = backend.clock.now(), user_account_id(caller.uid)
        refuse_blocked(tx.get, own)
        if (known := tx.get(at.api_key(key_id))) is not None:
            return known  # our own commit stood, and its answer was lost
        if request.expires_at is not None and request.expires_at <= now:
            raise InvalidRequestError.of("expiresAt", "must be in the future")
        if request.team_id is not None:
            if not is_member(tx.get, request.team_id, caller):
                raise NotAMemberError(f"You are not a member of the team {request.team_id}.")
            refuse_blocked_team(tx.peek, caller, request.team_id)
        # Whoever makes another key at the same moment writes the account, too, as the count below does.
        if _number_in_use(tx, caller.uid, now) >= limit:
            raise IllegalStateError(
                f"You have {limit} keys in use. Revoke one of them first.", limit=limit
            )
        write_count = counted(backend, tx, caller, now, accounts.admit_change)
        made = ApiKey(
            id=key_id,
            user_id=caller.uid,
            name=request.name,
            prefix=prefix,
            scopes=tuple(dict.fromkeys(request.scopes)),
            created_at=now,
            team_id=request.team_id,
            expires_at=request.expires_at,
            credits_a_day=request.credits_a_day,
        )
        write_count()
        tx.create(at.api_key(key_id), made)
        tx.create(at.key_record(key_id), keys.record_of(made, keys.hash_of(key)))
        return made

    made = backend.documents.transact(work)
    log.info("key.created", key_id=made.id, user_id=caller.uid)
    return made, key


def revoke_key(backend: Backend, caller: Caller, request: RevokeApiKey) -> ApiKey:
    """Revoked again it answers the same. Not counted: whoever has lost a key has to be able to end it at
    once. An administrator ends anybody's. Raises NotFoundError, AccountBlockedError."""

    def work(tx: Transaction) -> ApiKey:
        now = backend.clock.now()
        key_ref, record_ref = at.api_key(request.key_id), at.key_record(request.key_id)
        own = user_account_id(caller.uid)
        tx.prefetch(key_ref, record_ref, at.account(own))
        refuse_blocked(tx.peek, own)
        key, record = tx.get(key_ref), tx.get(record_ref)
        if key is None or (key.user_id != caller.uid and not caller.is_admin):
            raise NotFoundError(f"There is no API key {request.key_id}.")
        revoked = keys.revoke(key, now)
        tx.put(key_ref, revoked)
        if record is not None:
            tx.put(record_ref, replace(record, revoked_at=revoked.revoked_at))
        return revoked

    revoked = backend.documents.transact(work)
    log.info("key.revoked", key_id=revoked.id, user_id=revoked.user_id, actor=caller.uid)
    return revoked


def caller_with(backend: Backend, key: str) -> Caller:
    """Who calls with this key. It is read anew for each request, so that one that is
    revoked is refused at once. Raises UnauthenticatedError, with the same words for every key that does not
    let in."""
    key_id = keys.id_in(key)
    if key_id is None:
        raise UnauthenticatedError(_REFUSED)
    now = backend.clock.now()
    try:
        record = backend.documents.get(at.key_record(key_id))
    except ValidationError as error:
        log.bug("key.unreadable", error, key_id=key_id)
        record = None
    if record is None or not keys.is_valid(record, key, now):
        raise UnauthenticatedError(_REFUSED)
    if not keys.is_use_noted(record, now):
        _note_use(backend, record, now)
    return Caller(
        record.user_id,
        scopes=record.scopes,
        team_id=record.team_id,
        key_id=record.id,
        is_capped=record.is_capped,
    )


def count_submission(
    tx: Transaction, caller: Caller, demands: Sequence[Demand], now: datetime
) -> tuple[at.Ref[KeyRecord], KeyRecord] | None:
    """The record of the caller's key after this submission; the commit that accepts it has to write it. None
    where no limit of a key is to be counted. Raises QuotaExceededError; UnauthenticatedError where the key
    was revoked meanwhile."""
    if caller.key_id is None or not caller.is_capped:
        return None
    ref = at.key_record(caller.key_id)
    record = tx.get(ref)
    if record is None or record.revoked_at is not None:
        raise UnauthenticatedError(_REFUSED)
    return ref, keys.count_demands(record, demands, now)


def _note_use(backend: Backend, record: KeyRecord, now: datetime) -> None:
    """Where it fails, the next request notes it. Of requests at once one does; the others find that, and do
    not wait for each other."""

    def work(tx: Transaction) -> None:
        key_ref, record_ref = at.api_key(record.id), at.key_record(record.id)
        tx.prefetch(key_ref, record_ref)
        key, known = tx.get(key_ref), tx.get(record_ref)
        if key is not None and known is not None and not keys.is_use_noted(known, now):
            tx.put(key_ref, replace(key, last_used_at=now))
            tx.put(record_ref, replace(known, last_used_at=now))

    try:
        backend.documents.transact(work)
    except (BusyError, ValidationError) as error:
        log.warning("key.use_not_noted", key_id=record.id, cause=type(error).__name__)


def _number_in_use(tx: Transaction, uid: str, now: datetime) -> int:
    """How many of the user's keys are neither revoked nor expired."""
    ours = Query(at.API_KEYS, where=(("user_id", "==", uid),), limit=_LOOKED_AT_MAX)
    found = [key for key in tx.find(ApiKey, ours) if key.revoked_at is None]
    return sum(key.expires_at is None or key.expires_at > now for key in found)
