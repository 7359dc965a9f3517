"""Looks at a request's pictures: before credits are held, whether the caller may use each, and before the
provider is asked and paid, whether each exists, and of which type it is."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import Any

from mediaforge.contract import documents as at
from mediaforge.domain.errors import (
    FieldError,
    ReferenceMissingError,
    ReferenceUnreadableError,
    RejectedError,
)
from mediaforge.domain.jobs.job import Job
from mediaforge.domain.library import generated, uploads
from mediaforge.domain.library.brands import brand_of, copies_folder
from mediaforge.domain.library.generated import GeneratedName
from mediaforge.domain.library.uploads import (
    UnreadableError,
    Upload,
    UploadError,
    UploadStatus,
)
from mediaforge.domain.media_type import HEAD_BYTES, foreign_type, image_type, video_type
from mediaforge.domain.people.teams import Member
from mediaforge.ports.documents import Transaction
from mediaforge.ports.media import Head
from mediaforge.ports.provider import ProviderRequest, ReferenceImage
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.jobs.load_picture import load_picture
from mediaforge.services.jobs.shelf import open_shelf
from mediaforge.services.jobs.side_by_side import side_by_side
from mediaforge.services.people.members import is_member

_UNREADABLE = "reference-unreadable"
_NOT_THERE = "there is no finished picture or video here that you may see"
# Pictures that one refusal names at most: to find that an upload is gone costs a look into Storage.
_GONE_MAX = 5


# ---- before credits are held: what is known of a picture already ----------------------------------


def documents_of(job: Job) -> Iterator[at.Ref[Any]]:
    """The documents that tell of the job's pictures: of an upload its own, of a generated picture the view
    of the job that made it."""
    for _, _, ref in uploads_of(job):
        yield ref
    for _, path in _pictures_of(job):
        if (name := _made(path)) is not None:
            yield _view_of(name)


def memberships_of(tx: Transaction, caller: Caller, job: Job) -> Iterator[at.Ref[Member]]:
    """The documents that say whether the caller is a member of the teams whose pictures the job uses."""
    for _, path in _pictures_of(job):
        name = _made(path)
        view = tx.peek(_view_of(name)) if name is not None and name.uid != caller.uid else None
        if view is not None and (team_id := generated.team_of(view)) is not None:
            yield at.member(team_id, caller.uid)


def _pictures_of(job: Job) -> Iterator[tuple[str, str]]:
    """The job's references, frames, and what it changes or extends: of each the field that named it, and its
    path."""
    if job.edit_of is not None:
        yield "editOf.path", job.edit_of
    own = len(job.wanted.get("references", ()))
    for index, reference in enumerate(job.references):
        yield f"references[{index}].path" if index < own else _pack_of(job), reference["path"]
    if job.video is not None:
        shown = {
            "firstFrame": job.video.first_frame,
            "lastFrame": job.video.last_frame,
            "extendOf": job.video.extend_of,
        }
        yield from ((f"{name}.path", path) for name, path in shown.items() if path is not None)


def _pack_of(job: Job) -> str:
    """The field that named the job's pack."""
    return "referencePackId" if "referencePackId" in job.request_data else "templateId"


def uploads_of(job: Job) -> Iterator[tuple[str, str, at.Ref[Upload]]]:
    """The job's uploads: of each the field that named it, its path and the reference of its document."""
    for field, path in _pictures_of(job):
        if (name := uploads.read_path(path)) is not None:
            yield field, path, at.upload(name.uid, name.file_id)


def _made(path: str) -> GeneratedName | None:
    return generated.read_path(path, generated.MADE_KINDS)


def _view_of(name: GeneratedName) -> at.Ref[dict[str, Any]]:
    return at.as_stored(at.view_of(name.uid, name.kind, name.job_id))


def refuse_unseen(tx: Transaction, caller: Caller, job: Job) -> None:
    """Raises ReferenceMissingError for generated pictures that the caller may not read, in the same words as
    for those that do not exist. A picture may be read, and so used, by its own user and by every member of
    the team that it was made for, whichever account pays for `job`."""
    unseen = ((field, path) for field, path in _pictures_of(job) if not _may_use(tx, caller, path))
    wrong = list(islice(unseen, _GONE_MAX))
    if wrong:
        raise ReferenceMissingError(
            [FieldError(field, _NOT_THERE) for field, _ in wrong], paths=[path for _, path in wrong]
        )


def _may_use(tx: Transaction, caller: Caller, path: str) -> bool:
    name = _made(path)
    if name is None:
        return True  # an upload: its path says that it is the caller's
    # To peek is enough: nothing that is asked here changes after a job's end. Where the view is deleted
    # meanwhile, the picture was used a moment before; the job looks for the file when it runs.
    view = tx.peek(_view_of(name))
    if view is None or not generated.is_delivered(view, path):
        return False
    team_id = generated.team_of(view)
    if not caller.sees(team_id):
        return False
    is_own = name.uid == caller.uid
    return is_own or (team_id is not None and is_member(tx.get, team_id, caller))


def refuse_refused(exists: Callable[[str], bool], tx: Transaction, job: Job) -> None:
    """Raises ReferenceUnreadableError or ReferenceMissingError for uploads that were refused and deleted, and
    for files of the job's pack that are gone. A file that was uploaded since is looked at when the job runs.
    `exists` says whether there is a file, and remembers what it said."""
    doubtful = list(_doubtful_uploads(tx, job))
    side_by_side(exists, [each.path for each in doubtful if each.is_of_pack])
    gone = list(islice((each for each in doubtful if not exists(each.path)), _GONE_MAX))
    unreadable = [each for each in gone if each.code == _UNREADABLE]
    wrong = unreadable or gone
    if not wrong:
        return
    kind = ReferenceUnreadableError if unreadable else ReferenceMissingError
    raise kind(
        [FieldError(each.field, each.message) for each in wrong],
        paths=[each.path for each in wrong],
    )


@dataclass(frozen=True, slots=True)
class _Doubtful:
    """An upload that is gone, unless there is a file all the same; the field that names it, and what is said
    of it."""

    field: str
    path: str
    code: str
    message: str
    is_of_pack: bool


def _doubtful_uploads(tx: Transaction, job: Job) -> Iterator[_Doubtful]:
    """Uploads that were refused, and all of the pack: their owner may have deleted one a moment ago. An
    upload that the request itself names, and that was not refused, is looked at when the job runs."""
    for field, path, ref in uploads_of(job):
        known = tx.peek(ref)  # what changes after this, the job finds when it runs
        is_of_pack = field == _pack_of(job)
        if error := _refused(known, path):
            message = f"{path} was refused" if is_of_pack else "was refused"
            yield _Doubtful(field, path, error.code, f"{message}: {error.message}", is_of_pack)
        elif is_of_pack:
            message = f"there is no file at {path}"
            yield _Doubtful(field, path, "reference-missing", message, is_of_pack)


def _refused(known: Upload | None, path: str) -> UploadError | None:
    """Why the file at this path was refused; None where its document tells of another file or of no
    refusal."""
    return known.error if known is not None and known.path == path else None


# ---- before the provider is asked ------------------------------------------------------------------


def looked_at(backend: Backend, request: ProviderRequest) -> ProviderRequest:
    """The request, in which each picture has the content type that its first bytes show, whatever its name
    says.

    Raises RejectedError `reference-missing`, `reference-unreadable` or `reference-unfit`, with the path and
    the number, for a file that does not exist, is no picture that can be read, or cannot be made larger: so
    it is the same for every provider, and costs nothing. The pictures of a brand were checked when it was
    trained: only their type is looked at."""
    video, brand = request.video, request.brand
    if video is not None:
        first = video.first_frame and _own(backend, ("The first frame", video.first_frame))
        last = video.last_frame and _own(backend, ("The last frame", video.last_frame))
        extended = video.extend_of and _film(backend, video.extend_of)
        video = replace(video, first_frame=first, last_frame=last, extend_of=extended)
    if brand is not None:
        shown = side_by_side(partial(_of_brand, backend), brand.references)
        brand = replace(brand, references=tuple(shown))
    named = [(f"Reference {n}", each) for n, each in enumerate(request.references, start=1)]
    own = side_by_side(partial(_own, backend), named)
    _refuse_unfit(
        backend, request, [(name, seen) for (name, _), seen in zip(named, own, strict=True)]
    )
    edited = request.edit_of and _own(backend, ("The picture to edit", request.edit_of))
    return replace(request, references=tuple(own), edit_of=edited, video=video, brand=brand)


def keep_copies(backend: Backend, job: Job, request: ProviderRequest) -> None:
    """Copies the pictures that the brand of this training will show, before the training is begun: an upload
    that is replaced or deleted later changes no brand. Another attempt writes the same names again. A worker
    that comes late writes over nothing.

    Raises RejectedError where a file was deleted meanwhile, and LateError where the job is no longer this
    worker's."""
    if not job.copies_references:
        return
    brand = brand_of(job)
    shelf = open_shelf(backend, job, copies_folder(brand.id))

    def keep(picture: ReferenceImage, path: str) -> None:
        if shelf.copy(picture.uri, path, picture.content_type) is None:
            raise _gone(backend, picture.path)

    copies = [copy["path"] for copy in brand.shown]
    side_by_side(lambda pair: keep(*pair), zip(request.references, copies, strict=False))


def _own(backend: Backend, named: tuple[str, ReferenceImage]) -> ReferenceImage:
    name, picture = named
    head = backend.media.head(picture.uri, HEAD_BYTES)
    if head is None:
        raise _gone(backend, picture.path)
    known = image_type(head.content)
    if known is None:
        raise _unreadable(name, picture, foreign_type(head.content).says)
    seen = _seen(backend, picture, head, known[1])
    if not _is_known_whole(backend, picture.path, head):
        try:
            backend.check_upload(seen.load())
        except UnreadableError as error:
            raise _unreadable(name, picture, error.says) from error
    return seen


def _refuse_unfit(
    backend: Backend, request: ProviderRequest, named: Iterable[tuple[str, ReferenceImage]]
) -> None:
    """A model that makes its reference larger is paid for by the pixels of what it makes. How many that are
    is in the reference's own bytes: a view says what was asked for, and the file may be a newer one."""
    model = backend.catalogue.models.get(request.model)
    if model is None or model.enlarges is None:
        return
    for name, picture in named:
        try:
            known = backend.check_upload(picture.load())
        except UnreadableError as error:
            raise _unreadable(name, picture, error.says) from error
        shorter_px = min(request.width_px, request.height_px)
        if fault := model.enlarges.fault_of(known.width_px, known.height_px, shorter_px):
            raise RejectedError("reference-unfit", f"{name} ({picture.path}) {fault}.")


def _film(backend: Backend, film: ReferenceImage) -> ReferenceImage:
    """A video that we have made was read to its end when it was saved."""
    head = backend.media.head(film.uri, HEAD_BYTES)
    if head is None:
        raise _gone(backend, film.path)
    if video_type(head.content) != ("mp4", "video/mp4"):
        raise _unreadable("The video to extend", film, "This is no MP4 video.")
    return _seen(backend, film, head, "video/mp4")


def _unreadable(name: str, picture: ReferenceImage, says: str) -> RejectedError:
    return RejectedError(_UNREADABLE, f"{name} ({picture.path}) cannot be used: {says}")


def _is_known_whole(backend: Backend, path: str, head: Head) -> bool:
    """Whether the file was read to its end before: what we have made was, when it was saved, and an upload
    was, if its document says so of this very file. An upload whose event is late, or lost, was not."""
    name = uploads.read_path(path)
    if name is None:
        return True
    known = backend.documents.get(at.upload(name.uid, name.file_id))
    if known is None or known.path != path or known.status is not UploadStatus.READY:
        return False
    return known.generation == head.generation


def _seen(
    backend: Backend, picture: ReferenceImage, head: Head, content_type: str
) -> ReferenceImage:
    """The picture as it was seen now. It is loaded by its generation: so it is loaded once for many jobs."""
    load = partial(load_picture, backend, picture.path, head.generation)
    return replace(picture, content_type=content_type, load=load, generation=head.generation)


def _gone(backend: Backend, path: str) -> RejectedError:
    """The error for a picture that does not exist: it may have been refused, and deleted, meanwhile."""
    name = uploads.read_path(path)
    known = backend.documents.get(at.upload(name.uid, name.file_id)) if name else None
    if error := _refused(known, path):
        return RejectedError(error.code, f"{path} was refused: {error.message}")
    # The bucket is named for a client that has uploaded to another one.
    return RejectedError("reference-missing", f"There is no file at {backend.media.uri(path)}.")


def _of_brand(backend: Backend, picture: ReferenceImage) -> ReferenceImage:
    head = backend.media.head(picture.uri, HEAD_BYTES)
    known = image_type(head.content) if head is not None else None
    return _seen(backend, picture, head, known[1]) if head and known else picture
