"""Files of a job under fixed names: a second save overwrites the first, so a crash between two of
them leaves nothing to clean up but what the next attempt overwrites."""

from collections.abc import Iterable, Iterator

from mediaforge.domain.jobs import Job, Output
from mediaforge.ports import Asset
from mediaforge.services.backend import Backend


def save_assets(backend: Backend, job: Job, assets: Iterable[Asset]) -> Output:
    """Stores each asset and its thumbnail as it is delivered; one is in memory at a time."""
    paths, urls, thumbnail_urls = [], [], []
    for index, asset in enumerate(assets):
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


def delete_assets(backend: Backend, job: Job) -> None:
    backend.media.delete(_every_path(job))


def asset_path(job: Job, index: int, extension: str) -> str:
    """One asset has the job's name, several are numbered."""
    number = f"_{index}" if job.count > 1 else ""
    return f"{_folder(job)}/{job.id}{number}.{extension}"


def thumbnail_path(job: Job, index: int) -> str:
    return f"{_folder(job)}/{job.id}_{index}_thumb.webp"


def _folder(job: Job) -> str:
    return f"generating/{job.user_id}/{job.kind.value}"


def _every_path(job: Job) -> Iterator[str]:
    for index in range(job.count):
        yield asset_path(job, index, "png")
        yield thumbnail_path(job, index)
