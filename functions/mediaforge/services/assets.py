"""Files of a job under fixed names: a second save overwrites the first, so a crash between two of
them leaves nothing to clean up but what the next attempt overwrites."""

from collections.abc import Iterable

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
        urls.append(backend.media.save(path, asset.content, asset.content_type, job.asset_token))
        thumbnail = backend.thumbnail(asset.content)
        thumbnail_urls.append(
            backend.media.save(thumbnail_path(job, index), thumbnail, "image/webp", job.asset_token)
        )
        paths.append(path)
    return Output(
        storage_paths=tuple(paths),
        image_urls=tuple(urls),
        thumbnail_urls=tuple(thumbnail_urls),
        model=job.model,
        provider=job.provider,
        seed=job.seed,
    )


def delete_leftovers(backend: Backend, job: Job) -> None:
    """Deletes what attempts of a final job saved and its end did not deliver."""
    delivered = len(job.output.storage_paths) if job.output else 0
    backend.media.delete(
        path
        for index in range(delivered, job.count)
        for path in (asset_path(job, index, "png"), thumbnail_path(job, index))
    )


def asset_path(job: Job, index: int, extension: str) -> str:
    """One asset has the job's name, several are numbered."""
    number = f"_{index}" if job.count > 1 else ""
    return f"{_folder(job)}/{job.id}{number}.{extension}"


def thumbnail_path(job: Job, index: int) -> str:
    return f"{_folder(job)}/{job.id}_{index}_thumb.webp"


def _folder(job: Job) -> str:
    return f"generating/{job.user_id}/{job.kind.value}"
