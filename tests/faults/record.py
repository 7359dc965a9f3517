"""What happened in a run, as plain values: what was committed, answered and asked of the provider.

The verdict reads this and the documents, and nothing else. So nothing here knows the services' types.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any

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
        """A question is free, and a provider that says "slow down" has done nothing; of any other call we
        cannot know."""
        return self.asks is None and self.outcome != "throttled"


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
class Answer:
    """A submission's answer, or its refusal (`job_id` None). `request_id` None: it had none."""

    at: datetime
    sent_at: datetime
    uid: str
    account_id: str
    request_id: str | None
    job_id: str | None
    refused: str | None = None


@dataclass
class Record:
    """All of it. `last` is each document as it was committed last, `unsettled` the jobs among them that
    have not come to rest.

    Of the clients: `cancelled` and `refused_cancels` are jobs with the time of the answer; `grants` the
    credits of each gift that was acknowledged, by account and name; `unanswered` what was sent again and
    again in vain; `surprises` what nobody should have seen, like an exception that is none of ours.
    Of the platform: `lost_queues` are the jobs of which no task ever arrived; `cut_off` the processes that
    did not end by themselves; `slots` is how many jobs each tier may run at once, `levels` what
    each gives a month; `welcome_a_day` what all newcomers together may be given, `welcome_part` the largest
    part of it that is counted by itself; `lasted` from when to when the platform lived.
    Of who signed in: `sign_ins` is what each uid is known by for certain (nothing where nothing is verified),
    `linked` what was linked to one later, and when that was answered.
    Of the provider: `operations` by their handle.
    """

    commits: list[Commit] = field(default_factory=list)
    last: dict[str, Fields] = field(default_factory=dict)
    unsettled: set[str] = field(default_factory=set)
    calls: list[Call] = field(default_factory=list)
    operations: dict[str, Operation] = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)
    cancelled: dict[str, datetime] = field(default_factory=dict)
    refused_cancels: dict[str, datetime] = field(default_factory=dict)
    grants: dict[tuple[str, str], int] = field(default_factory=dict)
    unanswered: list[str] = field(default_factory=list)
    surprises: list[str] = field(default_factory=list)
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
        return commit

    def _note_unsettled(self, path: str, job: Fields | None) -> None:
        if job is None or (job["settled_at"] is not None and job["clean_at"] is None):
            self.unsettled.discard(path)
        else:
            self.unsettled.add(path)


def plain(value: Any) -> Any:
    """A domain value as a database has it."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    kind = type(value)
    if kind not in _names:
        _names[kind] = [field.name for field in fields(kind)] if is_dataclass(kind) else []
    return {name: plain(getattr(value, name)) for name in _names[kind]} or value


_names: dict[type[Any], list[str]] = {}
