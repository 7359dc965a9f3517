"""The creative director and its callers: a director that takes its time, says no, breaks, or is heard too
late; callers who die while it thinks, who send again, and who send the same twice at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from mediaforge.domain.errors import (
    InsufficientCreditsError,
    InvalidRequestError,
    QuotaExceededError,
    RateLimitedError,
    RejectedError,
    RequestError,
    ThrottledError,
    UnavailableError,
)
from mediaforge.ports.director import Brief, Concept, Direction
from tests.faults import calls
from tests.faults.load import SUBJECT, Holder, Load
from tests.faults.platform import Outcome, Platform
from tests.faults.process import Process
from tests.faults.provider import UnforeseenError
from tests.faults.record import Ask, Reply

_FATES = {
    "answers": 0.66,
    "refuses": 0.09,
    "throttles": 0.05,
    "fails": 0.05,
    "breaks": 0.02,
    "loses its caller": 0.08,
    "is late": 0.05,
}
_THINKS_S = (0.5, 25.0)
_LATE_S = (95.0, 260.0)  # the lease is 120 s: some of these still come in time

_EXPECTED = (InvalidRequestError, InsufficientCreditsError, QuotaExceededError, RateLimitedError)
_WISHES = (4, 8)
_NAMED = 0.85
_SENT_TWICE = 0.4
_SENT_AGAIN = 0.3
# More often than others: whoever waits for another's answer looks thirty times, and each look may fail;
# whoever dies while the director thinks keeps a place for as long as the lease; and an hour that is over its
# tier's, as it may be when the tier is lowered, has to move on. A brief has no place in its account's line:
# as long as jobs wait that use up the hour, or blow the fuse again, its caller is told to come back. These
# are about six hours of coming back; nobody has work that waits as long.
_TRIES_MAX = 400
_REFUSALS_MAX = 6


@dataclass
class SimulatedDirector:
    """Each answer is another: whoever is answered twice can be seen to have been answered the same."""

    process: Process

    def direct(self, brief: Brief, model: str) -> Direction:
        timeline, record = self.process.stage.timeline, self.process.stage.record
        name = brief.text.removeprefix(SUBJECT).strip()
        ask = Ask(name, self.process.name, timeline.clock.now())
        record.asks.append(ask)
        try:
            return self._think(ask, brief)
        finally:
            ask.ended_at = timeline.clock.now()

    def _think(self, ask: Ask, brief: Brief) -> Direction:
        ask.outcome = fate = self._fate()
        low_s, high_s = _LATE_S if fate == "is late" else _THINKS_S
        length_s = low_s + (high_s - low_s) * self.process.roll("director's time")
        self.process.stage.timeline.pause(length_s)
        if fate not in ("answers", "is late"):
            self._fail(fate)
        model = brief.models[0]
        concept = Concept(
            title="One",
            prompt=brief.text,
            negative_prompt="",
            kind=model.kind,
            aspect_ratio=model.aspect_ratios[0],
            model=model.id,
        )
        return Direction([concept], f"as {self.process.name} heard it", "a simulation")

    def _fate(self) -> str:
        if not self.process.is_troubled:
            return "answers"
        roll = self.process.roll("director's fate")
        fate = self.process.stage.chance.weighted(_FATES, "director", self.process.name, roll)
        if fate != "answers":
            self.process.note(f"director {fate}", "")
        return fate

    def _fail(self, fate: str) -> NoReturn:
        match fate:
            case "refuses":
                raise RejectedError("content-blocked", "no")
            case "throttles":
                raise ThrottledError("throttled", "slow down", retry_after_s=7)
            case "fails":
                raise UnavailableError("provider-unavailable", "not now")
            case "breaks":
                raise UnforeseenError
            case _:
                self.process.die()


@dataclass(frozen=True)
class _Wish:
    name: str
    uid: str
    payload: Mapping[str, Any]

    @property
    def request_id(self) -> str | None:
        return self.payload.get("requestId")


@dataclass(frozen=True)
class Directed:
    """Who has briefs, and sends each until it is answered or refused."""

    platform: Platform

    def begin(self, load: Load, length_s: float) -> None:
        chance = self.platform.stage.chance
        for holder in load.holders:
            if holder.is_team:
                continue  # the caller's own account pays
            for number in range(chance.whole(*_WISHES, "directions", holder.name)):
                self._plan(self._wish(holder, number), length_s)

    def _wish(self, holder: Holder, number: int) -> _Wish:
        name = f"{holder.name}.direction.{number}"
        payload = {"brief": f"{SUBJECT} {name}", "count": 1}
        if self.platform.stage.chance.happens(_NAMED, "named", name):
            payload["requestId"] = name
        return _Wish(name, holder.uids[0], payload)

    def _plan(self, wish: _Wish, length_s: float) -> None:
        chance = self.platform.stage.chance
        at_s = chance.between(0, length_s, "moment", wish.name)
        self._send_after(at_s, wish)
        if wish.request_id is None:
            return
        if chance.happens(_SENT_TWICE, "twice", wish.name):
            self._send_after(at_s + chance.between(0, 6, "second", wish.name), wish)
        if chance.happens(_SENT_AGAIN, "again", wish.name):
            self._send_after(at_s + chance.between(20, 600, "when again", wish.name), wish)

    def _send_after(self, delay_s: float, wish: _Wish, tries: int = 1, refusals: int = 0) -> None:
        self.platform.stage.timeline.after(delay_s, lambda: self._send(wish, tries, refusals))

    def _send(self, wish: _Wish, tries: int, refusals: int) -> None:
        chance = self.platform.stage.chance
        outcome = self.platform.live(
            f"direction {wish.name}", lambda backend: calls.direct(backend, wish.uid, wish.payload)
        )
        delay_s = chance.between(1, 30, "direction", wish.name, tries, refusals)
        if not outcome.is_lost:
            self._note(wish, outcome)
            if outcome.refusal is not None:
                self._refused(wish, outcome.refusal, delay_s, refusals + 1)
        elif tries < _TRIES_MAX:
            # A fuse may be blown, and its operator looks only now and then.
            self._send_after(delay_s * min(tries, 4), wish, tries + 1, refusals)
        else:
            errand = f"direction {wish.name} ({outcome.why})"
            self.platform.stage.record.unanswered.append(errand)

    def _note(self, wish: _Wish, outcome: Outcome[tuple[str, str]]) -> None:
        direction_id, rationale = outcome.value or (None, None)
        refused = outcome.refusal.reason if outcome.refusal else None
        record = self.platform.stage.record
        reply = Reply(wish.name, wish.uid, wish.request_id, direction_id, rationale, refused)
        record.replies.append(reply)
        if outcome.refusal and not isinstance(outcome.refusal, _EXPECTED):
            record.surprises.append(f"{wish.name} was refused: {outcome.refusal}")

    def _refused(self, wish: _Wish, refusal: RequestError, delay_s: float, refusals: int) -> None:
        """Comes back when there may be credits again; not for another day, and not with a brief that the
        director said no to."""
        if refusals > _REFUSALS_MAX:
            return
        if isinstance(refusal, RateLimitedError):
            self._send_after(delay_s + refusal.details["retryAfterSeconds"], wish, 1, refusals)
        elif isinstance(refusal, InsufficientCreditsError):
            self._send_after(10 * delay_s, wish, 1, refusals)
