"""One safeguard taken away, through the Documents port: to see that the harness would notice."""

import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from mediaforge.contract import documents as at
from mediaforge.contract.documents import Ref, as_stored
from mediaforge.domain.jobs.job import Job, JobStatus, Lease
from mediaforge.domain.library.uploads import StoredFile
from mediaforge.domain.money.accounts import Account
from mediaforge.ports.documents import Documents, Query, Transaction, Written
from mediaforge.ports.media import Head, Media, Opened, Writer

D = TypeVar("D")
T = TypeVar("T")

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class SabotagedDocuments:
    """Units of work see their transaction through `disguise`."""

    inner: Documents
    disguise: Callable[[Transaction], Transaction]

    def get(self, ref: Ref[D]) -> D | None:
        return self.inner.get(ref)

    def find(self, kind: type[D], query: Query) -> list[D]:
        return self.inner.find(kind, query)

    def find_ids(self, query: Query) -> list[str]:
        return self.inner.find_ids(query)

    def sum(self, field: str, query: Query) -> int:
        return self.inner.sum(field, query)

    def transact(self, work: Callable[[Transaction], T], after: Written | None = None) -> T:
        return self.inner.transact(lambda tx: work(self.disguise(tx)), after)


@dataclass
class _Deaf(SabotagedDocuments):
    """The answer to a question is recorded over whatever has become of the job meanwhile."""

    asked: dict[str, Job] = field(default_factory=dict)

    def transact(self, work: Callable[[Transaction], T], after: Written | None = None) -> T:
        stale = self.asked.pop(after.path, None) if after is not None else None
        if stale is None:
            return self.inner.transact(lambda tx: work(_Asking(tx, self.asked)), after)
        return self.inner.transact(lambda tx: work(_AsItWas(tx, stale)))


@dataclass
class Disguise:
    """A transaction as it is; each sabotage changes one thing."""

    inner: Transaction

    def prefetch(self, *refs: Ref[Any]) -> None:
        self.inner.prefetch(*refs)

    def get(self, ref: Ref[D]) -> D | None:
        return self.inner.get(ref)

    def peek(self, ref: Ref[D]) -> D | None:
        """What is got in disguise is so, too, for who only peeks."""
        return self.get(ref)

    def find(self, kind: type[D], query: Query) -> list[D]:
        return self.inner.find(kind, query)

    def seen(self, ref: Ref[Any]) -> Written:
        return self.inner.seen(ref)

    def count(self, query: Query) -> int:
        return self.inner.count(query)

    def sum(self, field: str, query: Query) -> int:
        return self.inner.sum(field, query)

    def create(self, ref: Ref[D], value: D) -> None:
        self.inner.create(ref, value)

    def put(self, ref: Ref[D], value: D) -> Written:
        return self.inner.put(ref, value)

    def patch(self, ref: Ref[Any], fields: Mapping[str, Any]) -> None:
        self.inner.patch(ref, fields)

    def is_gone(self, ref: Ref[Any]) -> bool:
        return self.inner.is_gone(ref)

    def delete(self, ref: Ref[Any]) -> None:
        self.inner.delete(ref)


class _GuardsNothing(Disguise):
    def get(self, ref: Ref[D]) -> D | None:
        return self.inner.peek(ref)


class _ExpiredLeases(Disguise):
    def get(self, ref: Ref[D]) -> D | None:
        value: Any = super().get(ref)
        if isinstance(value, Job) and value.lease is not None:
            return replace(value, lease=Lease(value.lease.owner, _LONG_AGO))  # type: ignore[return-value]
        return value  # type: ignore[no-any-return]


class _NoAttempts(Disguise):
    def create(self, ref: Ref[D], value: D) -> None:
        super().create(ref, _without_attempts(value))

    def put(self, ref: Ref[D], value: D) -> Written:
        return super().put(ref, _without_attempts(value))


def _without_attempts(value: Any) -> Any:
    return replace(value, attempts=0) if isinstance(value, Job) else value


class _CountsStarts(Disguise):
    """Knows the job that the unit of work has read."""

    found: Job | None = None

    def get(self, ref: Ref[D]) -> D | None:
        value = super().get(ref)
        if isinstance(value, Job):
            self.found = value
        return value

    def put(self, ref: Ref[D], value: D) -> Written:
        changed: Any = value
        if isinstance(value, Job) and self.found is not None and self.found.id == value.id:
            changed = replace(value, may_have_billed=self._count(self.found, value))
        return super().put(ref, changed)

    def _count(self, before: Job, after: Job) -> int:
        raise NotImplementedError


class _CountedLate(_CountsStarts):
    def _count(self, before: Job, after: Job) -> int:
        if _is_claim(before, after):
            return before.may_have_billed
        is_recorded = before.lease is not None and after.lease is None
        if not is_recorded or after.status is JobStatus.CANCELLED:
            return after.may_have_billed
        is_start = before.handle is None and after.snoozes == before.snoozes
        return before.may_have_billed + is_start


class _ClearedBySnooze(_CountsStarts):
    def _count(self, before: Job, after: Job) -> int:
        return 0 if after.snoozes > before.snoozes else after.may_have_billed


def _is_claim(before: Job, after: Job) -> bool:
    owner = before.lease and before.lease.owner
    return after.handle is None and after.lease is not None and after.lease.owner != owner


@dataclass
class _Asking(Disguise):
    """Notes the job that its provider is asked about."""

    asked: dict[str, Job]

    def seen(self, ref: Ref[Any]) -> Written:
        self.asked[ref.path] = self.inner.get(ref)  # type: ignore[assignment]
        return super().seen(ref)


@dataclass
class _AsItWas(Disguise):
    """Answers with a job from before, and reads nothing."""

    stale: Job

    def get(self, ref: Ref[D]) -> D | None:
        return self.stale if ref == at.job(self.stale.id) else super().get(ref)  # type: ignore[return-value]


class _NoHandles(Disguise):
    def put(self, ref: Ref[D], value: D) -> Written:
        return super().put(ref, _without_handle(value))


def _without_handle(value: Any) -> Any:
    return replace(value, handle=None) if isinstance(value, Job) else value


class _OneAccountOfAName(Disguise):
    """Who reads does not see when an account was opened."""

    def get(self, ref: Ref[D]) -> D | None:
        found = super().get(ref)
        return None if found is None else _undated(found)

    def find(self, kind: type[D], query: Query) -> list[D]:
        return [_undated(value) for value in super().find(kind, query)]


def _undated(value: D) -> D:
    dated: Any = value
    if isinstance(dated, Job):
        dated = replace(dated, account_opened_at=None)
    elif isinstance(dated, Account):
        dated = replace(dated, opened_at=None)
    undated: D = dated
    return undated


class _NoSettleWithoutAccount(Disguise):
    """Whoever settles needs the account."""

    settles = False

    def find(self, kind: type[D], query: Query) -> list[D]:
        self.settles |= ("awaits_settle", "==", True) in query.where
        return super().find(kind, query)

    def get(self, ref: Ref[D]) -> D | None:
        found = super().get(ref)
        if self.settles and ref.type is Account and found is None:
            raise AssertionError(f"no account {ref.path}")
        return found


class _BlindViews(Disguise):
    """Views are written whether they are there or not."""

    def patch(self, ref: Ref[Any], fields: Mapping[str, Any]) -> None:
        if self.inner.is_gone(ref):
            self.inner.put(as_stored(ref), dict(fields))
        else:
            self.inner.patch(ref, fields)


class _WrittenOver(Disguise):
    """What is created is written, whether it is there or not. Gifts are as they are."""

    def create(self, ref: Ref[D], value: D) -> None:
        if _is_marker(ref):
            super().create(ref, value)
        else:
            self.inner.put(ref, value)


class _BlindToEntries(Disguise):
    def prefetch(self, *refs: Ref[Any]) -> None:
        super().prefetch(*(ref for ref in refs if not _is_entry(ref)))

    def get(self, ref: Ref[D]) -> D | None:
        return None if _is_entry(ref) else super().get(ref)


class _UniqueEntries(Disguise):
    """`number` makes this unit of work's entries others than anybody else's."""

    number = 0

    def prefetch(self, *refs: Ref[Any]) -> None:
        super().prefetch(*map(self._renamed, refs))

    def get(self, ref: Ref[D]) -> D | None:
        return super().get(self._renamed(ref))

    def create(self, ref: Ref[D], value: D) -> None:
        super().create(self._renamed(ref), value)

    def _renamed(self, ref: Ref[D]) -> Ref[D]:
        return Ref(f"{ref.path}~{self.number}", ref.type) if _is_entry(ref) else ref


@dataclass
class _LookedAt(Disguise):
    """Markers of gifts are read beside the unit of work, and written over whatever is there."""

    documents: Documents

    def prefetch(self, *refs: Ref[Any]) -> None:
        super().prefetch(*(ref for ref in refs if not _is_marker(ref)))

    def get(self, ref: Ref[D]) -> D | None:
        return self.documents.get(ref) if _is_marker(ref) else super().get(ref)

    def create(self, ref: Ref[D], value: D) -> None:
        if _is_marker(ref):
            super().put(ref, value)
        else:
            super().create(ref, value)


class _OneGrantAMonth(Disguise):
    def prefetch(self, *refs: Ref[Any]) -> None:
        super().prefetch(*map(_of_the_month, refs))

    def get(self, ref: Ref[D]) -> D | None:
        return super().get(_of_the_month(ref))

    def create(self, ref: Ref[D], value: D) -> None:
        super().create(_of_the_month(ref), value)


def _of_the_month(ref: Ref[D]) -> Ref[D]:
    return Ref(re.sub(r"(/ledger/\d{4}-\d{2}:grant):.+", r"\1", ref.path), ref.type)


class _UncountedDays(Disguise):
    def put(self, ref: Ref[D], value: D) -> Written:
        is_day = ref.path.startswith("welcome_days/")
        return super().put(ref, replace(value, credits=0) if is_day else value)  # type: ignore[type-var]


def _is_marker(ref: Ref[Any]) -> bool:
    return ref.path.startswith("gifts/")


def _is_entry(ref: Ref[Any]) -> bool:
    return "/ledger/" in ref.path


def guarding_nothing(documents: Documents) -> Documents:
    """What was got and is not written may be otherwise when the commit comes."""
    return SabotagedDocuments(documents, _GuardsNothing)


def without_leases(documents: Documents) -> Documents:
    """A lease that a unit of work reads has always expired."""
    return SabotagedDocuments(documents, _ExpiredLeases)


def without_attempts(documents: Documents) -> Documents:
    """The attempts of a job are written as none."""
    return SabotagedDocuments(documents, _NoAttempts)


def with_starts_counted_late(documents: Documents) -> Documents:
    """What may have been billed is counted when the provider has answered, and not before it is asked."""
    return SabotagedDocuments(documents, _CountedLate)


def with_starts_forgotten_by_a_snooze(documents: Documents) -> Documents:
    """What may have been billed is a flag, which a "slow down" clears."""
    return SabotagedDocuments(documents, _ClearedBySnooze)


def with_answers_recorded_whatever_happened(documents: Documents) -> Documents:
    """Of two who ask a provider about the same job, both record what they heard; and so does who asked
    about one that has been cancelled since."""
    return _Deaf(documents, lambda tx: tx)


def without_handles(documents: Documents) -> Documents:
    """The provider's handle of what was started is never written."""
    return SabotagedDocuments(documents, _NoHandles)


def with_one_account_of_a_name(documents: Documents) -> Documents:
    """`account_opened_at` is not compared: an account is the one of all jobs that name it."""
    return SabotagedDocuments(documents, _OneAccountOfAName)


def without_settling_orphans(documents: Documents) -> Documents:
    """A settle that finds no account breaks."""
    return SabotagedDocuments(documents, _NoSettleWithoutAccount)


def with_blind_views(documents: Documents) -> Documents:
    """Views and brands are written blindly."""
    return SabotagedDocuments(documents, _BlindViews)


def with_creates_written_over(documents: Documents) -> Documents:
    """Whoever creates an entry or a job without a look writes over the one that is there."""
    return SabotagedDocuments(documents, _WrittenOver)


def without_looking_up(documents: Documents) -> Documents:
    """Whoever looks an entry up before deciding finds none."""
    return SabotagedDocuments(documents, _BlindToEntries)


def with_markers_only_looked_at(documents: Documents) -> Documents:
    """Of two who come at the same moment, neither finds a marker, and both write theirs."""
    return SabotagedDocuments(documents, lambda tx: _LookedAt(tx, documents))


def with_one_grant_a_month(documents: Documents) -> Documents:
    """The month's entry is not named by the level that it reached."""
    return SabotagedDocuments(documents, _OneGrantAMonth)


def without_counting_days(documents: Documents) -> Documents:
    """What was given on a day is never written down."""
    return SabotagedDocuments(documents, _UncountedDays)


def with_entries_of_any_name() -> Callable[[Documents], Documents]:
    """Each unit of work names its entries anew, so that the same fact can be posted twice."""
    numbers = itertools.count()

    def disguise(tx: Transaction) -> Transaction:
        disguised = _UniqueEntries(tx)
        disguised.number = next(numbers)
        return disguised

    return lambda documents: SabotagedDocuments(documents, disguise)


@dataclass
class MediaInDisguise:
    """Files as they are; each sabotage changes one thing."""

    inner: Media

    def save(self, path: str, content: bytes, content_type: str, token: str, over: int = 0) -> str:
        return self.inner.save(path, content, content_type, token, over)

    def copy(self, uri: str, path: str, content_type: str, token: str, over: int = 0) -> str | None:
        return self.inner.copy(uri, path, content_type, token, over)

    def address(self, path: str, token: str) -> str:
        return self.inner.address(path, token)

    def opened(self, path: str) -> Opened | None:
        return self.inner.opened(path)

    def open_to(self, path: str, tokens: Set[str], version: tuple[int, int]) -> None:
        self.inner.open_to(path, tokens, version)

    def uri(self, path: str) -> str:
        return self.inner.uri(path)

    def replace(
        self, path: str, content: bytes, content_type: str, over: int, token: str | None = None
    ) -> int:
        return self.inner.replace(path, content, content_type, over, token)

    def writing(
        self, path: str, content_type: str, token: str, over: int = 0
    ) -> AbstractContextManager[Writer]:
        return self.inner.writing(path, content_type, token, over)

    def chunks(self, path: str) -> Iterator[bytes] | None:
        return self.inner.chunks(path)

    def load(self, path: str, generation: int | None = None) -> bytes | None:
        return self.inner.load(path, generation)

    def head(self, uri: str, bytes_max: int) -> Head | None:
        return self.inner.head(uri, bytes_max)

    def stored(self, prefix: str, start: str = "") -> Iterator[StoredFile]:
        return self.inner.stored(prefix, start)

    def exists(self, path: str) -> bool:
        return self.inner.exists(path)

    def list(self, prefix: str) -> Mapping[str, int]:
        return self.inner.list(prefix)

    def delete(self, files: Mapping[str, int]) -> None:
        self.inner.delete(files)


class _BlindMedia(MediaInDisguise):
    """Writes over whatever is there."""

    def save(self, path: str, content: bytes, content_type: str, token: str, over: int = 0) -> str:
        return self.inner.save(path, content, content_type, token, self._present(path))

    def copy(self, uri: str, path: str, content_type: str, token: str, over: int = 0) -> str | None:
        return self.inner.copy(uri, path, content_type, token, self._present(path))

    def _present(self, path: str) -> int:
        return self.inner.list(path).get(path, 0)


def without_generations(media: Media) -> Media:
    """Files are saved over whatever lies there."""
    return _BlindMedia(media)
