"""The welcome credits: a gift once per identity, and so much a day for the whole project. Pure."""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from mediaforge.domain.names import joined
from mediaforge.domain.sign_ins import Identity, SignIn

_SHARES_MAX = 8
_GIFTS_A_SHARE = 10


class Welcome(StrEnum):
    """What became of an account's welcome credits; an account without it may still get them. `HAD`: one of
    its identities had them before, in another account."""

    NOT_YET = ""
    GIVEN = "given"
    HAD = "had"


class Withheld(StrEnum):
    """Why there is no gift for now, and so what the caller may do about it."""

    VERIFY = "verify"
    TOMORROW = "tomorrow"


@dataclass(frozen=True, slots=True)
class WelcomePolicy:
    """`sign_ins` are the ways to sign in that count as verified (see `SignIn.is_among`);
    `credits_a_day_max` is given away on one UTC day at most, to all together."""

    sign_ins: tuple[str, ...] = ()
    credits_a_day_max: int = 0

    def counts(self, sign_in: SignIn) -> bool:
        return sign_in.is_among(self.sign_ins)

    def shares(self, gift_credits: int) -> Sequence[int]:
        """The day's credits in whole gifts, in parts that are counted apart, so that many newcomers at once
        do not all wait for one document."""
        gifts = self.credits_a_day_max // gift_credits
        parts = min(_SHARES_MAX, max(1, gifts // _GIFTS_A_SHARE))
        return [(gifts // parts + (part < gifts % parts)) * gift_credits for part in range(parts)]


@dataclass(frozen=True, slots=True)
class GiftKey:
    """`system/gift_key`: the secret that turns identities into the names of their markers."""

    key: str


@dataclass(frozen=True, slots=True)
class GiftMarker:
    """`gifts/{markerId}`: somebody with this identity had the welcome credits. It says no more than the
    month: neither who, nor in which account."""

    month: str


@dataclass(frozen=True, slots=True)
class WelcomeDay:
    """`welcome_days/{day}_{part}`: what was given on that UTC day, out of one part of the day's credits."""

    credits: int = 0


def marker_id(key: GiftKey, identity: Identity) -> str:
    """Nobody without the key can tell whose it is, or look somebody up."""
    named = joined(identity.kind, identity.value).encode()
    return hmac.new(key.key.encode(), named, hashlib.sha256).hexdigest()


def fingerprint(identities: Iterable[Identity]) -> str:
    """A short name of the set: another one says that something was linked or verified since."""
    named = sorted(joined(identity.kind, identity.value) for identity in identities)
    return hashlib.sha256("\n\n".join(named).encode()).hexdigest()[:16]
