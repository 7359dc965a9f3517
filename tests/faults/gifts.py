"""People who would be welcomed more than once: each signs in as several users, by an address, a number and a
provider that they have in common, at the same moment and again later. And an operator who raises and
lowers tiers just when a month ends."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from tests.faults import calls
from tests.faults.clients import Clients, Errand
from tests.faults.load import SUBJECT, Holder, uid_prefix
from tests.faults.platform import Outcome

_AT_ONCE_S = 0.05
_COMES_AGAIN_S = (200.0, 700.0)
_MONTH_ENDS_S = 600.0
Identities = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Newcomer:
    """One user of a person. `later` is what is linked to it after its first call."""

    uid: str
    identities: Identities
    later: Identities = ()


def plan_gifts(clients: Clients, holders: Sequence[Holder], persons: int) -> None:
    for person in range(persons):
        _plan_person(clients, person)
    for holder in holders:
        if holder.weight > 1 or holder.tier == "free":
            _plan_month_end(clients, holder)


# ---- newcomers -----------------------------------------------------------------------------------


def _users_of(seed: int, person: int) -> Iterator[Newcomer]:
    name = f"{uid_prefix(seed)}p{person}"
    mail, phone = ("email", f"{name}@example.com"), ("phone", f"+1555{seed:03}{person:04}")
    google, other = ("google.com", f"{name}-17"), ("google.com", f"{name}-18")
    for letter in "abcd":
        yield Newcomer(f"{name}{letter}", (mail,))
    yield Newcomer(f"{name}e", (mail, google))
    yield Newcomer(f"{name}f", (google, phone))
    yield Newcomer(f"{name}g", (phone,), later=(other,))
    yield Newcomer(f"{name}h", (other,))
    yield Newcomer(f"{name}i", ())


def _plan_person(clients: Clients, person: int) -> None:
    chance = clients.platform.stage.chance
    at_s = chance.between(5, 300, "person", person)
    for newcomer in _users_of(chance.seed, person):
        own = (("uid", newcomer.uid), *newcomer.identities)
        clients.platform.stage.record.sign_ins[newcomer.uid] = (
            set(own) if newcomer.identities else set()
        )
        # Whoever shares what is linked later comes after it, most of the time.
        waits_s = chance.between(0, 400, "other", person) if newcomer.uid.endswith("h") else 0.0
        first_s = at_s + waits_s + chance.between(0, _AT_ONCE_S, "newcomer", newcomer.uid)
        again_s = first_s + chance.between(*_COMES_AGAIN_S, "again", newcomer.uid)
        _come(clients, newcomer, "first", newcomer.identities, first_s)
        _come(clients, newcomer, "second", newcomer.identities + newcomer.later, again_s)


def _come(
    clients: Clients, newcomer: Newcomer, name: str, identities: Identities, delay_s: float
) -> None:
    """A submission, sent until it is answered; a refusal is an answer, too."""
    payload = {"prompt": SUBJECT, "count": 1, "model": "local-image"}
    payload["requestId"] = f"{newcomer.uid}.{name}"
    record = clients.platform.stage.record

    def note(_: datetime, outcome: Outcome[str]) -> None:
        if outcome.refusal and outcome.refusal.reason != "insufficient-credits":
            record.surprises.append(f"{newcomer.uid} was refused: {outcome.refusal}")
        elif outcome.value and name == "second":
            for identity in newcomer.later:
                record.linked[identity] = (newcomer.uid, clients.platform.clock.now())

    errand = Errand(
        "newcomer",
        f"{newcomer.uid} {name}",
        lambda backend: calls.submit(backend, newcomer.uid, payload, identities),
        note,
    )
    clients.do(errand, delay_s)


# ---- tiers ---------------------------------------------------------------------------------------


def _plan_month_end(clients: Clients, holder: Holder) -> None:
    chance, account_id = clients.platform.stage.chance, clients.account_ids[holder.name]
    for number, tier in enumerate(("pro", "studio", "pro", "studio", holder.tier)):
        at_s = _MONTH_ENDS_S + chance.between(-30, 30, "month's end", holder.name, number)
        clients.set_tier(account_id, tier, at_s)
