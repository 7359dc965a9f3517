"""API keys: how one is written, what it allows, and until when. Pure.

A key is `mf_{live|test}_{id}_{secret}{checksum}`. Its id is that of its document, so that it is looked up by
one read. The checksum (CRC-32, as GitHub's tokens have it) tells a typing error, or something else that a
scanner took for a key, without a read. The secret has 190 random bits: a plain SHA-256 of the key cannot be
reversed by guessing, and is all that is kept.
"""

import hashlib
import hmac
import re
import string
import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from mediaforge.domain.errors import ScopeMissingError
from mediaforge.domain.money import quotas
from mediaforge.domain.money.quotas import DailyLimits, Demand, Usage

_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_ID_CHARS, _SECRET_CHARS, _CHECKSUM_CHARS = 12, 32, 6
_KEY = re.compile(
    rf"mf_(?:live|test)_([0-9A-Za-z]{{{_ID_CHARS}}})_[0-9A-Za-z]{{{_SECRET_CHARS + _CHECKSUM_CHARS}}}"
)
# When a key was used is written no more often than this: it costs two writes.
_USE_NOTED_EVERY = timedelta(hours=1)


class Scope(StrEnum):
    """What a key may be used for. `read`: to look at jobs, batches, prices and the balance. `generate`: to
    ask for what costs credits, and to control it. `manage`: to make and end webhooks."""

    READ = "read"
    GENERATE = "generate"
    MANAGE = "manage"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """`api_keys/{keyId}`: what the owner of a key reads. The key itself is nowhere."""

    id: str
    """The id of the key."""
    user_id: str
    """Who made it, and as whom its requests are carried out."""
    name: str
    """What its owner calls it."""
    prefix: str
    """How the key begins, to tell it from others."""
    scopes: tuple[Scope, ...]
    """What it may be used for."""
    created_at: datetime
    """When it was made."""
    team_id: str | None = None
    """The team that its requests are for; null where they are for its owner alone."""
    last_used_at: datetime | None = None
    """When it was used last, to the hour."""
    expires_at: datetime | None = None
    """From then on it is refused."""
    revoked_at: datetime | None = None
    """Since then it is refused."""
    credits_a_day: int | None = None
    """The most credits that may be asked for with it on one UTC day; null where there is no such limit."""


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """`api_key_records/{keyId}`: all that is needed to let a request in, by one read. No client reads it.

    Where the key has a limit, every submission with it writes its usage here. So when the key is revoked
    between a submission's read and its commit, that commit fails."""

    id: str
    key_hash: str
    user_id: str
    scopes: tuple[Scope, ...]
    team_id: str | None = None
    last_used_at: datetime | None = None
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    limits: DailyLimits = field(default_factory=DailyLimits)
    usage: Usage = field(default_factory=Usage)

    @property
    def is_capped(self) -> bool:
        return self.limits.credits is not None


def write_key(key_id: str, is_emulated: bool, chance: str) -> tuple[str, str]:
    """A new key and its prefix. `chance` has at least 190 random bits."""
    prefix = f"mf_{'test' if is_emulated else 'live'}_{key_id}_"
    head = prefix + _drawn(chance, _SECRET_CHARS)
    return head + _checksum(head), prefix


def new_key_id(chance: str) -> str:
    """`chance` is random, and used for nothing else."""
    return _drawn(chance, _ID_CHARS)


def id_in(key: str) -> str | None:
    """The id that the key names; None for a text that is no key."""
    found = _KEY.fullmatch(key)
    if found is None or _checksum(key[:-_CHECKSUM_CHARS]) != key[-_CHECKSUM_CHARS:]:
        return None
    return found[1]


def hash_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def check_scope(scopes: Collection[Scope] | None, scope: Scope) -> None:
    """Raises ScopeMissingError. None allows everything: the caller has signed in."""
    if scopes is not None and scope not in scopes:
        raise ScopeMissingError(scope, sorted(scopes))


def is_valid(record: KeyRecord, key: str, now: datetime) -> bool:
    """Whether this is the record's key, and may be used. Takes as long for a wrong key as for a right one."""
    is_its_key = hmac.compare_digest(record.key_hash, hash_of(key))
    is_over = record.expires_at is not None and now >= record.expires_at
    return is_its_key and not is_over and record.revoked_at is None


def is_use_noted(record: KeyRecord, now: datetime) -> bool:
    """Whether what is written of the key's last use is recent enough."""
    return record.last_used_at is not None and now - record.last_used_at < _USE_NOTED_EVERY


def record_of(key: ApiKey, key_hash: str) -> KeyRecord:
    return KeyRecord(
        id=key.id,
        key_hash=key_hash,
        user_id=key.user_id,
        scopes=key.scopes,
        team_id=key.team_id,
        expires_at=key.expires_at,
        limits=DailyLimits(credits=key.credits_a_day),
    )


def count_demands(record: KeyRecord, demands: Sequence[Demand], now: datetime) -> KeyRecord:
    """The record after one more submission with the key, of all of `demands`. Nothing is ever given back:
    the limit is there for a program that asks again and again. Raises QuotaExceededError."""
    return replace(
        record,
        usage=quotas.count_usage(record.usage, record.limits, demands, now, whose="key"),
    )


def revoke(key: ApiKey, now: datetime) -> ApiKey:
    """Revoked a second time it stays as it was."""
    return key if key.revoked_at else replace(key, revoked_at=now)


def _checksum(head: str) -> str:
    return _in_digits(zlib.crc32(head.encode()), _CHECKSUM_CHARS)


def _drawn(chance: str, characters: int) -> str:
    return _in_digits(int(hash_of(chance), 16), characters)


def _in_digits(number: int, characters: int) -> str:
    """The last `characters` digits of the number to the base 62."""
    written = ""
    for _ in range(characters):
        number, digit = divmod(number, len(_DIGITS))
        written = _DIGITS[digit] + written
    return written
