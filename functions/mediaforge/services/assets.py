"""Files of a job under fixed names: a second save overwrites the first, so a crash between two of
them leaves nothing to clean up but what the next attempt overwrites."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from mediaforge import log
from mediaforge.domain.errors import BusyError
from mediaforge.domain.jobs import Job, Output
from mediaforge.ports import Asset
from mediaforge.services.backend import Backend


def save_assets(backend: Backend, job: Job, assets: Iterable[Asset]) -> Output:
    """Stores each asset and its thumbnail as it is delivered; one is in memory at a time."""
    paths, urls, thumbnail_urls = [], [], []
    for index, asset in enumerate(assets):
        if index == job.count:
            break  # more than was asked for is not paid for
        path = asset_path(job, index, asset.extension)
        url, thumbnail_url = _save_with_thumbnail(backend, job, asset, path, index)
        paths.append(path)
        urls.append(url)
        thumbnail_urls.append(thumbnail_url)
    return Output(
        storage_paths=tuple(paths),
        image_urls=tuple(urls),
        thumbnail_urls=tuple(thumbnail_urls),
        model=job.model,
        provider=job.provider,
        seed=job.seed,
    )


def _save_with_thumbnail(
    backend: Backend, job: Job, asset: Asset, path: str, index: int
) -> tuple[str, str]:
    """Both addresses. The asset is on its way while its thumbnail is made: the upload is the longest
    step after the provider's own."""
    save, token = backend.media.save, job.asset_token
    with ThreadPoolExecutor(1) as upload:
        saved = upload.submit(save, path, asset.content, asset.content_type, token)
        thumbnail = backend.thumbnail(asset.content)
        address = save(thumbnail_path(job, index), thumbnail, "image/webp", token)
        return saved.result(), address


def tidy(backend: Backend, job: Job) -> None:
    """Deletes what attempts of a final job saved and its end did not deliver. Money does not wait for
    it: what cannot be deleted now stays, and is nobody's but the owner's."""
    kept = _delivered_paths(job)
    try:
        backend.media.delete(p for p in backend.media.list(_stem(job)) if p not in kept)
    except BusyError as error:
        log.warning("leftovers.kept", job_id=job.id, cause=str(error))


def _delivered_paths(job: Job) -> set[str]:
    assets = job.output.storage_paths if job.output else ()
    return {*assets, *(thumbnail_path(job, index) for index in range(len(assets)))}


def asset_path(job: Job, index: int, extension: str) -> str:
    """One asset has the job's name, several are numbered."""
    number = f"_{index}" if job.count > 1 else ""
    return f"{_stem(job)}{number}.{extension}"


def thumbnail_path(job: Job, index: int) -> str:
    return f"{_stem(job)}_{index}_thumb.webp"


def _stem(job: Job) -> str:
    """What every file of the job begins with. Ids have one length, so no other job's does."""
    return f"generating/{job.user_id}/{job.kind.value}/{job.id}"
