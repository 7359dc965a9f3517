"""The people: they submit, send again what was not answered (and sometimes what was), cancel, repeat, and
are given or buy credits; and the operator, who resets a fuse that has blown."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from mediaforge.domain.errors import (
    CancelIsChargedError,
    IllegalStateError,
    InsufficientCreditsError,
    QuotaExceededError,
    RateLimitedError,
    RequestError,
)
from mediaforge.services.backend import Backend
from tests.faults import calls, long_work
from tests.faults.chance import Chance
from tests.faults.deletions import is_leaver
from tests.faults.load import BILLING, Holder, Load, Wish
from tests.faults.platform import Outcome, Platform
from tests.faults.record import Answer, CancelPrice, Record

T = TypeVar("T")

_LIMITS = (InsufficientCreditsError, QuotaExceededError, RateLimitedError)
_TRIES_MAX = 25
_REFUSALS_MAX = 12
_SENT_TWICE = 0.05
_SENT_AGAIN = 0.15
# How likely, and after how many seconds at the latest.
_CANCELLED = (0.08, 120)
_LONG_CANCELLED = (0.35, 240)
_BILLED_CANCELLED = (0.4, 60)
_ACCEPTED_AT_ONCE = 0.4
_ACCEPTED_AFTER = 0.6
_RETRIED = 0.5
_GIFTS = 3
_TOP_UP_CREDITS = 40
_PATIENCE_S = 3600
_OPERATOR_EVERY_S = 150


@dataclass(frozen=True)
class Errand(Generic[T]):
    """Something that its sender sends until it is answered."""

    kind: str
    name: str
    call: Callable[[Backend], T]
    on_answer: Callable[[datetime, Outcome[T]], None]


@dataclass
class Clients:
    platform: Platform
    account_ids: dict[str, str] = field(default_factory=dict)
    """By the name of their holder."""
    _refusals: dict[str, int] = field(default_factory=dict)
    _purchases: int = 0

    @property
    def _chance(self) -> Chance:
        return self.platform.stage.chance

    @property
    def _record(self) -> Record:
        return self.platform.stage.record

    # ---- what is planned -----------------------------------------------------------------------

    def begin(self, load: Load) -> None:
        for holder in load.holders:
            self._plan_gifts(holder, [w for w in load.wishes if w.holder == holder])
        for wish in load.wishes:
            self._send(wish, wish.at_s)
            if wish.request_id and self._chance.happens(_SENT_TWICE, "twice", wish.name):
                self._send(wish, wish.at_s + self._chance.between(0, 0.5, "second", wish.name))
        for holder in load.holders:
            if holder.weight > 1:
                self._plan_tiers(holder)
        self.platform.every(_OPERATOR_EVERY_S, self._reset_fuses)

    def _plan_gifts(self, holder: Holder, wishes: list[Wish]) -> None:
        """Too little for all that is wanted, in parts: the rest is bought when it is missed."""
        if holder.tier == "free":
            return
        amount = max(1, sum(wish.cost_credits for wish in wishes) // 10)
        for number in range(_GIFTS):
            at_s = self._chance.between(0, 900, "gift", holder.name, number) * number
            self._give(holder, amount, f"gift-{holder.name}-{number}", at_s, calls.grant)

    def _give(
        self,
        holder: Holder,
        amount: int,
        name: str,
        delay_s: float,
        call: Callable[[Backend, str, int, str], None],
    ) -> None:
        """Delivered once or several times: by the same name it is the same gift."""
        account_id = self.account_ids[holder.name]

        def note(_: datetime, outcome: Outcome[None]) -> None:
            if outcome.refusal:
                self._record.surprises.append(f"{name} was refused: {outcome.refusal}")
            else:
                self._record.grants[account_id, name] = amount

        errand = Errand("gift", name, lambda b: call(b, account_id, amount, name), note)
        for number in range(self._chance.whole(1, 3, "deliveries", name)):
            self.do(errand, delay_s + number * self._chance.between(0, 40, "next", name))

    # ---- submissions ---------------------------------------------------------------------------

    def _send(self, wish: Wish, delay_s: float) -> None:
        payload = dict(wish.payload)
        if wish.holder.is_team:
            payload["teamId"] = self.account_ids[wish.holder.name].removeprefix("team_")
        errand = Errand(
            "submission",
            wish.name,
            lambda backend: calls.submit(backend, wish.uid, payload),
            lambda sent_at, outcome: self._answered(wish, sent_at, outcome),
        )
        self.do(errand, delay_s)

    def _answered(self, wish: Wish, sent_at: datetime, outcome: Outcome[str]) -> None:
        self._note_answer(wish, wish.request_id, sent_at, outcome)
        if outcome.refusal:
            self._refused(wish, outcome.refusal)
        elif outcome.value:
            self._accepted(wish, outcome.value)

    def _note_answer(
        self, wish: Wish, request_id: str | None, sent_at: datetime, outcome: Outcome[str]
    ) -> None:
        self._record.answers.append(
            Answer(
                at=self.platform.clock.now(),
                sent_at=sent_at,
                uid=wish.uid,
                account_id=self.account_ids[wish.holder.name],
                request_id=request_id,
                job_id=outcome.value,
                refused=outcome.refusal.reason if outcome.refusal else None,
            )
        )
        if outcome.refusal and not isinstance(outcome.refusal, _LIMITS):
            self._record.surprises.append(f"{wish.name} was refused: {outcome.refusal}")

    def _refused(self, wish: Wish, refusal: RequestError) -> None:
        """Comes back when told; whoever has no credits left buys some."""
        self._refusals[wish.name] = number = self._refusals.get(wish.name, 0) + 1
        if number > _REFUSALS_MAX:
            return
        delay_s = self._chance.between(1, 30, "come back", wish.name, number)
        if isinstance(refusal, RateLimitedError):
            delay_s += refusal.details["retryAfterSeconds"]
        elif isinstance(refusal, QuotaExceededError):
            resets_at = datetime.fromisoformat(refusal.details["resetsAt"])
            delay_s += (resets_at - self.platform.clock.now()).total_seconds()
            if delay_s > _PATIENCE_S:
                return  # not for another whole day
        elif isinstance(refusal, InsufficientCreditsError) and not is_leaver(wish.holder.name):
            self._purchases += 1
            name = f"{self._chance.seed}_{self._purchases}"
            self._give(wish.holder, _TOP_UP_CREDITS, name, 0, calls.buy)
        self._send(wish, delay_s)

    def _accepted(self, wish: Wish, job_id: str) -> None:
        about = (wish.name, self.platform.count(f"accepted {wish.name}"))
        if wish.request_id and self._chance.happens(_SENT_AGAIN, "again", *about):
            self._send(wish, self._chance.between(0, 900, "when again", *about))
        is_long = long_work.is_long(self._chance, job_id)
        short = _BILLED_CANCELLED if wish.payload["model"] in BILLING else _CANCELLED
        probability, within_s = _LONG_CANCELLED if is_long else short
        if self._chance.happens(probability, "cancel", *about):
            accepts = self._chance.happens(_ACCEPTED_AT_ONCE, "accepts", *about)
            delay_s = self._chance.between(0, within_s, "when cancelled", *about)
            self._cancel(wish, job_id, delay_s, accepts_charge=accepts)
        if self._chance.happens(_RETRIED, "retry", *about):
            delay_s = self._chance.between(60, 1500, "when retried", *about)
            self.at(delay_s, lambda: self._retry_if_it_failed(wish, job_id))

    # ---- cancelling and repeating --------------------------------------------------------------

    def _cancel(self, wish: Wish, job_id: str, delay_s: float, *, accepts_charge: bool) -> None:
        """Whoever is told what it costs accepts that, or leaves the job alone."""

        def note(sent_at: datetime, outcome: Outcome[int]) -> None:
            about, now = (job_id, sent_at), self.platform.clock.now()
            if outcome.refusal is None:
                self._record.cancelled[job_id] = now
                self._record.charged.append((job_id, outcome.value or 0))
                if self._chance.happens(0.3, "cancel again", *about):
                    self._cancel(
                        wish,
                        job_id,
                        self._chance.between(1, 300, *about),
                        accepts_charge=self._chance.happens(0.5, "accepts again", *about),
                    )
            elif isinstance(outcome.refusal, CancelIsChargedError):
                price = CancelPrice(now, sent_at, job_id, outcome.refusal.details["credits"])
                self._record.cancel_prices.append(price)
                if self._chance.happens(_ACCEPTED_AFTER, "accepts the price", *about):
                    delay_s = self._chance.between(0, 20, "when accepted", *about)
                    self._cancel(wish, job_id, delay_s, accepts_charge=True)
            elif isinstance(outcome.refusal, IllegalStateError):
                self._record.refused_cancels[job_id] = sent_at
            else:
                self._record.surprises.append(f"cancelling {job_id} was refused: {outcome.refusal}")

        owner = wish.holder.uids[0] if wish.holder.is_team else wish.uid

        def cancel(backend: Backend) -> int:
            if accepts_charge:
                self._record.accepted.add(job_id)
            return calls.cancel(backend, owner, job_id, accepts_charge=accepts_charge)

        self.do(Errand("cancel", job_id, cancel, note), delay_s)

    def _retry_if_it_failed(self, wish: Wish, job_id: str) -> None:
        if self._record.last[f"jobs/{job_id}"]["status"] not in ("failed", "cancelled"):
            return
        errand = Errand(
            "retry",
            job_id,
            lambda backend: calls.retry(backend, wish.uid, job_id),
            lambda sent_at, outcome: self._note_answer(
                wish, f"retry of {job_id}", sent_at, outcome
            ),
        )
        for number in range(self._chance.whole(1, 3, "retries", job_id)):
            self.do(errand, self._chance.between(0, 60, "retry", job_id, number))

    # ---- the operator --------------------------------------------------------------------------

    def _plan_tiers(self, holder: Holder) -> None:
        """More slots for a while, and fewer again."""
        account_id = self.account_ids[holder.name]
        at_s = self._chance.between(60, 300, "more", holder.name)
        for tier in ("studio", "pro", holder.tier):
            self.set_tier(account_id, tier, at_s)
            at_s += self._chance.between(60, 300, "then", tier, holder.name)

    def set_tier(self, account_id: str, tier: str, at_s: float) -> None:
        errand = Errand(
            "tier", account_id, lambda b: calls.set_tier(b, account_id, tier), self._note
        )
        self.do(errand, at_s)

    def _reset_fuses(self) -> None:
        for path, fields in list(self._record.last.items()):
            if path == "fuses/project" and fields["blown_at"]:
                self._reset_fuse("project")
            if path == "fuses/project" and fields["lanes"].get("free", {}).get("blown_at"):
                self._reset_fuse("free lane", lane="free")
            elif path.startswith("accounts/") and fields.get("fuse_blown_at"):
                self._reset_fuse(fields["id"], accountId=fields["id"])

    def _reset_fuse(self, name: str, **fields: str) -> None:
        errand = Errand("fuse", name, lambda b: calls.reset_fuse(b, **fields), self._note)
        self.do(errand, 0)

    def _note(self, _: datetime, outcome: Outcome[None]) -> None:
        if outcome.refusal:
            self._record.surprises.append(f"the operator was refused: {outcome.refusal}")

    # ---- sending -------------------------------------------------------------------------------

    def do(self, errand: Errand[T], delay_s: float, tries: int = 1) -> None:
        self.at(delay_s, lambda: self._try(errand, tries))

    def _try(self, errand: Errand[T], tries: int) -> None:
        sent_at = self.platform.clock.now()
        outcome = self.platform.live(f"{errand.kind} {errand.name}", errand.call)
        if not outcome.is_lost:
            errand.on_answer(sent_at, outcome)
        elif tries < _TRIES_MAX:
            delay_s = self._chance.between(1, 30, errand.kind, errand.name, "try", tries)
            self.do(errand, delay_s, tries + 1)
        else:
            self._record.unanswered.append(f"{errand.kind} {errand.name} ({outcome.why})")

    def at(self, delay_s: float, action: Callable[[], None]) -> None:
        self.platform.stage.timeline.after(delay_s, action)
