"""Loads a job's picture, for a provider that does not fetch it by itself."""

from mediaforge.domain.errors import BusyError, FileTooLargeError, RejectedError, UnavailableError
from mediaforge.services.backend import Backend

STORAGE_BUSY = ("storage-busy", "Storage did not answer.")


def load_picture(backend: Backend, path: str, generation: int | None = None) -> bytes:
    """The picture. With the `generation` that was seen a moment ago, it is loaded once by this process; a
    picture that was written anew since is loaded as it is now. To be called before the provider is asked:
    whatever goes wrong here has cost nothing."""
    if generation is None:
        return _load(backend, path)
    known = backend.loaded.find(path, generation)
    if known is not None:
        return known
    content = _loaded(backend, path, generation)
    if content is None:
        return _load(backend, path)
    backend.loaded.keep(path, generation, content)
    return content


def _load(backend: Backend, path: str) -> bytes:
    content = _loaded(backend, path, None)
    if content is None:
        message = f"There is no file at {backend.media.uri(path)}."
        raise RejectedError("reference-missing", message, was_asked=False)
    return content


def _loaded(backend: Backend, path: str, generation: int | None) -> bytes | None:
    try:
        return backend.media.load(path, generation)
    except BusyError as error:
        raise UnavailableError(*STORAGE_BUSY, may_have_billed=False, was_asked=False) from error
    except FileTooLargeError as error:
        message = f"{path} is too large."
        raise RejectedError("reference-too-large", message, was_asked=False) from error
