"""A request's pictures, looked at before anybody is asked and paid: whether each is there, and what it is."""

from collections.abc import Iterator
from dataclasses import replace

from mediaforge.contract import documents as at
from mediaforge.domain import uploads
from mediaforge.domain.errors import (
    FieldError,
    ReferenceMissingError,
    ReferenceUnreadableError,
    RejectedError,
)
from mediaforge.domain.jobs import Job
from mediaforge.domain.media_type import HEAD_BYTES, image_type
from mediaforge.domain.uploads import Upload, UploadError
from mediaforge.ports.documents import Transaction
from mediaforge.ports.provider import ProviderRequest, ReferenceImage
from mediaforge.services.backend import Backend

_UNREADABLE = "reference-unreadable"
# Of a larger brand no model sees more.
_BRAND_MAX = 14


# ---- before credits are held: what is known of an upload already -----------------------------------


def uploads_of(job: Job) -> Iterator[tuple[str, str, at.Ref[Upload]]]:
    """The job's uploads, each as the field that named it, its path and where its document is."""
    for index, reference in enumerate(job.references):
        yield from _upload(f"references[{index}].path", reference["path"])
    if job.video is not None:
        yield from _upload("firstFrame.path", job.video.first_frame)
        yield from _upload("lastFrame.path", job.video.last_frame)


def _upload(field: str, path: str | None) -> Iterator[tuple[str, str, at.Ref[Upload]]]:
    name = uploads.read_path(path or "")
    if path is not None and name is not None:
        yield field, path, at.upload(name.uid, name.file_id)


def refuse_refused(backend: Backend, tx: Transaction, job: Job) -> None:
    """Raises ReferenceUnreadableError or ReferenceMissingError for uploads that were refused, and are gone.
    What was uploaded since, or nobody has looked at yet, is looked at by the job."""
    gone = [(field, path, error) for field, path, ref in uploads_of(job)
            if (error := _refused(tx.get(ref), path)) and not backend.media.exists(path)]  # fmt: skip
    unreadable = [each for each in gone if each[2].code == _UNREADABLE]
    wrong = unreadable or gone
    if not wrong:
        return
    kind = ReferenceUnreadableError if unreadable else ReferenceMissingError
    raise kind(
        [FieldError(field, f"was refused: {error.message}") for field, _, error in wrong],
        paths=[path for _, path, _ in wrong],
    )


def _refused(known: Upload | None, path: str) -> UploadError | None:
    """Why the file at this path was refused, if that is the last that is known of it."""
    return known.error if known is not None and known.path == path else None


# ---- before the provider is asked ------------------------------------------------------------------


def looked_at(backend: Backend, request: ProviderRequest) -> ProviderRequest:
    """The request with each picture as what its first bytes say, whatever its name does.

    Raises RejectedError `reference-missing` or `reference-unreadable`, with the path, for one that is not
    there or is no picture. Of a brand's, which were looked at when it was trained, only the type is."""
    video, brand = request.video, request.brand
    if video is not None:
        first, last = (f and _own(backend, f) for f in (video.first_frame, video.last_frame))
        video = replace(video, first_frame=first, last_frame=last)
    if brand is not None:
        some, rest = brand.references[:_BRAND_MAX], brand.references[_BRAND_MAX:]
        brand = replace(brand, references=(*(_of_brand(backend, each) for each in some), *rest))
    own = tuple(_own(backend, each) for each in request.references)
    return replace(request, references=own, video=video, brand=brand)


def _own(backend: Backend, picture: ReferenceImage) -> ReferenceImage:
    head = backend.media.head(picture.uri, HEAD_BYTES)
    if head is None:
        raise _gone(backend, picture.path)
    known = image_type(head)
    if known is None:
        raise RejectedError(_UNREADABLE, f"{picture.path} is no PNG, JPEG or WebP picture.")
    return replace(picture, content_type=known[1])


def _gone(backend: Backend, path: str) -> RejectedError:
    """It may have been there, and refused meanwhile."""
    name = uploads.read_path(path)
    known = backend.documents.get(at.upload(name.uid, name.file_id)) if name else None
    if error := _refused(known, path):
        return RejectedError(error.code, f"{path} was refused: {error.message}")
    return RejectedError("reference-missing", f"There is no file at {path}.")


def _of_brand(backend: Backend, picture: ReferenceImage) -> ReferenceImage:
    known = image_type(backend.media.head(picture.uri, HEAD_BYTES) or b"")
    return replace(picture, content_type=known[1]) if known else picture
