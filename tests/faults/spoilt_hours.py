"""One safeguard of the fuses or the lanes taken away, through the Documents port: to see that the verdict
misses it."""

from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from mediaforge.contract.documents import Ref
from mediaforge.domain.jobs.job import Job
from mediaforge.domain.money import quotas
from mediaforge.domain.money.accounts import Account
from mediaforge.ports.documents import Documents, Query, Written
from tests.faults.sabotage import Disguise, SabotagedDocuments

D = TypeVar("D")


@dataclass
class _CountedAtSubmission(Disguise):
    """What a job costs is moved from the commit that gives it its slot to the one that accepts it."""

    _found: dict[str, Job] = field(default_factory=dict)
    _more: int = 0

    def get(self, ref: Ref[D]) -> D | None:
        value: Any = super().get(ref)
        self._note(value)
        return value  # type: ignore[no-any-return]

    def find(self, kind: type[D], query: Query) -> list[D]:
        found = super().find(kind, query)
        for value in found:
            self._note(value)
        return found

    def _note(self, value: Any) -> None:
        if isinstance(value, Job):
            self._found[value.id] = value

    def create(self, ref: Ref[D], value: D) -> None:
        if isinstance(value, Job) and not value.is_dispatched:
            self._more += value.estimated_credits
        super().create(ref, value)

    def put(self, ref: Ref[D], value: D) -> Written:
        changed: Any = value
        if isinstance(value, Job) and value.is_dispatched and not self._had_slot(value):
            self._more -= value.estimated_credits
        if isinstance(value, Account) and self._more:
            spend = quotas.count_spend(value.spend, self._more, value.modified)
            changed = replace(value, spend=spend)
        return super().put(ref, changed)

    def _had_slot(self, job: Job) -> bool:
        return job.id not in self._found or self._found[job.id].is_dispatched


class _BlindToFuses(Disguise):
    """Nobody sees that an account's fuse has blown; it stays so all the same."""

    account: Account | None = None

    def get(self, ref: Ref[D]) -> D | None:
        value: Any = super().get(ref)
        if isinstance(value, Account):
            self.account = value
            value = replace(value, fuse_blown_at=None)
        return value  # type: ignore[no-any-return]

    def put(self, ref: Ref[D], value: D) -> Written:
        changed: Any = value
        before = self.account
        if isinstance(value, Account) and before and value.fuse_reset_at == before.fuse_reset_at:
            changed = replace(value, fuse_blown_at=value.fuse_blown_at or before.fuse_blown_at)
        return super().put(ref, changed)


class _KeptInTheHour(Disguise):
    """Who frees a slot does not see when it was given."""

    def get(self, ref: Ref[D]) -> D | None:
        found = super().get(ref)
        return None if found is None else _undated(found)

    def find(self, kind: type[D], query: Query) -> list[D]:
        return [_undated(value) for value in super().find(kind, query)]


def _undated(value: D) -> D:
    changed: Any = value
    if isinstance(changed, Job):
        changed = replace(changed, slot_at=None)
    undated: D = changed
    return undated


class _CountedOnce(Disguise):
    """Who settles a job sees one start of it."""

    def get(self, ref: Ref[D]) -> D | None:
        found = super().get(ref)
        return None if found is None else _begun_once(found)

    def find(self, kind: type[D], query: Query) -> list[D]:
        return [_begun_once(value) for value in super().find(kind, query)]


def _begun_once(value: D) -> D:
    changed: Any = value
    if isinstance(changed, Job) and changed.awaits_settle:
        credits_ = min(changed.started_credits, changed.estimated_credits)
        changed = replace(changed, started_credits=credits_)
    once: D = changed
    return once


class _UncountedStarts(Disguise):
    def put(self, ref: Ref[D], value: D) -> Written:
        changed: Any = value
        if isinstance(changed, Job):
            changed = replace(changed, started_credits=0)
        return super().put(ref, changed)


class _OneQueue(Disguise):
    def create(self, ref: Ref[D], value: D) -> None:
        super().create(ref, _in_one_queue(value))

    def put(self, ref: Ref[D], value: D) -> Written:
        return super().put(ref, _in_one_queue(value))


def _in_one_queue(value: D) -> D:
    changed: Any = value
    if isinstance(changed, Job):
        changed = replace(changed, queue="runLocalImage")
    same: D = changed
    return same


def one_queue(documents: Documents) -> Documents:
    """Free work runs where paying work does."""
    return SabotagedDocuments(documents, _OneQueue)


def counted_at_submission(documents: Documents) -> Documents:
    """An account's hour counts wishes: what was accepted, and not what got a slot."""
    return SabotagedDocuments(documents, _CountedAtSubmission)


def blind_to_fuses(documents: Documents) -> Documents:
    """A slot is given whether the account's fuse has blown or not."""
    return SabotagedDocuments(documents, _BlindToFuses)


def kept_in_the_hour(documents: Documents) -> Documents:
    """What never began is not taken off the hour again."""
    return SabotagedDocuments(documents, _KeptInTheHour)


def counted_once(documents: Documents) -> Documents:
    """Of a job that was begun again its account's hour keeps the first start alone."""
    return SabotagedDocuments(documents, _CountedOnce)


def uncounted_starts(documents: Documents) -> Documents:
    """What workers began is not written down for the project's fuse."""
    return SabotagedDocuments(documents, _UncountedStarts)
