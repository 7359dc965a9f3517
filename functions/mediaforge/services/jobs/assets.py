"""Files of a job under fixed names. A later attempt overwrites the files of an earlier one, so a crash
between two saves leaves nothing but files that the next attempt overwrites. `shelf` knows which file a worker
may overwrite."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from mediaforge import log
from mediaforge.domain.errors import BusyError, FileTooLargeError, LostError
from mediaforge.domain.jobs.job import Job, JobStatus, Output
from mediaforge.domain.jobs.kinds import JobKind
from mediaforge.domain.library.brands import checkpoints_folder, copies_folder
from mediaforge.domain.media_type import HEAD_BYTES
from mediaforge.ports.media import Preview
from mediaforge.ports.provider import Asset, Finished, StoredAsset
from mediaforge.services.backend import Backend
from mediaforge.services.jobs.shelf import Shelf, open_shelf
from mediaforge.services.jobs.side_by_side import side_by_side

_MISSING = ("result-missing", "The provider's file is not where it said.")
_UNREADABLE = ("result-unreadable", "The provider delivered a broken file.")
_THUMBNAIL_TYPE = "image/webp"


@dataclass(frozen=True, slots=True)
class _Saved:
    path: str
    url: str
    thumbnail_url: str | None
    preview: Preview | None
    is_copy: bool = False


@dataclass(frozen=True, slots=True)
class Saved:
    """`leaves_scratch`: the provider wrote some of the files by itself, and those are still in the scratch
    folder."""

    output: Output
    leaves_scratch: bool


def save_assets(backend: Backend, job: Job, finished: Finished) -> Saved:
    """Stores each asset as it is delivered, and its thumbnail where there is something to see. One asset is
    in memory at a time. One that is broken or missing does not cost the others. Raises LostError where none
    is whole, and LateError where the job is no longer this worker's."""
    saved: list[_Saved] = []
    shelf = open_shelf(backend, job, _stem(job))
    lost: LostError | None = None
    for index, asset in enumerate(finished.assets):
        if index == job.count:
            break  # assets beyond those that were asked for are not paid for
        try:
            saved.append(_save(shelf, asset, len(saved)))
        except LostError as error:
            log.warning("asset.lost", job_id=job.id, code=error.code)
            lost = error
    if lost is not None and not saved:
        raise lost
    leaves_scratch = any(each.is_copy for each in saved)
    return Saved(_output(job, saved, finished.model_uri), leaves_scratch)


def _save(shelf: Shelf, delivered: Asset | StoredAsset, index: int) -> _Saved:
    _refuse_foreign(shelf, delivered)
    asset = _as_it_is(shelf, delivered)
    path = asset_path(shelf.job, index, asset.extension)
    if isinstance(asset, StoredAsset):
        return _take_over(shelf, asset, path, index)
    return _upload(shelf, asset, path, index)


def _refuse_foreign(shelf: Shelf, delivered: Asset | StoredAsset) -> None:
    """Raises LostError for a stored file that is not in the job's own scratch folder, whoever made it: no
    other file is looked at or taken."""
    own = shelf.backend.media.uri(scratch_path(shelf.job))
    if isinstance(delivered, StoredAsset) and not delivered.uri.startswith(own):
        raise LostError("output-not-ours", "The provider named a file that is not this job's.")


def _as_it_is(shelf: Shelf, asset: Asset | StoredAsset) -> Asset | StoredAsset:
    """The asset with the extension and the content type that its first bytes show, whatever the provider
    says. A file of no known type is not stored: it would be served as the type that the provider named.
    Raises LostError."""
    if isinstance(asset, StoredAsset):
        head = shelf.backend.media.head(asset.uri, HEAD_BYTES)
        if head is None:
            raise LostError(*_MISSING)
        first_bytes = head.content
    else:
        first_bytes = asset.content[:HEAD_BYTES]
    known = _type_of(shelf.job, first_bytes)
    if known is None:
        raise LostError(*_UNREADABLE)
    extension, content_type = known
    return replace(asset, extension=extension, content_type=content_type)


def _type_of(job: Job, content: bytes) -> tuple[str, str] | None:
    type_of = job.kind.traits.type_of
    return type_of(content) if type_of is not None else None


def _upload(shelf: Shelf, asset: Asset, path: str, index: int) -> _Saved:
    """Uploads the asset while its thumbnail is made: the upload is the longest step after the provider's
    own."""
    with ThreadPoolExecutor(1) as upload:
        url = upload.submit(shelf.save, path, asset.content, asset.content_type)
        preview = _preview(shelf, asset.content, asset.content_type)
        thumbnail_url = _save_thumbnail(shelf, preview, index)
        return _Saved(path, url.result(), thumbnail_url, preview)


def _take_over(shelf: Shelf, asset: StoredAsset, path: str, index: int) -> _Saved:
    """Copies the file within Storage, and reads it only for its thumbnail. It reads the copy, since whoever
    wrote the original may write it anew."""
    url = shelf.copy(asset.uri, path, asset.content_type)
    try:
        content = shelf.backend.media.load(path) if url is not None else None
    except FileTooLargeError as error:
        raise LostError("result-too-large", "The provider delivered too large a file.") from error
    if url is None or content is None:
        raise LostError(*_MISSING)
    if _type_of(shelf.job, content) != (asset.extension, asset.content_type):
        raise LostError(*_UNREADABLE)  # the file was written anew after its first bytes were read
    preview = _preview(shelf, content, asset.content_type)
    return _Saved(path, url, _save_thumbnail(shelf, preview, index), preview, is_copy=True)


def _save_thumbnail(shelf: Shelf, preview: Preview | None, index: int) -> str | None:
    if preview is None:
        return None
    return shelf.save(thumbnail_path(shelf.job, index), preview.thumbnail, _THUMBNAIL_TYPE)


def _preview(shelf: Shelf, content: bytes, content_type: str) -> Preview | None:
    """None for a kind of job that shows nothing. An error of the preview is a LostError: the same file would
    break it again, so it is no use to ask the provider for it once more."""
    if not shelf.job.kind.traits.is_seen:
        return None
    try:
        return shelf.backend.preview(content, content_type)
    except BusyError:
        raise
    except ValueError as error:
        raise LostError(*_UNREADABLE) from error
    except Exception as error:
        log.bug("preview.broke", error, job_id=shelf.job.id)
        raise LostError(*_UNREADABLE) from error


def _output(job: Job, saved: Sequence[_Saved], model_uri: str | None) -> Output:
    urls = tuple(each.url for each in saved)
    field = job.kind.traits.urls
    first = saved[0].preview if saved else None
    return Output(
        storage_paths=tuple(each.path for each in saved),
        image_urls=urls if field == "image_urls" else (),
        thumbnail_urls=tuple(each.thumbnail_url for each in saved if each.thumbnail_url),
        model=job.model,
        provider=job.provider,
        seed=job.seed,
        video_url=urls[0] if urls and field == "video_url" else None,
        fps=first.fps if first else None,
        duration_seconds=first.duration_s if first else None,
        model_uri=model_uri,
        urls=urls if field == "urls" and urls else None,
    )


def has_files(backend: Backend, job: Job) -> bool:
    """Whether every file that the job delivered is there."""
    return backend.media.list(_stem(job)).keys() >= set(delivered_paths(job))


def copy_assets(backend: Backend, job: Job, source: Job) -> Output | None:
    """Copies all that `source` delivered, under the names that `job` has for it. None where a file of it is
    missing. Raises LateError where the job is no longer this worker's."""
    if source.output is None:
        return None
    shelf = open_shelf(backend, job, _stem(job))
    kept = delivered_paths(source)
    copies = [_own_path(job, source, path) for path in kept]
    urls = side_by_side(lambda pair: _copy(shelf, *pair), zip(kept, copies, strict=True))
    if None in urls:
        return None
    address = dict(zip(copies, map(str, urls), strict=True))
    paths = tuple(copies[: len(source.output.storage_paths)])
    output = replace(source.output, storage_paths=paths)
    return readdressed(job, output, address.__getitem__)


def _own_path(job: Job, source: Job, path: str) -> str:
    return _stem(job) + path.removeprefix(_stem(source))


def _copy(shelf: Shelf, path: str, own_path: str) -> str | None:
    """The address of the copy; None where there is no such file. It has the type that its bytes show."""
    uri = shelf.backend.media.uri(path)
    head = shelf.backend.media.head(uri, HEAD_BYTES)
    known = _type_of(shelf.job, head.content) if head is not None else None
    content_type = known[1] if known is not None else _THUMBNAIL_TYPE
    return shelf.copy(uri, own_path, content_type) if head is not None else None


def tidy(backend: Backend, job: Job) -> bool:
    """Deletes the files that attempts of a final job saved and its end did not deliver, the copies of a brand
    whose training came to nothing, and all of the scratch folder. Not to be called before the end is
    recorded: until then the next delivery copies from the scratch folder. The settle does not wait for it:
    what cannot be deleted now is deleted later. True where all is gone."""
    kept = delivered_paths(job)
    try:
        saved = backend.media.list(_stem(job))
        backend.media.delete({path: of for path, of in saved.items() if path not in kept})
        for folder in (scratch_path(job), *_left_by_a_training(job)):
            backend.media.delete(backend.media.list(folder))
    except BusyError as error:
        log.warning("leftovers.kept", job_id=job.id, cause=str(error))
        return False
    return True


def _left_by_a_training(job: Job) -> list[str]:
    """Its checkpoints, which no further attempt needs; and the copies, where it came to nothing."""
    if job.kind is not JobKind.TRAINING:
        return []
    brand_id = str(job.brand_id)
    copies = [] if job.status is JobStatus.COMPLETED else [copies_folder(brand_id)]
    return [checkpoints_folder(brand_id), *copies]


def asset_path(job: Job, index: int, extension: str) -> str:
    """One asset has the job's name, several are numbered."""
    number = f"_{index}" if job.count > 1 else ""
    return f"{_stem(job)}{number}.{extension}"


def scratch_path(job: Job) -> str:
    """A folder for what a provider writes by itself; nobody but the backend reads there."""
    return f"scratch/{job.id}/"


def thumbnail_path(job: Job, index: int) -> str:
    return f"{_stem(job)}_{index}_thumb.webp"


def delivered_paths(job: Job) -> list[str]:
    """Every file of a job that its view lists: each asset, then each thumbnail."""
    assets = job.output.storage_paths if job.output else ()
    seen = assets if job.kind.traits.is_seen else ()
    return [*assets, *(thumbnail_path(job, index) for index in range(len(seen)))]


def readdressed(job: Job, output: Output, address: Callable[[str], str]) -> Output:
    """`output` of the job, with the addresses that `address` makes of its files' paths."""
    paths, thumbnails = output.storage_paths, range(len(output.thumbnail_urls))
    return replace(
        output,
        image_urls=tuple(address(path) for path in paths[: len(output.image_urls)]),
        thumbnail_urls=tuple(address(thumbnail_path(job, index)) for index in thumbnails),
        video_url=address(paths[0]) if output.video_url and paths else output.video_url,
        urls=tuple(address(path) for path in paths) if output.urls else output.urls,
    )


def _stem(job: Job) -> str:
    """What the path of each of the job's files begins with. All ids have one length, so the path of no other
    job's file begins with it."""
    return f"generating/{job.user_id}/{job.kind.value}/{job.id}"
