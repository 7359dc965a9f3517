"""The safeguards of batches, each taken away through the Documents port. Which of them a unit of work has is
told by the process that it runs in (`pause …`, `retryFailed …`), and by what it reads."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from mediaforge.contract.documents import Ref
from mediaforge.domain.jobs.job import JobStatus
from mediaforge.domain.library.batches import Batch, BatchStatus, Row, counts_as
from mediaforge.domain.money.accounts import Account
from mediaforge.ports.documents import Documents, Query, Transaction, Written
from tests.faults.ports import FaultyDocuments
from tests.faults.sabotage import Disguise, SabotagedDocuments

D = TypeVar("D")
T = TypeVar("T")

_COUNTED = [status for status in JobStatus if counts_as(status)]
_HANDED_OVER, _WAITING = ("is_waiting", "==", False), ("is_waiting", "==", True)


def only(
    kinds: set[str], sabotage: Callable[[Documents], Documents]
) -> Callable[[Documents], Documents]:
    """The sabotage, in processes of these kinds alone."""

    def sabotaged(documents: Documents) -> Documents:
        assert isinstance(documents, FaultyDocuments)
        kind = documents.process.name.partition(" ")[0]
        return sabotage(documents) if kind in kinds else documents

    return sabotaged


def disguised(disguise: Callable[[Transaction], Transaction]) -> Callable[[Documents], Documents]:
    return lambda documents: SabotagedDocuments(documents, disguise)


# ---- counts --------------------------------------------------------------------------------------


@dataclass
class _Withheld(Disguise):
    """Keeps the batches that a unit of work would write, where it writes nothing else."""

    batches: dict[Ref[Any], Batch] = field(default_factory=dict)

    def put(self, ref: Ref[D], value: D) -> Written:
        if isinstance(value, Batch):
            self.batches[ref] = value
            return Written(ref.path)
        self._write_all()
        return super().put(ref, value)

    def create(self, ref: Ref[D], value: D) -> None:
        self._write_all()
        super().create(ref, value)

    def _write_all(self) -> None:
        for ref, batch in self.batches.items():
            super().put(ref, batch)
        self.batches.clear()


@dataclass
class _BlindTallies(SabotagedDocuments):
    """What a tally has counted is written whatever has become of the batch meanwhile."""

    def transact(self, work: Callable[[Transaction], T], after: Written | None = None) -> T:
        withheld: list[_Withheld] = []

        def withholding(tx: Transaction) -> T:
            withheld.append(_Withheld(tx))
            return work(withheld[-1])

        result = self.inner.transact(withholding, after)
        for ref, batch in withheld[-1].batches.items():
            self.inner.transact(lambda tx, r=ref, b=batch: tx.put(r, b))  # type: ignore[misc]
        return result


@dataclass
class _SeveralMoments(Disguise):
    """Each status is counted by itself, at a moment a second after the one before."""

    documents: FaultyDocuments

    def sum(self, field: str, query: Query) -> int:
        if field != "counts_as":
            return super().sum(field, query)
        return sum(counts_as(status) * self._count(query, status) for status in _COUNTED)

    def _count(self, query: Query, status: JobStatus) -> int:
        if self.documents.process.is_troubled:  # the check at the end has threads without a turn
            self.documents.process.stage.timeline.pause(1)
        of_status = replace(query, where=(("status", "==", status.value),))
        return self.documents.transact(lambda tx: tx.count(of_status))


def of_several_moments(documents: Documents) -> Documents:
    assert isinstance(documents, FaultyDocuments)
    return SabotagedDocuments(documents, lambda tx: _SeveralMoments(tx, documents))


class _ByTheStatusAlone(Disguise):
    """Whoever counts is told what the batch says."""

    batch: Batch | None = None

    def get(self, ref: Ref[D]) -> D | None:
        found = super().get(ref)
        if isinstance(found, Batch):
            self.batch = found
        return found

    def sum(self, field: str, query: Query) -> int:
        if self.batch is None or field != "counts_as":
            return super().sum(field, query)
        counts = self.batch.counts
        return sum(counts_as(status) * getattr(counts, status.value) for status in _COUNTED)


# ---- who may start -------------------------------------------------------------------------------


class _NoneHandedOver(Disguise):
    """Finds no job that could be taken back."""

    def find(self, kind: type[D], query: Query) -> list[D]:
        return [] if _HANDED_OVER in query.where else super().find(kind, query)


class _TracksAsTheyWere(Disguise):
    """An account keeps the tracks that it had."""

    account: Account | None = None

    def get(self, ref: Ref[D]) -> D | None:
        found = super().get(ref)
        if isinstance(found, Account):
            self.account = found
        return found

    def put(self, ref: Ref[D], value: D) -> Written:
        changed: Any = value
        if isinstance(value, Account) and self.account is not None:
            changed = replace(value, tracks=self.account.tracks)
        return super().put(ref, changed)


# ---- the batch and its rows ----------------------------------------------------------------------


class _BatchAsItWas(Disguise):
    def put(self, ref: Ref[D], value: D) -> Written:
        return Written(ref.path) if isinstance(value, Batch) else super().put(ref, value)


class _RowsUnwritten(Disguise):
    """A job is written without its row."""

    def patch(self, ref: Ref[Any], fields: Mapping[str, Any]) -> None:
        if ref.type is not Row:
            super().patch(ref, fields)


@dataclass
class _Changed(Disguise):
    """Batches are written otherwise."""

    change: Callable[[Batch], Batch]

    def put(self, ref: Ref[D], value: D) -> Written:
        return super().put(ref, self._changed(value))

    def create(self, ref: Ref[D], value: D) -> None:
        super().create(ref, self._changed(value))

    def _changed(self, value: Any) -> Any:
        return self.change(value) if isinstance(value, Batch) else value


def changing(change: Callable[[Batch], Batch]) -> Callable[[Documents], Documents]:
    return disguised(lambda tx: _Changed(tx, change))


def never_due_while_open(batch: Batch) -> Batch:
    return batch if batch.status.has_ended else replace(batch, due_at=None)


def never_due_once_cancelled(batch: Batch) -> Batch:
    return replace(batch, due_at=None) if batch.status is BatchStatus.CANCELLED else batch


class _AllWait(Disguise):
    """Rows that have a job are taken for rows that wait, where there are such."""

    def find(self, kind: type[D], query: Query) -> list[D]:
        found = super().find(kind, query)
        if kind is not Row or query.where != (_WAITING,):
            return found
        handed_over = (("status", "==", "processing"),)
        return [*found, *super().find(kind, replace(query, where=handed_over))]


# Each of BATCH.md's thirteen, by its number there, and what is found then.
SABOTAGES: Mapping[str, tuple[Callable[[Documents], Documents], str]] = {
    "1 tallies are written blindly": (
        lambda documents: _BlindTallies(documents, lambda tx: tx),
        "expected the counts of one moment",
    ),
    "2 a retry leaves the batch as it was": (
        only({"retryFailed", "editRow"}, disguised(_BatchAsItWas)),
        "expected to be completed with its last row",
    ),
    "3 a pause takes nothing back": (
        only({"pause"}, disguised(_NoneHandedOver)),
        "expected not to begin in a batch that is paused",
    ),
    "4 a cancel takes nothing back": (
        only({"cancelBatch"}, disguised(_NoneHandedOver)),
        "expected not to begin in a batch that is cancelled",
    ),
    "5 a pause leaves its track": (
        only({"pause"}, disguised(_TracksAsTheyWere)),
        "expected to get no slot in a batch that is paused",
    ),
    "5 a resume opens no track": (
        only({"resume"}, disguised(_TracksAsTheyWere)),
        "expected its rows to run in time, found it cancelled",
    ),
    "6 rows are not written with their jobs": (
        disguised(_RowsUnwritten),
        "expected to show its job",
    ),
    "7 a running batch is not due": (changing(never_due_while_open), "expected to be due until"),
    "8 a cancelled batch is not due": (
        changing(never_due_once_cancelled),
        "expected to be due until its end, found cancelled",
    ),
    "9 entries are not counted on": (
        changing(lambda batch: replace(batch, entries=0)),
        "was refused",
    ),
    "10 a cancel releases what has a job": (
        only({"cancelBatch"}, disguised(_AllWait)),
        "expected its holds to be closed",
    ),
    "11 control calls are forgotten": (
        changing(lambda batch: replace(batch, controls=())),
        "to change it once",
    ),
    "12 counts are of several moments": (of_several_moments, "expected the counts of one moment"),
    "13 control calls trust the status": (
        only({"pause", "resume", "cancelBatch"}, disguised(_ByTheStatusAlone)),
        "since every row had ended",
    ),
}
