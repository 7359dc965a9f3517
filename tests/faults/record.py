"""What happened in a run, as plain values: what was committed, answered and asked of the provider.

The verdict reads this and the documents, and nothing else. So nothing here knows the services' types, but for
two that are stored otherwise than they are thought of.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from mediaforge.domain.money.quotas import DailyLimits, Usage

Fields = Mapping[str, Any]
Identity = tuple[str, str]


@dataclass
class Commit:
    """One commit: the documents it wrote by path, in the order it wrote them, None for a deleted one."""

    at: datetime
    process: str
    writes: Mapping[str, Fields | None]


@dataclass
class Call:
    """One call of the provider by the worker `owner`. `ended_at` is when that worker died, or had the last
    of the assets; `offered` how many there were. `asks` is the handle where it only is a question."""

    job_id: str
    account_id: str
    attempt: int
    snoozes: int
    owner: str
    process: str
    started_at: datetime
    ended_at: datetime | None = None
    outcome: str = "open"
    offered: int = 0
    asks: str | None = None

    @property
    def costs_money(self) -> bool:
        """A question is free, and a provider that says "slow down" or turns us away has done nothing; of
        any other call we cannot know."""
        return self.asks is None and self.outcome not in ("throttled", "turned away")


@dataclass(frozen=True)
class Told:
    """One call of the provider to stop an operation."""

    at: datetime
    process: str
    is_heard: bool


@dataclass
class Operation:
    """What the provider took on for one attempt of a job; `process` submitted it. It ends by itself at
    `ready_at` (None: never), and `end` is how. `asked` counts the questions, `over_at` is when one was
    first answered with the end."""

    handle: str
    job_id: str
    account_id: str
    attempt: int
    process: str
    submitted_at: datetime
    ready_at: datetime | None
    end: str
    asked: int = 0
    over_at: datetime | None = None
    told: list[Told] = field(default_factory=list)

    @property
    def stopped_at(self) -> datetime | None:
        return next((told.at for told in self.told if told.is_heard), None)


@dataclass(frozen=True)
class Save:
    """A generated file as `process` wrote it, when there had been so many commits."""

    commits: int
    process: str
    path: str
    content: bytes


@dataclass(frozen=True)
class Look:
    """What its user could read of a file, by its path, by its address or both."""

    at: datetime
    commits: int
    path: str
    by_path: bool
    by_address: bool
    content: bytes


@dataclass(frozen=True)
class Answer:
    """A submission's answer, or its refusal (`job_id` None). `request_id` None: it had none."""

    at: datetime
    sent_at: datetime
    uid: str
    account_id: str
    request_id: str | None
    job_id: str | None
    refused: str | None = None


@dataclass(frozen=True)
class CancelPrice:
    """A cancel that was not done, since it costs so much."""

    at: datetime
    sent_at: datetime
    job_id: str
    credits: int


@dataclass
class Ask:
    """One question to the creative director, by the call `process`. `outcome` is what it was going to do."""

    name: str
    process: str
    started_at: datetime
    ended_at: datetime | None = None
    outcome: str = "open"


@dataclass(frozen=True)
class Reply:
    """A direction's answer (`direction_id`, `rationale`), or its refusal."""

    name: str
    uid: str
    request_id: str | None
    direction_id: str | None
    rationale: str | None
    refused: str | None = None


@dataclass(frozen=True)
class Reading:
    """What a process was told of the fuses that stop a lane."""

    at: datetime
    lane: str
    is_blown: bool


@dataclass(frozen=True)
class Payment:
    """One payment by Stripe, as it really was in the end. `cents_back` are with the buyer again."""

    account_id: str
    credits: int
    cents_total: int
    cents_back: int


@dataclass(frozen=True)
class BatchCall:
    """One try of a call about a batch, by `process`, when there had been so many commits. `kind` is what is
    asked, and `name` tells one errand from another: its tries have the same. `batch_id` is None where a
    batch is submitted; `is_named`: it was sent with a requestId; `row`: the one that is edited."""

    process: str
    kind: str
    name: str
    batch_id: str | None
    is_named: bool
    at: datetime
    commits: int
    row: int | None = None


@dataclass(frozen=True)
class BatchAnswer:
    """The answer to an errand about a batch, when there had been so many commits: the batch's id, or why it
    was refused. Of several answers to one errand each is here."""

    kind: str
    name: str
    uid: str
    request_id: str | None
    batch_id: str | None
    refused: str | None
    commits: int


@dataclass
class Record:
    """All of it. `last` is each document as it was committed last, `unsettled` the jobs,
    directions, teams, batches and shares among them that have not come to rest.

    Of the clients: `cancelled` and `refused_cancels` are jobs with the time of the answer; `accepted` those
    whose cancel was sent with the charge accepted, `cancel_prices` what others were told that it costs, and
    `charged` what was answered that it did; `grants` the credits of each gift that was acknowledged, by
    account and name; `payments` by Stripe, by payment intent; `unanswered` what was sent again and
    again in vain; `surprises` what nobody should have seen, like an exception that is none of ours.
    Of the platform: `sent` are the queues that the tasks of a job were put into; `lost_queues` are the jobs
    of which no task ever arrived; `cut_off` the processes that did not end by themselves; `slots` is how many
    jobs each tier may run at once, `levels` what each gives a month; `welcome_a_day` what all newcomers
    together may be given, `welcome_part` the largest part of it that is counted by itself; `lasted` from when
    to when the platform lived.
    Of teams: `member_limits` is how many images of a day one of them, by team and uid, may ask for.
    Of who signed in: `sign_ins` is what each uid is known by for certain (nothing where nothing is verified),
    `linked` what was linked to one later, and when that was answered.
    Of teams: `dead_addresses` that a view showed, `kept_addresses` of somebody who went that answered when
    they were over, and how many of those were tried, by members and guests and by guests alone.
    Of batches: `batch_calls` and `batch_answers`.
    Of the provider: `operations` by their handle. Of the creative director: `asks`, the `replies` to its
    callers, and the `direction_limits` of a day by tier. Of Storage: `saves` of generated files, and
    `looks`, what could be read of them. Of the fuses: `readings` of those over all accounts by process;
    `hour_limits` and `lanes` by tier, the `share` of an account, and `fuse_limits` of the project and a lane.
    """

    commits: list[Commit] = field(default_factory=list)
    last: dict[str, Fields] = field(default_factory=dict)
    unsettled: set[str] = field(default_factory=set)
    calls: list[Call] = field(default_factory=list)
    operations: dict[str, Operation] = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)
    saves: list[Save] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    dead_addresses: list[str] = field(default_factory=list)
    kept_addresses: list[str] = field(default_factory=list)
    tried_addresses: int = 0
    tried_as_guest: int = 0
    cancelled: dict[str, datetime] = field(default_factory=dict)
    refused_cancels: dict[str, datetime] = field(default_factory=dict)
    accepted: set[str] = field(default_factory=set)
    cancel_prices: list[CancelPrice] = field(default_factory=list)
    charged: list[tuple[str, int]] = field(default_factory=list)
    grants: dict[tuple[str, str], int] = field(default_factory=dict)
    payments: dict[str, Payment] = field(default_factory=dict)
    unanswered: list[str] = field(default_factory=list)
    surprises: list[str] = field(default_factory=list)
    sent: dict[str, set[str]] = field(default_factory=dict)
    lost_queues: set[str] = field(default_factory=set)
    cut_off: set[str] = field(default_factory=set)
    slots: dict[str, int] = field(default_factory=dict)
    levels: dict[str, int] = field(default_factory=dict)
    welcome_a_day: int = 0
    welcome_part: int = 0
    sign_ins: dict[str, set[Identity]] = field(default_factory=dict)
    linked: dict[Identity, tuple[str, datetime]] = field(default_factory=dict)
    lasted: tuple[datetime, datetime] | None = None
    faults: Counter[str] = field(default_factory=Counter)
    trace: list[str] = field(default_factory=list)
    asks: list[Ask] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    direction_limits: dict[str, Mapping[str, int]] = field(default_factory=dict)
    readings: dict[str, list[Reading]] = field(default_factory=dict)
    hour_limits: dict[str, int] = field(default_factory=dict)
    lanes: dict[str, str] = field(default_factory=dict)
    share: int = 0
    fuse_limits: dict[str, int] = field(default_factory=dict)
    member_limits: dict[tuple[str, str], int] = field(default_factory=dict)
    batch_calls: list[BatchCall] = field(default_factory=list)
    batch_answers: list[BatchAnswer] = field(default_factory=list)

    def commit(self, at: datetime, process: str, writes: Mapping[str, Fields | None]) -> Commit:
        commit = Commit(at, process, writes)
        self.commits.append(commit)
        self.trace.append(f"{at:%d %H:%M:%S.%f} {process} commits {', '.join(writes)}")
        for path, written in writes.items():
            if written is None:
                self.last.pop(path, None)
            else:
                self.last[path] = written
            if path.startswith("jobs/"):
                self._note_unsettled(path, written)
            elif path.startswith("directions/") and written:
                is_open = written["status"] == "asking"
                (self.unsettled.add if is_open else self.unsettled.discard)(path)
            elif path.startswith(("teams/", "batches/")) and path.count("/") == 1:
                is_due = written is not None and written["due_at"] is not None
                (self.unsettled.add if is_due else self.unsettled.discard)(path)
            elif "/shared_with/" in path:
                is_ending = written is not None and written["revoked_at"] is not None
                (self.unsettled.add if is_ending else self.unsettled.discard)(path)
        return commit

    def _note_unsettled(self, path: str, job: Fields | None) -> None:
        if job is None or (job["settled_at"] is not None and job["clean_at"] is None):
            self.unsettled.discard(path)
        else:
            self.unsettled.add(path)


def plain(value: Any) -> Any:
    """A domain value as a database has it."""
    if type(value) in _ALREADY_PLAIN:
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    kind = type(value)
    if kind not in _names:
        _names[kind] = [field.name for field in fields(kind)] if is_dataclass(kind) else []
    found = {name: plain(getattr(value, name)) for name in _names[kind]} or value
    return _by_name(found, value) if isinstance(value, Usage | DailyLimits) else found


def _by_name(found: dict[str, Any], value: Usage | DailyLimits) -> dict[str, Any]:
    """A document has a field for each kind that is counted, or limited."""
    counts, nothing = found.pop("counts"), 0 if isinstance(value, Usage) else None
    return {**found, **{f"{kind}s": counts.get(kind, nothing) for kind in _KINDS}}


_names: dict[type[Any], list[str]] = {}
_ALREADY_PLAIN = frozenset({str, int, bool, float, datetime, type(None)})
_KINDS = ("image", "video", "training")
