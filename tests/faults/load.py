"""Who asks for what, and when: all of it by the seed, before anything happens."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.faults.chance import Chance

SUBJECT = "a lighthouse nobody else draws"
_TAGS = {
    "": 55,
    "[[throttle:1]]": 6,
    "[[throttle:3]]": 2,
    "[[fail:transient:1]]": 6,
    "[[fail:transient:3]]": 3,
    "[[fail:always]]": 3,
    "[[fail:permanent]]": 3,
    "[[blocked]]": 3,
    "[[partial:1]]": 4,
    "[[partial:0]]": 2,
    "[[crash:before-save]]": 3,
    "[[crash:after-save]]": 3,
    "[[sleep:90]]": 3,
    "[[throttle:1]] [[fail:transient:1]]": 2,
    "[[partial:2]] [[crash:after-save]]": 2,
}
_COUNTS = {1: 50, 2: 25, 3: 10, 4: 15}
_PRIORITIES = {"normal": 70, "low": 15, "high": 15}
_NAMED = 0.9
_SCHEDULED = 0.06
_BURST = 25
_BURST_S = 8.0
_PRICE_CREDITS = 2
# Beside the renderer, which costs nothing: what bills, and of that what no cancel stops.
BILLS_ON = frozenset({"billing-image"})
BILLING = BILLS_ON | {"stoppable-image"}
_MODELS = {"local-image": 50, "billing-image": 35, "stoppable-image": 15}


@dataclass(frozen=True)
class Holder:
    """One account and the people who spend its credits. `weight`: how much more it asks for than others."""

    name: str
    tier: str
    weight: float
    uids: tuple[str, ...]
    is_team: bool = False


@dataclass(frozen=True)
class Wish:
    """A job that somebody wants, `at_s` seconds after the start. `request_id` None: sent without one, and
    sent again it is another job."""

    name: str
    holder: Holder
    uid: str
    payload: Mapping[str, Any]
    at_s: float

    @property
    def request_id(self) -> str | None:
        return self.payload.get("requestId")

    @property
    def cost_credits(self) -> int:
        return int(self.payload["count"]) * _PRICE_CREDITS


@dataclass(frozen=True)
class Load:
    holders: Sequence[Holder]
    wishes: Sequence[Wish]


def make_load(chance: Chance, jobs: int, accounts: int, start: datetime) -> Load:
    holders = _holders(chance.seed, accounts)
    weights = {holder: holder.weight for holder in holders}
    wanted = Counter(chance.weighted(weights, "whose", number) for number in range(jobs))
    wishes = [
        _wish(chance, holder, number, start, busy_s(jobs))
        for holder in holders
        for number in range(wanted[holder])
    ]
    return Load(holders, wishes)


def busy_s(jobs: int) -> float:
    """How long jobs are asked for, in seconds from the start."""
    return 300.0 + jobs


def _holders(seed: int, accounts: int) -> list[Holder]:
    """Of ten accounts one is very busy, one busy, one a team's, and three are of the free tier."""
    uids = [f"{uid_prefix(seed)}{number}" for number in range(accounts)]
    holders = []
    for number, uid in enumerate(uids):
        match number % 10:
            case 0:
                holder = Holder(uid, "pro", 12, (uid,))
            case 5:
                holder = Holder(uid, "studio", 6, (uid,))
            case 3:
                holder = Holder(uid, "pro", 4, tuple(uids[number - 3 : number]), is_team=True)
            case 1 | 6 | 8:
                holder = Holder(uid, "free", 0.6, (uid,))
            case _:
                holder = Holder(uid, "pro", 1, (uid,))
        holders.append(holder)
    return holders


def uid_prefix(seed: int) -> str:
    return f"faults-{seed}-"


def _wish(chance: Chance, holder: Holder, number: int, start: datetime, length_s: float) -> Wish:
    name = f"{holder.name}.{number}"
    at_s = _moment_s(chance, holder, number, length_s)
    payload = {
        "prompt": f"{SUBJECT} {chance.weighted(_TAGS, 'prompt', name)}",
        "count": chance.weighted(_COUNTS, "count", name),
        "priority": _priority(chance, holder, name),
        "model": chance.weighted(_MODELS, "model", name),
    }
    if chance.happens(_NAMED, "named", name):
        payload["requestId"] = name
    if chance.happens(_SCHEDULED, "scheduled", name):
        moment = start + timedelta(seconds=at_s + chance.between(20, 1200, "when", name))
        payload["scheduledAt"] = moment.isoformat()
    uid = chance.one_of(holder.uids, "who", name)
    return Wish(name, holder, uid, payload, at_s)


def _priority(chance: Chance, holder: Holder, name: str) -> str:
    priority = chance.weighted(_PRIORITIES, "priority", name)
    return "low" if priority == "high" and holder.tier == "free" else priority


def _moment_s(chance: Chance, holder: Holder, number: int, length_s: float) -> float:
    """The busy ask in bursts: many at the same moment, who all meet on one account."""
    if holder.weight <= 1:
        return chance.between(0, length_s, "moment", holder.name, number)
    burst = number // _BURST
    began_s = chance.between(0, length_s, "burst", holder.name, burst)
    return began_s + chance.between(0, _BURST_S, "moment", holder.name, number)
