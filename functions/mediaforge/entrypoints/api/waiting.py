"""A request that waits for the end of a job: by `Prefer: wait`, or by a tool of an assistant. It waits
without a lease: it only reads the view now and then, and a caller who is gone has lost nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import TypeVar

from mediaforge import log
from mediaforge.contract.answers import Generation
from mediaforge.contract.documents import Ref
from mediaforge.contract.views import View
from mediaforge.domain.errors import BusyError
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.services.backend import Backend
from mediaforge.services.pauses import pauses_s

_T = TypeVar("_T")

# functions-framework serves four threads. Two of them have to be left to requests that do not wait, for
# whatever: a caller who finds no place is answered at once, and asks again.
_WAITING = BoundedSemaphore(2)
_PAUSES_S = (0.5, 1.0, 2.0)
_LONG_PAUSE_S = 3.0
_KINDS = {kind.plural: kind for kind in JobKind}


def finished(backend: Backend, path: str, wait_s: int) -> Generation | None:
    """The job of the view at `path` once it is final, or None after `wait_s` seconds, or where too many wait
    already. Never raises: the job was accepted, and a caller who is told to send the request again would have
    it made twice."""
    ref, kind = Ref(path, View), _KINDS[path.split("/")[2]]

    def ended() -> tuple[View | None] | None:
        """The view, or that it was deleted."""
        view = backend.documents.get(ref)
        return (view,) if view is None or view.status.is_final else None

    try:
        (view,) = until(backend, wait_s, ended) or (None,)
        return Generation.of(view, kind) if view is not None else None
    except BusyError as busy:
        log.warning("wait.ended", cause=str(busy))
    except Exception as error:
        log.bug("wait.broke", error)
    return None


def until(backend: Backend, wait_s: int, look: Callable[[], _T | None]) -> _T | None:
    """What `look` finds, looking now and then for `wait_s` seconds; None where it found nothing, or where too
    many wait already."""
    if not wait_s:
        return None
    with place() as is_free:
        for pause_s in pauses_s(wait_s if is_free else 0, _PAUSES_S, _LONG_PAUSE_S):
            backend.clock.sleep(pause_s)
            if (found := look()) is not None:
                return found
    return None


@contextmanager
def place() -> Iterator[bool]:
    """A place for something that takes its time: whether there was one. It is free again at the end."""
    is_free = _WAITING.acquire(blocking=False)
    try:
        yield is_free
    finally:
        if is_free:
            _WAITING.release()
