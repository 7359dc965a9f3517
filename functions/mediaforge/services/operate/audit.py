"""The audit: each command of an operator that changes something is written down before it does, and again
once it has ended. So a command that dies half-way has left who gave it, about what, and why."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.domain.errors import RequestError
from mediaforge.domain.watch import audit
from mediaforge.domain.watch.audit import AuditEntry, Outcome
from mediaforge.ports.documents import Query, Transaction
from mediaforge.services.backend import Backend, Caller

# An entry names this many ids of what was changed; the log has them all.
_NAMED_MAX = 100
# And is about so many accounts: an index entry each.
_ABOUT_MAX = 1000


@dataclass(slots=True)
class Note:
    """What a command has changed so far: `did` is called once for each change, with what came of it."""

    changed: int = 0
    details: dict[str, str] = field(default_factory=dict)

    def did(self, subject: str, came_of_it: str = "done") -> None:
        self.changed += 1
        if len(self.details) < _NAMED_MAX:
            self.details[subject] = came_of_it


@contextmanager
def audited(
    backend: Backend,
    operator: Caller,
    action: str,
    subject: str,
    reason: str,
    about: Iterable[str] = (),
) -> Iterator[Note]:
    """Writes the entry of what is done inside, first as begun. `about` are the accounts that it names, and
    those of the users whose work is changed. Raises BusyError before anything is changed where it cannot be
    written."""
    note = Note()
    name, now = backend.new_id()[:8], backend.clock.now()
    accounts = sorted(set(about))[:_ABOUT_MAX]
    entry = audit.begin(name, action, subject, operator.uid, reason, now, accounts)
    backend.documents.transact(lambda tx: tx.put(at.audit_entry(entry.id), entry))
    try:
        yield note
    except RequestError:
        _end(backend, entry, Outcome.REFUSED, note)
        raise
    except BaseException:
        _end(backend, entry, Outcome.FAILED, note)
        raise
    _end(backend, entry, Outcome.DONE, note)


def _end(backend: Backend, entry: AuditEntry, outcome: Outcome, note: Note) -> None:
    log.info(
        "operator.acted",
        audit_id=entry.id,
        action=entry.action,
        subject=entry.subject,
        actor=entry.actor,
        outcome=outcome.value,
        changed=note.changed,
    )

    def work(tx: Transaction) -> None:
        found = tx.get(at.audit_entry(entry.id)) or entry
        # Whoever was erased meanwhile is not named again.
        details = note.details if tuple(found.about) == tuple(entry.about) else {}
        ended = audit.end(found, outcome, note.changed, details, backend.clock.now())
        tx.put(at.audit_entry(entry.id), ended)

    try:
        backend.documents.transact(work)
    except Exception as error:
        # What was asked for is done, and stays done: the entry says that it was begun.
        log.bug("audit.not_ended", error, audit_id=entry.id)


def last_entries(backend: Backend, limit: int) -> Sequence[AuditEntry]:
    """The last entries, newest first."""
    query = Query(at.AUDIT, order_by=("-begun_at",), limit=limit)
    return backend.documents.find(AuditEntry, query)
