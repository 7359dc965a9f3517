"""References that come with a request, instead of from a client straight to Storage. They are stored where
uploads are, and looked at by the same function: it has the memory for pictures, and a request has not."""

from mediaforge import log
from mediaforge.contract import documents as at
from mediaforge.domain.errors import (
    AddressRefusedError,
    BusyError,
    FieldError,
    FileChangedError,
    IllegalStateError,
    InvalidRequestError,
    ReferenceUnreadableError,
    UnansweredError,
)
from mediaforge.domain.library import uploads
from mediaforge.domain.library.uploads import Upload, UploadStatus
from mediaforge.domain.media_type import image_type
from mediaforge.domain.names import digest_of
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.library.uploads import quota_of, readable
from mediaforge.services.money.blocks import refuse_blocked_caller
from mediaforge.services.pauses import pauses_s

_PAUSES_S = (0.2, 0.3, 0.5)
_LONG_PAUSE_S = 1.0
WAIT_S_MAX = 25


def store_reference(
    backend: Backend, caller: Caller, content: bytes, request_id: str | None
) -> str:
    """The path of the file, which is stored and not looked at yet. Sent again under the same `request_id` it
    is the same file, whatever it has in it. Raises InvalidRequestError, IllegalStateError where there is no
    room, AccountBlockedError."""
    refuse_blocked_caller(backend.documents, caller)
    found = image_type(content)
    if found is None:
        raise InvalidRequestError.of("file", "must be a PNG, JPEG or WebP picture")
    if len(content) > uploads.BYTES_MAX:
        raise InvalidRequestError.of("file", f"must have at most {uploads.BYTES_MAX} bytes")
    if (before := _sent_before(backend, caller, request_id)) is not None:
        return before
    _check_room(backend, caller.uid, len(content))
    extension, content_type = found
    path = f"{_stem(caller, request_id or backend.new_id())}.{extension}"
    try:
        backend.media.save(path, content, content_type, backend.new_id())
    except FileChangedError:
        return path  # it was sent before
    log.info("reference.stored", user_id=caller.uid, size_bytes=len(content))
    return path


def _stem(caller: Caller, name: str) -> str:
    """The path without its ending. What a team's key has sent it finds again, and nothing of its owner's."""
    of_team = (caller.team_id,) if caller.team_id is not None else ()
    file_id = digest_of(caller.uid, "reference", name, *of_team)[:24]
    return f"{uploads.folder_of(caller.uid)}{file_id}"


def _sent_before(backend: Backend, caller: Caller, request_id: str | None) -> str | None:
    """The path of the file that was sent under this name, perhaps as a picture of another type."""
    if not request_id:
        return None
    return min(backend.media.list(f"{_stem(caller, request_id)}."), default=None)


def fetch_reference(backend: Backend, caller: Caller, url: str, request_id: str | None) -> str:
    """As `store_reference`, with what is at an address. Nothing is fetched for whom there is no room, and
    nothing a second time. Raises the same."""
    refuse_blocked_caller(backend.documents, caller)
    if (before := _sent_before(backend, caller, request_id)) is not None:
        return before
    _check_room(backend, caller.uid, 0)
    try:
        fetched = backend.outside.fetch(url, uploads.BYTES_MAX)
    except (AddressRefusedError, UnansweredError) as refusal:
        backend.gate.count_user_refusal(caller.gate_name)  # it may have taken half a minute
        raise InvalidRequestError.of("url", refusal.message) from None
    return store_reference(backend, caller, fetched.content, request_id)


def looked_at(backend: Backend, caller: Caller, path: str, wait_s: float) -> Upload | None:
    """The upload once it is ready; None where nobody has looked at it within that time, or where that cannot
    be seen: it is stored, and must not be sent again. Raises ReferenceUnreadableError."""
    name = uploads.read_path(path)
    assert name is not None
    for pause_s in pauses_s(wait_s, _PAUSES_S, _LONG_PAUSE_S):
        backend.clock.sleep(pause_s)
        try:
            upload = readable(backend.documents.get, at.upload(caller.uid, name.file_id))
        except BusyError as busy:
            log.warning("reference.not_seen", cause=str(busy))
            return None
        if upload is not None and _is_refused(backend, path, upload):
            says = upload.error.message if upload.error else "is no picture that can be read"
            raise ReferenceUnreadableError([FieldError("file", says)], paths=[path])
        if upload is not None and upload.status is UploadStatus.READY:
            return upload
    return None


def _is_refused(backend: Backend, path: str, upload: Upload) -> bool:
    """Whether this file is what was refused, and not an earlier one that was sent under the same name."""
    is_refused = upload.status is UploadStatus.REFUSED
    return is_refused and backend.media.list(path).get(path, 0) <= upload.generation


def _check_room(backend: Backend, uid: str, size_bytes: int) -> None:
    """As the rules of Storage have it for clients. Two requests at once may pass both: then the count that
    comes after them refuses what there is no room for."""
    folder = readable(backend.documents.get, at.upload_folder(uid))
    quota = quota_of(backend)
    files, stored = (folder.files, folder.size_bytes) if folder else (0, 0)
    if files >= quota.files_max or stored + size_bytes > quota.bytes_max:
        raise IllegalStateError(
            f"You may keep {quota.files_max} uploads of {quota.bytes_max // 1_000_000} MB together. "
            "Delete some first.",
            limit=quota.files_max,
        )
