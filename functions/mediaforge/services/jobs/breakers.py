"""Whether a model is out of order, as all processes share it."""

import threading
from collections.abc import Callable
from datetime import datetime

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.domain.errors import NothingMadeError, ProviderError, UnavailableError
from mediaforge.domain.jobs import breakers
from mediaforge.domain.jobs.breakers import Breaker
from mediaforge.ports.clock import Clock
from mediaforge.ports.documents import Documents, Transaction
from mediaforge.services.backend import Backend

_KEPT_S = 5
# Seconds that a call may take where the catalogue names no limit: the longest limit of any provider.
CALL_S_MAX = 90.0


def admit(backend: Backend, who: str, model_id: str, size_name: str = "") -> float:
    """0 where the model may be called, else for how many seconds more it may not. To be asked once for each
    call. `who` then makes that call, which may be the model's only trial, or gives the trial back."""
    model = backend.catalogue.models.get(model_id)
    if model is None or not model.has_breaker:
        return 0.0
    return backend.breakers.admit(model_id, model.start_limit_s(size_name) or CALL_S_MAX, who)


def give_trial_back(backend: Backend, who: str, model_id: str) -> None:
    """To be called where `who` was admitted and makes no call after all. Changes nothing where that call was
    no trial."""
    if _has_breaker(backend, model_id):
        backend.breakers.give_back(model_id, who)


def open_s(backend: Backend, model_id: str) -> float:
    """As `admit`, for a caller that only looks: it begins no trial, so no other call waits for one that may
    never be made."""
    return backend.breakers.open_s(model_id) if _has_breaker(backend, model_id) else 0.0


def note_health(
    backend: Backend, who: str, model_id: str, trouble: ProviderError | None, begun_at: datetime
) -> None:
    """To be called after each call of `who`, which was begun at `begun_at`. A provider that refuses, slows us
    down or answers with nothing is in order. Where it was not even asked, nothing is known of it."""
    if not _has_breaker(backend, model_id):
        return
    if trouble is not None and not trouble.was_asked:
        backend.breakers.give_back(model_id, who)
        return
    is_outage = isinstance(trouble, UnavailableError) and not isinstance(trouble, NothingMadeError)
    note = backend.breakers.note_failure if is_outage else backend.breakers.note_success
    note(model_id, begun_at)


def reset_breaker(backend: Backend, model_id: str) -> bool:
    """Closes the model's breaker, where an operator knows that its provider works again: its jobs are begun
    at their next delivery. Says whether it was not quite closed. Where the provider is still out of order it
    opens again."""

    def work(tx: Transaction) -> bool:
        if tx.get(at.breaker(model_id)) is None:
            return False
        tx.delete(at.breaker(model_id))
        return True

    was_there = backend.documents.transact(work)
    if was_there:
        log.info("breaker.reset", model=model_id)
    return was_there


def _has_breaker(backend: Backend, model_id: str) -> bool:
    model = backend.catalogue.models.get(model_id)
    return model is not None and model.has_breaker


class SharedBreakers:
    """Breakers kept in a document for each model. Each process reads it at most every five seconds, and
    writes it only when the model fails, is tried, or works again after it failed. Best effort: a breaker that
    cannot be read or written stops no work."""

    def __init__(self, documents: Documents, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[str, tuple[datetime, Breaker]] = {}

    def open_s(self, model: str) -> float:
        return breakers.open_s(self._read(model), self._clock.now())

    def admit(self, model: str, call_s: float, who: str) -> float:
        known, now = self._read(model), self._clock.now()
        if open_s := breakers.open_s(known, now):
            return open_s
        return self._try_it(model, call_s, who) if known.trips else 0.0

    def _try_it(self, model: str, call_s: float, who: str) -> float:
        """The breaker was open: the first caller tries the model, the others wait for what comes of that."""

        def work(tx: Transaction) -> tuple[Breaker, float]:
            now, found = self._clock.now(), tx.get(at.breaker(model))
            if found is None or not found.trips:
                return found or Breaker(), 0.0
            if open_s := breakers.open_s(found, now):
                return found, open_s
            tried = breakers.with_trial(found, now, call_s, who)
            tx.put(at.breaker(model), tried)
            return tried, 0.0

        try:
            known, open_s = self._documents.transact(work)
        except Exception as error:
            log.bug("breaker.broke", error, model=model)
            return 0.0
        self._keep(model, known)
        return open_s

    def give_back(self, model: str, who: str) -> None:
        # A trial is given back in the process that took it, so this process has read who has it.
        if self._read(model).trial_by != who:
            return

        def work(tx: Transaction) -> Breaker:
            before = tx.get(at.breaker(model)) or Breaker()
            after = breakers.without_trial(before, who)
            if after != before:
                tx.put(at.breaker(model), after)
            return after

        self._try(model, work)

    def note_failure(self, model: str, begun_at: datetime) -> None:
        def work(tx: Transaction) -> Breaker:
            before = tx.get(at.breaker(model)) or Breaker()
            after = breakers.after_failure(before, self._clock.now(), begun_at)
            if after != before:
                tx.put(at.breaker(model), after)
            return after

        self._try(model, work)

    def note_success(self, model: str, begun_at: datetime) -> None:
        if self._read(model).is_quiet:
            return

        def work(tx: Transaction) -> Breaker:
            found = tx.get(at.breaker(model))
            if found is None:
                return Breaker()
            if breakers.is_old_news(found, begun_at):
                return found
            tx.delete(at.breaker(model))
            return Breaker()

        self._try(model, work)

    def _try(self, model: str, work: Callable[[Transaction], Breaker]) -> None:
        before = self._known.get(model, (None, Breaker()))[1]
        try:
            after = self._documents.transact(work)
        except Exception as error:
            log.bug("breaker.broke", error, model=model)
            return
        self._keep(model, after)
        if after.trips > before.trips:
            log.error("breaker.opened", model=model, trips=after.trips)
        elif before.trips and not after.trips:
            log.info("breaker.closed", model=model)

    def _read(self, model: str) -> Breaker:
        now = self._clock.now()
        with self._lock:
            read_at, known = self._known.get(model, (None, Breaker()))
        if read_at is not None and abs((now - read_at).total_seconds()) < _KEPT_S:
            return known
        try:
            known = self._documents.get(at.breaker(model)) or Breaker()
        except Exception as error:
            log.bug("breaker.unreadable", error, model=model)
        self._keep(model, known)
        return known

    def _keep(self, model: str, breaker: Breaker) -> None:
        with self._lock:
            self._known[model] = (self._clock.now(), breaker)
