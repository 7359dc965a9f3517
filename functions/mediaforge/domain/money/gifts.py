"""The welcome credits: given once per identity, and up to a daily limit for the whole project. Pure."""

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
    """What became of an account's welcome credits. NOT_YET: the account may still get them. HAD: one of its
    identities had them before, in another account."""

    NOT_YET = ""
    GIVEN = "given"
    HAD = "had"


class Withheld(StrEnum):
    """Why an account gets no welcome credits now, which tells the caller what to do about it."""

    VERIFY = "verify"
    TOMORROW = "tomorrow"


@dataclass(frozen=True, slots=True)
class WelcomePolicy:
    """`sign_ins` are the ways to sign in that count as verified (see `SignIn.is_among`). `credits_a_day_max`
    is the most that all accounts together are given on one UTC day."""

    sign_ins: tuple[str, ...] = ()
    credits_a_day_max: int = 0

    def counts(self, sign_in: SignIn) -> bool:
        return sign_in.is_among(self.sign_ins)

    def shares(self, gift_credits: int) -> Sequence[int]:
        """The day's credits in whole gifts, split into parts. Each part has a counter of its own, so that
        many newcomers at once do not all write to one document."""
        gifts = self.credits_a_day_max // gift_credits
        parts = min(_SHARES_MAX, max(1, gifts // _GIFTS_A_SHARE))
        return [(gifts // parts + (part < gifts % parts)) * gift_credits for part in range(parts)]


@dataclass(frozen=True, slots=True)
class GiftKey:
    """`system/gift_key`: the secret that turns identities into the names of their markers."""

    key: str


@dataclass(frozen=True, slots=True)
class GiftMarker:
    """`gifts/{markerId}`: somebody with this identity had the welcome credits. It keeps the month
    only, not the person nor the account."""

    month: str


@dataclass(frozen=True, slots=True)
class WelcomeDay:
    """`welcome_days/{day}_{part}`: what was given on that UTC day, out of one part of the day's credits."""

    credits: int = 0


def marker_id(key: GiftKey, identity: Identity) -> str:
    """The id of an identity's marker. Without the key nobody can tell whose marker
    it is, or compute somebody's id."""
    named = joined(identity.kind, identity.value).encode()
    return hmac.new(key.key.encode(), named, hashlib.sha256).hexdigest()


def fingerprint(identities: Iterable[Identity]) -> str:
    """A short name of the set. It changes when an identity is linked or verified."""
    named = sorted(joined(identity.kind, identity.value) for identity in identities)
    return hashlib.sha256("\n\n".join(named).encode()).hexdigest()[:16]
