"""The gate: how often a user or an address asks, counted before anything is read for them, refusals and
replays too. In the memory of one instance, of which there may be many: it keeps a flood cheap, and is no
quota. Those are in the account, and exact (`domain.quotas`)."""

import math
import threading
from collections import OrderedDict

from mediaforge.domain import gates
from mediaforge.domain.catalogue import GateLimits
from mediaforge.domain.errors import RateLimitedError
from mediaforge.ports.clock import Clock

KEYS_MAX = 10_000  # some two megabytes; whoever comes from more addresses is not known by them


class Gate:
    """Of users by their uid, of addresses as the platform says them."""

    def __init__(self, limits: GateLimits, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self._lock = threading.Lock()
        self._counted: OrderedDict[tuple[str, str], float] = OrderedDict()

    def admit_user(self, uid: str) -> None:
        """Counts a request. Raises RateLimitedError."""
        limits = self._limits
        self._check("user_refusals", uid, limits.user_refusals, "A user may be refused {} times")
        self._admit("user_requests", uid, limits.user_requests, "A user may ask {} times")

    def admit_address(self, address: str) -> None:
        """Counts a request. Raises RateLimitedError."""
        limits, said = self._limits, "An address may be refused {} times"
        self._check("address_refusals", address, limits.address_refusals, said)
        said = "An address may ask {} times"
        self._admit("address_requests", address, limits.address_requests, said)

    def count_user_refusal(self, uid: str) -> None:
        self._count("user_refusals", uid, self._limits.user_refusals)

    def count_address_refusal(self, address: str) -> None:
        self._count("address_refusals", address, self._limits.address_refusals)

    def _check(self, what: str, who: str, limit: int, allowed: str) -> None:
        with self._lock:
            wait_s = gates.wait_s(self._counted.get((what, who), 0.0), limit, self._now_s())
        if wait_s > 0:
            raise RateLimitedError(limit, math.ceil(wait_s), allowed)

    def _admit(self, what: str, who: str, limit: int, allowed: str) -> None:
        wait_s = self._count(what, who, limit)
        if wait_s > 0:
            raise RateLimitedError(limit, math.ceil(wait_s), allowed)

    def _count(self, what: str, who: str, limit: int) -> float:
        """Counts one more where the limit allows it: who knocks on a shut gate does not keep it shut.
        Returns how long to wait."""
        key, now_s = (what, who), self._now_s()
        with self._lock:
            known_s = self._counted.get(key, 0.0)
            wait_s = gates.wait_s(known_s, limit, now_s)
            if wait_s == 0:
                self._counted[key] = gates.count(known_s, limit, now_s)
                self._counted.move_to_end(key)
                if len(self._counted) > KEYS_MAX:
                    self._counted.popitem(last=False)
        return wait_s

    def _now_s(self) -> float:
        return self._clock.now().timestamp()
