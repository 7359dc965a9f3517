"""`Prefer: wait`: a request that is answered with the finished job. It waits without a lease: it only reads
the view now and then, and a caller who is gone has lost nothing."""

from threading import BoundedSemaphore

from mediaforge.contract.answers import Generation
from mediaforge.contract.documents import Ref
from mediaforge.contract.views import View
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.services.backend import Backend
from mediaforge.services.pauses import pauses_s

# functions-framework serves four threads. Two of them have to be left to requests that do not wait: a caller
# who finds no place is answered at once, and asks again.
_WAITING = BoundedSemaphore(2)
_PAUSES_S = (0.5, 1.0, 2.0)
_LONG_PAUSE_S = 3.0
_KINDS = {kind.plural: kind for kind in JobKind}


def finished(backend: Backend, path: str, wait_s: int) -> Generation | None:
    """The job of the view at `path` once it is final, or None after `wait_s` seconds, or where too many wait
    already."""
    if not wait_s or not _WAITING.acquire(blocking=False):
        return None
    try:
        return _seen(backend, path, wait_s)
    finally:
        _WAITING.release()


def _seen(backend: Backend, path: str, wait_s: int) -> Generation | None:
    ref, kind = Ref(path, View), _KINDS[path.split("/")[2]]
    for pause_s in pauses_s(wait_s, _PAUSES_S, _LONG_PAUSE_S):
        backend.clock.sleep(pause_s)
        view = backend.documents.get(ref)
        if view is None or view.status.is_final:
            return Generation.of(view, kind) if view else None
    return None
