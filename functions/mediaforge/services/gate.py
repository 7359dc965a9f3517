"""The gate: how often a user or an address asks, counted before anything is read for them. Refusals and
replays count, too. The counts are in the memory of one instance, and there may be many instances: the gate
keeps a flood cheap, and is no quota. Quotas are kept in the account, and are exact (`domain.quotas`)."""

import math
import threading
from collections import OrderedDict
from typing import NamedTuple

from mediaforge.domain.catalogue import GateLimits
from mediaforge.domain.errors import RateLimitedError
from mediaforge.domain.people import gates
from mediaforge.ports.clock import Clock

# About 2 MB of memory. Beyond it the least recently counted key is forgotten, so the gate does not hold back
# a flood from more addresses than that.
KEYS_MAX = 10_000


class _Window(NamedTuple):
    """One kind of event that is counted: `limit` of them are allowed a minute. `allowed` is the sentence that
    tells the caller so, with `{}` for the limit."""

    allowed: str
    limit: int


class Allowance(NamedTuple):
    """What is left of a limit: `left` requests now, and `limit` again in `full_in_s` seconds."""

    limit: int
    left: int
    full_in_s: int


class Gate:
    """Counts the requests and refusals of users, by uid, and of addresses, as the platform reports them."""

    def __init__(self, limits: GateLimits, clock: Clock) -> None:
        self._user_refusals = _Window("A user may be refused {} times", limits.user_refusals)
        self._user_requests = _Window("A user may ask {} times", limits.user_requests)
        self._address_refusals = _Window(
            "An address may be refused {} times", limits.address_refusals
        )
        self._address_requests = _Window("An address may ask {} times", limits.address_requests)
        self._clock = clock
        self._lock = threading.Lock()
        self._counted: OrderedDict[tuple[_Window, str], float] = OrderedDict()

    def admit_user(self, uid: str) -> Allowance:
        """Counts a request of a user, or of a key (`Caller.gate_name`). Raises RateLimitedError."""
        self._admit(uid, self._user_refusals, self._user_requests)
        return self._left(self._user_requests, uid)

    def admit_address(self, address: str) -> None:
        """Counts a request. Raises RateLimitedError."""
        self._admit(address, self._address_refusals, self._address_requests)

    def count_user_refusal(self, uid: str) -> None:
        self._count(self._user_refusals, uid)

    def count_address_refusal(self, address: str) -> None:
        self._count(self._address_refusals, address)

    def _admit(self, who: str, refusals: _Window, requests: _Window) -> None:
        """Raises with the longer of both waits: a caller who waits that long is let in."""
        now_s = self._now_s()
        with self._lock:
            waits = [(self._wait_s(window, who, now_s), window) for window in (refusals, requests)]
            wait_s, shut = max(waits, key=lambda each: each[0])
            if wait_s == 0:
                self._note(requests, who, now_s)
        if wait_s > 0:
            raise RateLimitedError(shut.limit, math.ceil(wait_s), shut.allowed, at_the_gate=True)

    def _count(self, refusals: _Window, who: str) -> None:
        """Counts a refusal only while the limit allows one more: a caller who keeps asking while they are
        shut out does not prolong their wait."""
        now_s = self._now_s()
        with self._lock:
            if self._wait_s(refusals, who, now_s) == 0:
                self._note(refusals, who, now_s)

    def _left(self, requests: _Window, who: str) -> Allowance:
        now_s = self._now_s()
        forgotten_at_s = self._counted.get((requests, who), now_s)
        left = gates.left(forgotten_at_s, requests.limit, now_s)
        return Allowance(requests.limit, left, math.ceil(max(0.0, forgotten_at_s - now_s)))

    def _wait_s(self, window: _Window, who: str, now_s: float) -> float:
        return gates.wait_s(self._counted.get((window, who), 0.0), window.limit, now_s)

    def _note(self, window: _Window, who: str, now_s: float) -> None:
        key = (window, who)
        self._counted[key] = gates.count(self._counted.get(key, 0.0), window.limit, now_s)
        self._counted.move_to_end(key)
        if len(self._counted) > KEYS_MAX:
            self._counted.popitem(last=False)

    def _now_s(self) -> float:
        return self._clock.now().timestamp()
