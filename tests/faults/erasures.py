"""Users who are erased in the middle of their work, while everything goes wrong: a run of its own, on the
same platform, small enough for every test run. It is judged from plain documents and from the record of all
commits.

Each of them has jobs that run, wait and are scheduled, batches, uploads, payments, and is in a team of
somebody who stays. Events and calls of theirs come before, beside and after it; in the end none of it may be
found.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from mediaforge.domain.errors import RequestError
from mediaforge.domain.sign_ins import identities_of
from mediaforge.ports.documents import Documents
from mediaforge.ports.media import Media
from mediaforge.services.backend import Backend
from tests.faults import calls
from tests.faults.chance import Chance
from tests.faults.harness import START, _catalogue, _directors
from tests.faults.platform import TIMING, Outcome, Platform
from tests.faults.process import Rates, Stage
from tests.faults.record import Fields, Record
from tests.faults.stores import MemoryStores
from tests.faults.timeline import Timeline
from tests.memory.clock import ManualClock
from tests.memory.media import MemoryMedia
from tests.support.delivery_rule import may_get
from tests.support.pictures import PICTURE
from tests.support.stripe_events import COMPLETED, event_of, refund_of, session_of

_PEOPLE, _JOBS, _ROWS = 3, 6, 4
_TAGS = ("", "", "[[sleep:90]]", "[[throttle:1]]", "[[fail:transient:1]]", "[[crash:after-save]]")
_MODELS = ("local-image", "billing-image", "stoppable-image")
_LEAVES_S, _LATE_S = (20, 240), 2_400
_TRIES_MAX, _LIVES_ON = 25, timedelta(hours=5)
_BOUGHT = 500
_ENDS = ("completed", "failed", "cancelled")


@dataclass(frozen=True)
class Erasures:
    """A run of this seed. The sabotages take a safeguard away."""

    seed: int
    people: int = _PEOPLE
    rates: Rates = field(default_factory=Rates)
    sabotage: Callable[[Documents], Documents] = lambda documents: documents
    media_sabotage: Callable[[Media], Media] = lambda media: media


@dataclass
class _Person:
    """`linked` is a phone number that only their sign-in record has; who comes back has it."""

    uid: str
    leaves_s: float
    answered_at: Any = None
    late: dict[str, str | None] = field(default_factory=dict)

    @property
    def account_id(self) -> str:
        return f"user_{self.uid}"

    @property
    def phone(self) -> str:
        return f"+1555{self.uid[-1]}"


@dataclass
class Run:
    settings: Erasures
    platform: Platform
    people: Sequence[_Person]
    host: str
    team_id: str = ""
    unanswered: list[str] = field(default_factory=list)

    @property
    def chance(self) -> Chance:
        return self.platform.stage.chance

    @property
    def record(self) -> Record:
        return self.platform.stage.record

    def do(
        self,
        name: str,
        delay_s: float,
        call: Callable[[Backend], Any],
        heard: Callable[[Outcome[Any]], None] = lambda _: None,
        tries: int = 1,
    ) -> None:
        """Sent until it is answered, by a refusal or otherwise."""

        def attempt() -> None:
            outcome = self.platform.live(name, call)
            if not outcome.is_lost:
                heard(outcome)
            elif tries < _TRIES_MAX:
                self.do(name, self.chance.between(1, 30, name, tries), call, heard, tries + 1)
            else:
                self.unanswered.append(f"{name}: was never answered ({outcome.why})")

        self.platform.stage.timeline.after(delay_s, attempt)


def play_erasures(settings: Erasures) -> tuple[Record, list[str]]:
    """All that was done, and what is wrong with it."""
    clock, chance, record = ManualClock(START), Chance(settings.seed), Record()
    stage = Stage(Timeline(clock), chance, record, settings.rates)
    stage.plan_outages(300)
    stores = MemoryStores()
    platform = Platform(
        stage,
        stores,
        _catalogue(40),
        settings.sabotage,
        _directors,
        settings.media_sabotage,
        may_get,
    )
    people = [
        _Person(f"quitter-{settings.seed}-{n}", chance.between(*_LEAVES_S, "leaves", n))
        for n in range(settings.people)
    ]
    run = Run(settings, platform, people, f"host-{settings.seed}")
    _set_up(run)
    for person in people:
        _live(run, person)
        _leave(run, person)
    platform.start_schedules(sweeps=True)
    stage.timeline.run(lambda: _is_over(run))
    contents, files = stores.contents(), stores.files()
    findings = [*run.unanswered, *record.surprises, *_judge(run, contents, files)]
    return record, findings


def _is_over(run: Run) -> bool:
    now, last = run.platform.clock.now(), run.record.last
    if now > START + _LIVES_ON:
        return True
    is_erasing = any(person.account_id in path for path in last for person in run.people)
    return not (is_erasing or run.platform.stage.timeline.foreground or run.record.unsettled)


def _set_up(run: Run) -> None:
    def made(name: str, call: Callable[[Backend], Any]) -> Any:
        return run.platform.live(name, call, is_troubled=False).value

    others = [person.uid for person in run.people]
    run.team_id = made("team", lambda b: calls.make_team(b, run.host, others, "Lights"))
    account_id = f"team_{run.team_id}"
    made("tier", lambda b: calls.set_tier(b, account_id, "studio"))
    made("gift", lambda b: calls.grant(b, account_id, 400, "of the team"))
    for person in run.people:
        known = identities_of(person.uid, phone=person.phone)
        run.platform.sign_ins.records[person.uid] = known
        made("tier", lambda b, p=person: calls.set_tier(b, p.account_id, "pro"))  # type: ignore[misc]
        made("gift", lambda b, p=person: calls.grant(b, p.account_id, 300, p.uid))  # type: ignore[misc]


# ---- what they do ------------------------------------------------------------------------------------


def _live(run: Run, person: _Person) -> None:
    chance, uid = run.chance, person.uid
    for number in range(_JOBS):
        name = f"{uid}.{number}"
        payload: dict[str, Any] = {
            "prompt": f"the words of {uid} {chance.one_of(_TAGS, name)}",
            "model": chance.one_of(_MODELS, "model", name),
            "count": 1 + number % 2,
            "requestId": name,
        }
        if number == 0:
            payload["scheduledAt"] = (START + timedelta(hours=1)).isoformat()
        if number % 3 == 2:
            payload["teamId"] = run.team_id
        at_s = chance.between(0, person.leaves_s + 20, "wish", name)
        run.do(f"submit {name}", at_s, lambda b, p=payload: calls.submit(b, uid, p))  # type: ignore[misc]
    rows = [{"prompt": f"the words of {uid}"}] * _ROWS
    for team_id in ("", run.team_id):
        batch = {"name": f"of {uid}", "rows": rows, "requestId": f"batch {team_id}"}
        sent = {**batch, "teamId": team_id} if team_id else batch
        at_s = chance.between(0, person.leaves_s, "batch", uid, team_id)
        run.do(f"batch {uid}", at_s, lambda b, s=sent: calls.submit_rows(b, uid, s))  # type: ignore[misc]
    _pay(run, person)
    # The last one comes when the ID token of before is about to end.
    for number, (first_s, last_s) in enumerate(((0, 200), (0, 600), (700, 850))):
        at_s = chance.between(first_s, person.leaves_s + last_s, "upload", uid, number)
        run.platform.stage.timeline.after(at_s, lambda n=number: _upload(run, person, n))  # type: ignore[misc]


def _pay(run: Run, person: _Person) -> None:
    """One payment before, whose refund comes any time; one that comes any time, too."""
    for number, latest_s in enumerate((10.0, _LATE_S * 2.0)):
        name = f"{run.people.index(person)}_{number}"
        paid = event_of(COMPLETED, session_of(name, _BOUGHT, person.account_id), f"evt_{name}")
        at_s = run.chance.between(0, latest_s, "pays", name)
        run.do(f"payment {name}", at_s, lambda b, e=paid: calls.hear(b, e))  # type: ignore[misc]
        back = event_of("refund.created", refund_of(name, name, 100), f"evt_{name}_r")
        at_s = run.chance.between(0, _LATE_S * 3, "back", name)
        run.do(f"refund {name}", at_s, lambda b, e=back: calls.hear(b, e))  # type: ignore[misc]


def _upload(run: Run, person: _Person, number: int) -> None:
    """By a client, as long as its ID token is valid. Its event may be lost."""
    now, token = run.platform.clock.now(), timedelta(seconds=TIMING.token_s)
    if person.answered_at is not None and now > person.answered_at + token:
        return
    path, media = f"references/{person.uid}/u{number}.png", run.platform.stores.media
    media.save(path, PICTURE, "image/png", "t", over=media.list(path).get(path, 0))
    generation = media.list(path)[path]
    if run.chance.happens(0.7, "event", path):
        run.do(f"event of {path}", 1, lambda b: calls.note_upload(b, path, generation))


def _leave(run: Run, person: _Person) -> None:
    def note(outcome: Outcome[Any]) -> None:
        person.answered_at = run.platform.clock.now()
        for number in range(3):
            name = f"{person.uid}.late.{number}"
            delay_s = run.chance.between(0, _LATE_S, name)
            run.do(f"late {name}", delay_s, lambda b, n=name: _ask_late(run, b, person, n))  # type: ignore[misc]

    run.do(f"erase {person.uid}", person.leaves_s, lambda b: calls.erase(b, person.uid), note)
    again_s = _LATE_S * 3 + run.chance.between(0, 600, "again", person.uid)
    run.do(f"back {person.uid}", again_s, lambda b: _come_back(b, person))


def _ask_late(run: Run, backend: Backend, person: _Person, name: str) -> None:
    """Under the mark everything is refused; after it they would be somebody new, which is asked elsewhere."""
    account = run.record.last.get(f"accounts/{person.account_id}")
    if account is None:
        return
    try:
        payload = {"prompt": f"the words of {person.uid}", "requestId": name}
        person.late[name] = calls.submit(backend, person.uid, payload)
    except RequestError as refusal:
        person.late[name] = None
        _expect(refusal, "account-blocked")


def _expect(refusal: RequestError, reason: str) -> None:
    if refusal.reason != reason:
        raise AssertionError(f"expected to be refused with {reason}, found {refusal.reason}")


def _come_back(backend: Backend, person: _Person) -> None:
    """Under another uid, with the phone number that was linked after the gift."""
    try:
        calls.submit(
            backend, _back(person), {"prompt": "x", "requestId": "b"}, [("phone", person.phone)]
        )
    except RequestError as refusal:
        _expect(refusal, "insufficient-credits")


def _back(person: _Person) -> str:
    return f"back{person.phone}"


# ---- what must hold ----------------------------------------------------------------------------------


def _judge(run: Run, contents: Mapping[str, Fields], files: Any) -> Iterator[str]:
    for person in run.people:
        yield from _check_traces(person, contents, files)
        for name, job_id in person.late.items():
            if job_id is not None:
                yield f"jobs/{job_id}: {name} was sent under the mark, found it accepted"
        yield from _check_slots(run, person)
    yield from _check_books(run, contents)
    yield from _check_every_moment(run)
    yield from _check_others(run, contents)
    yield from _check_gifts(run, contents)
    there = MemoryMedia(dict.fromkeys(files, b""))
    own = run.platform.live(
        "the check", lambda b: calls.violations(_with_media(b, there)), is_troubled=False
    )
    yield from own.value or []


def _with_media(backend: Backend, media: Media) -> Backend:
    return replace(backend, media=media)


def _check_traces(person: _Person, contents: Mapping[str, Fields], files: Any) -> Iterator[str]:
    for path, fields in contents.items():
        if person.uid in path or person.uid in repr(fields):
            yield f"{path}: expected nothing of {person.uid}, found it"
    for path in files:
        if person.uid in path:
            yield f"{path}: expected no file of {person.uid}, found it"


def _check_slots(run: Run, person: _Person) -> Iterator[str]:
    """Once it was answered, nothing of theirs gets a slot of their own account."""
    if person.answered_at is None:
        return
    had: dict[str, bool] = {}
    for commit in run.record.commits:
        for path, job in commit.writes.items():
            if (
                not path.startswith("jobs/")
                or job is None
                or job["account_id"] != person.account_id
            ):
                continue
            has = bool(job["is_dispatched"]) and job["status"] not in _ENDS
            if has and not had.get(path) and commit.at > person.answered_at:
                yield f"{path}: expected no slot after {person.answered_at}, found one at {commit.at}"
            had[path] = has


# Entries that come to the books after they have moved have these reasons.
_OF_PAYMENTS = {None, "taken back", "returned"}
_EFFECTS = {
    "grant": (1, 0),
    "hold": (-1, 1),
    "capture": (0, -1),
    "release": (1, -1),
    "adjust": (1, 0),
}


def _check_books(run: Run, contents: Mapping[str, Fields]) -> Iterator[str]:
    """Each person's books are there, once, closed, and add up; every hold of a job or a batch is closed."""
    books = [p for p in contents if p.startswith("accounts/erased_") and p.count("/") == 1]
    if len(books) != len(run.people):
        yield f"accounts: expected {len(run.people)} books of erased users, found {len(books)}"
    for path in books:
        entries = {p: e for p, e in contents.items() if p.startswith(f"{path}/ledger/")}
        found = (contents[path]["available"], contents[path]["held"])
        sums = [
            sum(_EFFECTS[e["type"]][side] * e["amount"] for e in entries.values())
            for side in (0, 1)
        ]
        if found != tuple(sums) or found[1]:
            yield f"{path}: expected {sums}, with nothing held, found {found}"
        if found_reasons := {e.get("reason") for e in entries.values()} - _OF_PAYMENTS:
            yield f"{path}: expected no reason of an administrator, found {found_reasons}"


def _check_every_moment(run: Run) -> Iterator[str]:
    """After each commit the entries of the account that has the balance add up to it."""
    accounts: dict[str, Fields] = {}
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    known: dict[str, Fields] = {}
    for commit in run.record.commits:
        touched = set[str]()
        for path, fields in commit.writes.items():
            if not path.startswith("accounts/"):
                continue
            account_id = path.split("/")[1]
            if "/ledger/" not in path:
                accounts[account_id] = fields or {}
                touched.add(account_id)
                continue
            for entry, sign in ((known.pop(path, None), -1), (fields, 1)):
                if entry is not None:
                    for side in (0, 1):
                        sums[account_id][side] += (
                            sign * _EFFECTS[entry["type"]][side] * entry["amount"]
                        )
            if fields is not None:
                known[path] = fields
            touched.add(account_id)
        for account_id in touched:
            account = accounts.get(account_id)
            if not account or account.get("books_moved_at") is not None:
                continue
            found = [account["available"], account["held"]]
            if found != sums[account_id]:
                yield f"accounts/{account_id}: expected {sums[account_id]} at {commit.at}, found {found}"


def _check_others(run: Run, contents: Mapping[str, Fields]) -> Iterator[str]:
    """The team goes on: nothing of it is held, and it has its owner."""
    team = contents.get(f"accounts/team_{run.team_id}", {})
    if team.get("held") or team.get("active"):
        yield f"accounts/team_{run.team_id}: expected nothing held, found {team.get('held')}"
    members = [p for p in contents if p.startswith(f"teams/{run.team_id}/members/")]
    if members != [f"teams/{run.team_id}/members/{run.host}"]:
        yield f"teams/{run.team_id}: expected its owner alone, found {members}"


def _check_gifts(run: Run, contents: Mapping[str, Fields]) -> Iterator[str]:
    """Who had the welcome credits before is given none when they are back."""
    given = {path for commit in run.record.commits for path in commit.writes}
    for person in run.people:
        had = f"accounts/{person.account_id}/ledger/welcome:grant" in given
        again = f"accounts/user_{_back(person)}/ledger/welcome:grant"
        if had and again in contents:
            yield f"{again}: expected no second welcome, found one"
