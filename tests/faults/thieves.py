"""The users as thieves: they look at every file of a job whenever something has changed, by path and by
address, and cancel when they have seen enough.

Nothing can change what they may read but a commit, a save or a deletion, so looking after each of them is
looking all the time. They go by what `storage.rules` say, and know the tokens that their documents show.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field

from mediaforge.domain.errors import (
    AccountBlockedError,
    CancelIsChargedError,
    IllegalStateError,
    RequestError,
)
from mediaforge.ports.media import Media
from mediaforge.services.backend import Backend
from tests.faults import calls
from tests.faults.process import Stage
from tests.faults.record import CancelPrice, Fields, Look, Save

Rule = Callable[[Mapping[str, Fields], str | None, str], bool]
# Runs a call in a process of its own; its refusal, if it had one, and whether it was answered at all.
Live = Callable[[str, Callable[[Backend], object]], tuple[RequestError | None, bool]]

_HIDDEN = ("jobs/", "dead_letters/", "directions/")
_TOKEN = re.compile(r"token=([0-9A-Za-z-]+)")
_CANCELS = 0.04
_CANCELS_WITHIN_S = 1.0


@dataclass
class Thieves:
    """`rule` is what lets a user read by path; `live` is how a thief calls."""

    stage: Stage
    media: Media
    rule: Rule
    live: Live
    _tokens: dict[str, Set[str]] = field(default_factory=dict)
    _known: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _files: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def see_save(self, process: str, path: str, token: str) -> None:
        """A file was written."""
        if not path.startswith("generating/"):
            return
        record, job_id = self.stage.record, _job_of(path)
        record.saves.append(Save(len(record.commits), process, path, self.media.load(path) or b""))
        self._tokens[path] = {token}
        self._files[job_id].add(path)
        self._look(path)
        # A thread beside the one who has the turn cannot plan anything.
        if self.stage.timeline.is_here and self._has_seen_enough(job_id, path, process):
            delay_s = self.stage.chance.between(0, _CANCELS_WITHIN_S, "thief", path, process)
            self.stage.timeline.after(delay_s, lambda: self._cancel(job_id))

    def see_opening(self, path: str, tokens: Set[str]) -> None:
        """A file opens to others."""
        self._tokens[path] = tokens
        self._look(path)

    def see_commit(self, writes: Mapping[str, Fields | None]) -> None:
        """Documents were written: what may be read has changed with the views among them."""
        for path, fields in writes.items():
            if fields is not None and not path.startswith(_HIDDEN):
                uid = fields.get("user_id")
                self._known[str(uid)].update(_TOKEN.findall(repr(fields)))
            if path.startswith("generations/"):
                self.look_at_all(path.rsplit("/", 1)[-1])

    def look_at_all(self, job_id: str) -> None:
        for path in sorted(self._files[job_id]):
            self._look(path)

    def look_at_everything(self) -> None:
        """Once more, when all is over."""
        for job_id in list(self._files):
            self.look_at_all(job_id)

    def _look(self, path: str) -> None:
        record, uid = self.stage.record, path.split("/")[1]
        by_path = self.rule(record.last, uid, path)
        by_address = not self._known[uid].isdisjoint(self._tokens[path])
        content = self.media.load(path) if by_path or by_address else None
        if content is not None:
            commits, now = len(record.commits), self.stage.timeline.clock.now()
            record.looks.append(Look(now, commits, path, by_path, by_address, content))

    def _has_seen_enough(self, job_id: str, path: str, process: str) -> bool:
        chance = self.stage.chance
        return chance.happens(_CANCELS, "thief cancels", job_id, path, process)

    def _cancel(self, job_id: str) -> None:
        record = self.stage.record
        uid, sent_at = record.last[f"jobs/{job_id}"]["user_id"], self.stage.timeline.clock.now()
        refusal, is_answered = self.live(
            f"thief of {job_id}",
            lambda backend: calls.cancel(backend, uid, job_id, accepts_charge=False),
        )
        if isinstance(refusal, IllegalStateError):
            record.refused_cancels[job_id] = sent_at
        elif isinstance(refusal, CancelIsChargedError):
            now, price = self.stage.timeline.clock.now(), refusal.details["credits"]
            record.cancel_prices.append(CancelPrice(now, sent_at, job_id, price))
        elif refusal is not None and not isinstance(refusal, AccountBlockedError):
            record.surprises.append(f"a thief's cancel of {job_id} was refused: {refusal}")
        elif is_answered and refusal is None:
            record.cancelled[job_id] = self.stage.timeline.clock.now()


def _job_of(path: str) -> str:
    return re.split("[_.]", path.rsplit("/", 1)[-1])[0]


def generated_only(documents: Mapping[str, Fields], uid: str | None, path: str) -> bool:
    """The rule without a look at what the view lists."""
    _, _, kind, name = path.split("/")
    view = documents.get(f"generations/{uid}/{kind}s/{_job_of(name)}")
    return view is not None and bool(view["generated"])
