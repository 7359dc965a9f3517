"""Guests of batches: they come in by a code, look at every picture as long as they may, keep its address, are
shut out, and sometimes let in again. `witness` sees what they can read."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from mediaforge.services.backend import Backend
from tests.faults import calls
from tests.faults.chance import Chance
from tests.faults.clients import Clients, Errand
from tests.faults.platform import Outcome

_GUESTS = 2
_INVITED, _BACK, _ROUNDS = 0.5, 0.5, 3
_STAYS_S, _AWAY_S, _TRIES_MAX = (20, 1500), (1, 400), 8
# A code may have ended, and a share that has still to be ended lets nobody in again.
_REFUSED = {"not-found", "illegal-state"}


@dataclass(frozen=True)
class _Guest:
    clients: Clients
    batch_id: str
    uid: str
    hosts: tuple[str, ...]

    @property
    def _chance(self) -> Chance:
        return self.clients.platform.stage.chance

    def invite(self, number: int, at_s: float) -> None:
        host = self._chance.one_of(self.hosts, "host", self.uid, number)

        def note(_: datetime, outcome: Outcome[str]) -> None:
            self._note(f"invite {number}", outcome)
            if outcome.value is not None:
                self._join(number, outcome.value, tries=1)

        call = partial(calls.share, by=host, batch_id=self.batch_id)
        self.clients.do(Errand("share", f"{self.uid} {number}", call, note), at_s)

    def _join(self, number: int, code: str, tries: int) -> None:
        def note(_: datetime, outcome: Outcome[None]) -> None:
            self._note(f"join {number}", outcome)
            stays_s = self._chance.between(*_STAYS_S, "stays", self.uid, number)
            if outcome.refusal is None:
                self.clients.at(stays_s, partial(self._shut_out, number))
            elif outcome.refusal.reason == "illegal-state" and tries < _TRIES_MAX:
                self.clients.at(stays_s, partial(self._join, number, code, tries + 1))

        def call(backend: Backend) -> None:
            calls.join_batch(backend, self.uid, self.batch_id, code)

        delay_s = self._chance.between(0, 30, "joins", self.uid, number, tries)
        self.clients.do(Errand("join", f"{self.uid} {number}", call, note), delay_s)

    def _shut_out(self, number: int) -> None:
        """A host's client writes that, as the rules let it; there is no call."""
        self.clients.platform.live(
            f"{self.uid} is shut out",
            partial(calls.end_share, batch_id=self.batch_id, uid=self.uid),
            is_troubled=False,
        )
        if number + 1 < _ROUNDS and self._chance.happens(_BACK, "back", self.uid, number):
            self.invite(number + 1, self._chance.between(*_AWAY_S, "away", self.uid, number))

    def _note(self, name: str, outcome: Outcome[str] | Outcome[None]) -> None:
        if outcome.refusal is not None and outcome.refusal.reason not in _REFUSED:
            record = self.clients.platform.stage.record
            record.surprises.append(f"{self.uid} {name} was refused: {outcome.refusal}")


def plan_guests(
    clients: Clients, batch_id: str, hosts: tuple[str, ...], name: str, within_s: float
) -> None:
    """For the batch of `hosts`, who are called `name` together."""
    chance = clients.platform.stage.chance
    for number in range(_GUESTS):
        about = (batch_id, number)
        if chance.happens(_INVITED, "invited", *about):
            guest = _Guest(clients, batch_id, f"{name}-visitor{number}-{batch_id[:6]}", hosts)
            guest.invite(0, chance.between(0, within_s, "when invited", *about))
