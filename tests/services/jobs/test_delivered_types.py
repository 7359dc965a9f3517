"""What a provider delivers is stored as what it is, whatever the provider says of it."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from mediaforge.contract.requests import GenerateVideo, parse
from mediaforge.domain.jobs.job import Job, JobStatus
from mediaforge.ports.media import Head
from mediaforge.ports.provider import Asset, Finished, ProviderRequest, StoredAsset
from mediaforge.services.jobs.submit import submit_job
from tests.memory.media import MemoryMedia
from tests.support.one_shot import OneShotProvider
from tests.support.pictures import picture
from tests.support.world import ANN, World

PNG, JPEG, WEBP = picture(), picture("JPEG"), picture("WEBP")
MP4 = b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41"
MOV = b"\0\0\0\x14ftypqt  \0\0\0\0qt  "
WEBM = b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04"


class Delivering(OneShotProvider):
    """The same files for whoever asks; those that are to be stored already are put there first."""

    def __init__(
        self, world: World, said: tuple[str, str], files: Sequence[bytes], *, stores: bool
    ):
        self._world, self._said, self._files, self._stores = world, said, files, stores

    def start(self, request: ProviderRequest) -> Finished:
        return Finished([self._asset(request, n, each) for n, each in enumerate(self._files)])

    def _asset(self, request: ProviderRequest, number: int, content: bytes) -> Asset | StoredAsset:
        if not self._stores:
            return Asset(content, *self._said)
        uri = f"{request.scratch_uri}{number}"
        self._world.media.files[uri.removeprefix("gs://memory/")] = content
        return StoredAsset(uri, *self._said)


def delivered(said: tuple[str, str], files: Sequence[bytes], *, stores: bool) -> tuple[World, Job]:
    world = World()
    provider = Delivering(world, said, files, stores=stores)
    world.backend = replace(world.backend, providers={"local": provider})
    if said[0] == "png":
        job = world.submit(count=len(files)).job
    else:
        world.set_tier("pro")
        job = submit_job(world.backend, ANN, parse(GenerateVideo, {"prompt": "waves"})).job
    world.run_until_quiet()
    world.assert_promises()
    return world, world.job(job.id)


def stored(world: World, job: Job) -> list[tuple[str, str]]:
    assert job.status is JobStatus.COMPLETED
    assert job.output is not None
    said = {file.path: file.content_type for file in world.media.stored("generating/")}
    return [(path.rpartition(".")[2], said[path]) for path in job.output.storage_paths]


@pytest.mark.parametrize("unknown", [b"picture", picture("GIF"), picture("BMP")])
@pytest.mark.parametrize("stores", [False, True])
def test_pictures_that_are_called_png(stores: bool, unknown: bytes) -> None:
    files = [JPEG, unknown, PNG, WEBP]
    world, job = delivered(("png", "image/png"), files, stores=stores)
    assert stored(world, job) == [
        ("jpg", "image/jpeg"),
        ("png", "image/png"),
        ("webp", "image/webp"),
    ]
    assert job.charged_credits == 3 * job.price_credits


@pytest.mark.parametrize("stores", [False, True])
@pytest.mark.parametrize(
    ("content", "kept"),
    [
        (MP4, ("mp4", "video/mp4")),
        (MOV, ("mov", "video/quicktime")),
        (WEBM, ("webm", "video/webm")),
    ],
)
def test_films_that_are_called_mp4(content: bytes, kept: tuple[str, str], stores: bool) -> None:
    world, job = delivered(("mp4", "video/mp4"), [content], stores=stores)
    assert stored(world, job) == [kept]


@pytest.mark.parametrize("stores", [False, True])
@pytest.mark.parametrize("content", [b"film", JPEG, picture("GIF")])
@pytest.mark.parametrize("content_type", ["video/mp4", "text/html"])
def test_what_is_no_film_is_not_stored_as_one(
    content_type: str, content: bytes, stores: bool
) -> None:
    world, job = delivered(("mp4", content_type), [content], stores=stores)
    assert (job.status, job.error and job.error.code) == (JobStatus.FAILED, "result-unreadable")
    assert job.charged_credits == 0
    assert world.media.list("generating/") == {}


class Swapping(MemoryMedia):
    """Whoever may write into the scratch folder writes another file once the first was looked at."""

    def head(self, uri: str, bytes_max: int) -> Head | None:
        head = super().head(uri, bytes_max)
        if "/scratch/" in uri:
            self.files[uri.removeprefix("gs://memory/")] = JPEG
        return head


def test_a_file_that_was_swapped_after_it_was_looked_at_is_not_delivered() -> None:
    world = World()
    world.media = Swapping(now=world.clock.now)
    provider = Delivering(world, ("png", "image/png"), [PNG], stores=True)
    world.backend = replace(world.backend, media=world.media, providers={"local": provider})
    job = world.finish()
    assert (job.status, job.error and job.error.code) == (JobStatus.FAILED, "result-unreadable")
    assert world.media.list("generating/") == {}
