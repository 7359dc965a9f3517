"""People who come into a team and go out of it again, by themselves or removed, with codes in their drawers
which they and others try whenever they can; who ask for all that their limits allow. And an operator who
blocks accounts, and unblocks them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from mediaforge.services.backend import Backend
from tests.faults import calls
from tests.faults.chance import Chance
from tests.faults.clients import Clients, Errand
from tests.faults.load import SUBJECT, uid_prefix
from tests.faults.platform import Outcome

REMOVAL = "removal"
_CREDITS = 200
_IMAGES_A_DAY = 2
_ROUNDS = 5
_ROUND_S = 140.0
_TRIES_A_ROUND = 4
_REFUSED = {"not-found", "not-a-member", "role-not-allowed", "quota-exceeded", "rate-limited"}


Moment = Callable[[str, float, float], float]


# ---- a drawer of codes -----------------------------------------------------------------------------


@dataclass
class _Team:
    """`ann` and `bob` own it; `eve` comes and goes under a limit, and has a second account. `drawer` is every
    code that any of them has ever been told."""

    clients: Clients
    name: str
    id: str
    drawer: list[str] = field(default_factory=list)

    @property
    def _chance(self) -> Chance:
        return self.clients.platform.stage.chance

    def uid(self, who: str) -> str:
        return f"{self.name}-{who}"

    def begin(self) -> None:
        for number in range(_ROUNDS):
            self._play(number, number * _ROUND_S)

    def _play(self, number: int, begin_s: float) -> None:
        def at_s(what: str, low: float, high: float) -> float:
            """Somewhen between these parts of the round."""
            part = self._chance.between(low, high, self.name, what, number)
            return begin_s + part * _ROUND_S

        for letter, bound_to in (("a", None), ("b", None), ("c", "zoe"), ("d", "eve")):
            owner = self._chance.one_of(("ann", "bob"), self.name, letter, number)
            self._invite(f"{number}{letter}", owner, bound_to, at_s(letter, 0, 0.3))
        for who in ("eve", "eve-2", "zoe"):
            self._try_codes(number, who, at_s)
        for who in ("eve", "eve-2"):
            at_last_s = at_s(f"{who} tries all", 0.7, 1)
            self.clients.at(at_last_s, partial(self._try_all, number, who))
        for wish in range(_IMAGES_A_DAY + 2):
            self._submit(f"{number}.{wish}", at_s(f"wish {wish}", 0.2, 1))
        # Gone by themselves, by an owner, or both, in any order.
        if self._chance.happens(0.6, self.name, "leaves", number):
            self._end("leave", "eve", number, at_s("leaves", 0.4, 0.9))
        if self._chance.happens(0.6, self.name, "is removed", number):
            self._end(REMOVAL, "ann", number, at_s("is removed", 0.4, 0.9))
        if self._chance.happens(0.5, self.name, "the other goes", number):
            self._end(REMOVAL, "bob", number, at_s("the other goes", 0.6, 1), of="eve-2")

    def _try_all(self, number: int, who: str) -> None:
        for code in self.drawer:
            self._do("accept", f"{who} {number} {code}", who, "accept", code=code)

    def _try_codes(self, number: int, who: str, at_s: Moment) -> None:
        for attempt in range(_TRIES_A_ROUND):
            about = f"{who} tries {attempt}"
            self.clients.at(at_s(about, 0.1, 1), partial(self._try_one, number, who, attempt))

    def _try_one(self, number: int, who: str, attempt: int) -> None:
        """One of the drawer: as likely an old one as a new one."""
        if not self.drawer:
            return
        about = (self.name, who, number, attempt, self.clients.platform.count(f"{self.name} {who}"))
        code = self._chance.one_of(self.drawer, *about)
        self._do("accept", f"{who} {about[2:]}", who, "accept", code=code)

    def _invite(self, name: str, owner: str, bound_to: str | None, at_s: float) -> None:
        role = self._chance.one_of(("editor", "owner"), self.name, name, "role")
        fields = {"role": role, **({"boundTo": self.uid(bound_to)} if bound_to else {})}

        def note(_: datetime, outcome: Outcome[str]) -> None:
            if outcome.value:
                self.drawer.append(outcome.value)
            else:
                self._note(f"invite {name}", outcome)

        def call(backend: Backend) -> str:
            return calls.invite(backend, self.uid(owner), self.id, **fields)

        self.clients.do(Errand("invite", f"{self.name} {name}", call, note), at_s)

    def _end(self, kind: str, by: str, number: int, at_s: float, of: str = "eve") -> None:
        name = f"{number} of {of} by {by}"
        self._do(kind, name, by, "remove", at_s, uid=self.uid(of))

    def _submit(self, name: str, at_s: float) -> None:
        request_id = f"{self.name}.{name}"
        payload = {"prompt": SUBJECT, "model": "local-image", "requestId": request_id}
        sent = {**payload, "teamId": self.id}
        errand = Errand(
            "member",
            request_id,
            lambda backend: calls.submit(backend, self.uid("eve"), sent),
            lambda _, outcome: self._note(request_id, outcome),
        )
        self.clients.do(errand, at_s)

    def _do(
        self, kind: str, name: str, who: str, action: str, at_s: float = 0, **fields: Any
    ) -> None:
        errand = Errand(
            kind,
            f"{self.name} {name}",
            lambda backend: calls.manage(backend, self.uid(who), self.id, action, **fields),
            lambda _, outcome: self._note(f"{kind} {name}", outcome),
        )
        self.clients.do(errand, at_s)

    def _note(self, name: str, outcome: Outcome[Any]) -> None:
        if outcome.refusal and outcome.refusal.reason not in _REFUSED:
            record = self.clients.platform.stage.record
            record.surprises.append(f"{self.name} {name} was refused: {outcome.refusal}")


def plan_members(clients: Clients, teams: int) -> None:
    for number in range(teams):
        _make_team(
            clients, f"{uid_prefix(clients.platform.stage.chance.seed)}drawer{number}"
        ).begin()


def _make_team(clients: Clients, name: str) -> _Team:
    """With its two owners and the limited member, before anything goes wrong for it."""
    platform, record = clients.platform, clients.platform.stage.record
    owner, other, eve = (f"{name}-{who}" for who in ("ann", "bob", "eve"))
    others = (f"{name}-{who}" for who in ("eve-2", "zoe"))
    record.sign_ins |= {uid: {("uid", uid)} for uid in (owner, other, eve, *others)}

    def make(backend: Backend) -> str:
        team_id = calls.make_team(backend, owner, [other, eve], name)
        calls.manage(backend, owner, team_id, "setMember", uid=other, role="owner")
        limits = {"imagesADay": _IMAGES_A_DAY}
        calls.manage(backend, owner, team_id, "setMember", uid=eve, limits=limits)
        calls.grant(backend, f"team_{team_id}", _CREDITS, name)
        return team_id

    team_id = platform.live(f"team {name}", make, is_troubled=False).value
    assert team_id, "nothing goes wrong yet"
    record.grants[f"team_{team_id}", name] = _CREDITS
    record.member_limits[team_id, eve] = _IMAGES_A_DAY
    return _Team(clients, name, team_id)


# ---- blocks ----------------------------------------------------------------------------------------

_WISHES = 8
_BLOCKS = 3
_BLOCK_BEGINS_S = (10.0, 60.0)
_BLOCKED_S = (20.0, 160.0)
_COME_BACK_S = (5.0, 60.0)
_COME_BACK_MAX = 40


def plan_blocks(clients: Clients, users: int) -> None:
    for number in range(users):
        uid = f"{uid_prefix(clients.platform.stage.chance.seed)}blocked{number}"
        clients.platform.stage.record.sign_ins[uid] = {("uid", uid)}
        for wish in range(_WISHES):
            _plan_wish(clients, uid, wish)
        _plan_blocks_of(clients, uid)


def _plan_wish(clients: Clients, uid: str, number: int) -> None:
    """Many at the same moments, so that some wait when the block comes."""
    chance, request_id = clients.platform.stage.chance, f"{uid}.{number}"
    at_s = chance.between(0, 120, "wish", uid, number // 4) + chance.between(0, 3, request_id)
    prompt = f"{SUBJECT} {chance.one_of(('', '[[throttle:1]]', '[[sleep:90]]'), request_id)}"
    payload = {"prompt": prompt, "model": "local-image", "requestId": request_id}
    _ask(clients, uid, payload, at_s, tries=1)


def _ask(clients: Clients, uid: str, payload: dict[str, Any], at_s: float, tries: int) -> None:
    """Whoever is blocked comes again."""
    chance, request_id = clients.platform.stage.chance, payload["requestId"]

    def note(_: datetime, outcome: Outcome[str]) -> None:
        reason = outcome.refusal and outcome.refusal.reason
        if reason == "account-blocked" and tries < _COME_BACK_MAX:
            back_s = chance.between(*_COME_BACK_S, "back", request_id, tries)
            _ask(clients, uid, payload, back_s, tries + 1)
        elif reason not in (None, "quota-exceeded", "insufficient-credits"):
            clients.platform.stage.record.surprises.append(f"{request_id} was refused: {reason}")

    call = partial(calls.submit, uid=uid, payload=payload)
    clients.do(Errand("blocked", request_id, call, note), at_s)


def _plan_blocks_of(clients: Clients, uid: str, number: int = 0) -> None:
    """One after the other, each when the one before was answered: nobody stays blocked."""
    chance, account_id = clients.platform.stage.chance, f"user_{uid}"

    def next_one() -> None:
        if number + 1 < _BLOCKS:
            _plan_blocks_of(clients, uid, number + 1)

    def unblock() -> None:
        lasts_s = chance.between(*_BLOCKED_S, "for", uid, number)
        call = partial(calls.unblock, account_id=account_id)
        _control(clients, "unblock", f"{uid} {number}", call, lasts_s, next_one)

    begins_s = chance.between(*_BLOCK_BEGINS_S, "blocked", uid, number)
    call = partial(calls.block, account_id=account_id)
    _control(clients, "block", f"{uid} {number}", call, begins_s, unblock)


def _control(
    clients: Clients,
    kind: str,
    name: str,
    call: Callable[[Backend], None],
    delay_s: float,
    then: Callable[[], None],
) -> None:
    def note(_: datetime, outcome: Outcome[None]) -> None:
        if outcome.refusal:
            record = clients.platform.stage.record
            record.surprises.append(f"{kind} {name} was refused: {outcome.refusal}")
        then()

    clients.do(Errand(kind, name, call, note), delay_s)
