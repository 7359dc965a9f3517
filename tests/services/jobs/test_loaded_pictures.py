"""Pictures that many jobs use are loaded once by a worker, and never another than the one that is there."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from mediaforge.domain.jobs.job import JobStatus
from mediaforge.ports.provider import Asset, Finished, ProviderRequest
from mediaforge.services.library.uploads import note_stored
from mediaforge.services.loaded import LOADED_BYTES_MAX, LoadedPictures
from tests.support.one_shot import OneShotProvider
from tests.support.pictures import MINE, PICTURE
from tests.support.world import World

ROWS, PACK = 100, [f"references/ann/{number}.png" for number in range(6)]


@dataclass
class Loading(OneShotProvider):
    """Loads every reference of a job, as a provider does that is sent the bytes; each as often as there are
    pictures to make of it."""

    loaded: list[bytes] = field(default_factory=list)
    before: Callable[[], object] = lambda: None

    def start(self, request: ProviderRequest) -> Finished:
        self.before()
        for _ in range(request.count):
            self.loaded += [reference.load() for reference in request.references]
        return Finished(iter([Asset(PICTURE, "png", "image/png")] * request.count))


@pytest.fixture
def provider() -> Loading:
    return Loading()


@pytest.fixture
def world(provider: Loading) -> World:
    world = World(provider=provider)
    world.set_tier("studio")
    world.grant(1_000)
    for path in PACK:
        world.media.save(path, MINE + path.encode(), "image/png", "t")
    return world


def use(world: World, *paths: str, **fields: Any) -> JobStatus:
    references = [{"path": path, "mode": "style_only"} for path in paths]
    return world.finish(references=references, **fields).status


def test_a_pack_of_six_is_loaded_once_for_a_hundred_rows(
    world: World, provider: Loading, capsys: pytest.CaptureFixture[str]
) -> None:
    """One look at each picture for each job says that it is still the same; its bytes are loaded once."""
    world.media.heads = world.media.loads = 0
    assert {use(world, *PACK) for _ in range(ROWS)} == {JobStatus.COMPLETED}
    asked = (world.media.heads, world.media.loads)
    with capsys.disabled():
        print(f"\n{ROWS} rows with a pack of {len(PACK)}: {asked[0]} looks, {asked[1]} loads")  # noqa: T201 - measured
    assert asked == (ROWS * len(PACK), len(PACK))
    assert provider.loaded == [MINE + path.encode() for path in PACK] * ROWS


def test_another_worker_loads_them_by_itself(world: World) -> None:
    use(world, *PACK)
    world.media.loads = 0
    world.backend = replace(world.backend, loaded=LoadedPictures())
    use(world, *PACK)
    assert world.media.loads == len(PACK)


def test_a_picture_that_was_overwritten_is_loaded_anew(world: World, provider: Loading) -> None:
    [path] = PACK[:1]
    use(world, path)
    world.media.save(path, MINE + b"newer", "image/png", "t", over=world.media.list(path)[path])
    use(world, path)
    assert provider.loaded[-1] == MINE + b"newer"


def test_a_picture_that_was_deleted_is_missing(world: World) -> None:
    [path] = PACK[:1]
    use(world, path)
    world.media.delete(world.media.list(path))
    job = world.finish(references=[{"path": path, "mode": "style_only"}])
    assert (job.status, job.error and job.error.code) == (JobStatus.FAILED, "reference-missing")
    assert job.charged_credits == 0


def test_a_picture_that_is_overwritten_after_it_was_seen_is_used_as_it_is_now(
    world: World, provider: Loading
) -> None:
    """And is not kept under the generation that was seen."""
    [path] = PACK[:1]

    def overwrite() -> None:
        world.media.save(path, MINE + b"newer", "image/png", "t", over=world.media.list(path)[path])
        provider.before = lambda: None

    seen = world.media.list(path)[path]
    note_stored(world.backend, path, seen)  # what is known to be whole is not loaded to look at it
    provider.before = overwrite
    assert use(world, path) is JobStatus.COMPLETED
    assert provider.loaded == [MINE + b"newer"]
    assert world.backend.loaded.find(path, seen) is None


def test_several_pictures_of_one_job_load_each_reference_once(world: World) -> None:
    world.media.loads = 0
    use(world, *PACK, count=4)
    assert world.media.loads == len(PACK)


# ---- the bound -----------------------------------------------------------------------------------


@pytest.fixture
def loaded() -> Iterator[LoadedPictures]:
    loaded = LoadedPictures(bytes_max=10)
    yield loaded
    assert sum(len(content) for content in loaded._contents.values()) == loaded._size_bytes <= 10


def kept(loaded: LoadedPictures, *paths: str) -> str:
    return "".join(path for path in paths if loaded.find(path, 1) is not None)


def test_what_was_not_used_for_the_longest_goes_first(loaded: LoadedPictures) -> None:
    for path in "ab":
        loaded.keep(path, 1, bytes(4))
    assert kept(loaded, "a") == "a"
    loaded.keep("c", 1, bytes(4))
    assert kept(loaded, *"abc") == "ac"


def test_what_is_larger_than_all_together_may_be_is_not_kept(loaded: LoadedPictures) -> None:
    loaded.keep("a", 1, bytes(4))
    loaded.keep("b", 1, bytes(11))
    assert kept(loaded, *"ab") == "a"


def test_a_picture_that_was_kept_twice_counts_once(loaded: LoadedPictures) -> None:
    for _ in range(3):
        loaded.keep("a", 1, bytes(4))
    loaded.keep("b", 1, bytes(6))
    assert kept(loaded, *"ab") == "ab"


def test_many_threads_may_keep_and_find(loaded: LoadedPictures) -> None:
    def work(own: int) -> None:
        for number in range(300):
            loaded.keep(f"{number % 7}", own % 3, bytes(number % 5))
            loaded.find(f"{number % 5}", own % 3)

    threads = [threading.Thread(target=work, args=(own,)) for own in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_there_is_room_for_the_largest_pack() -> None:
    assert LOADED_BYTES_MAX >= 6 * 10 * 1024 * 1024
