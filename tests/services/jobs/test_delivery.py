"""Nothing of a job is read before it is paid for, and nothing that was paid for is replaced: who looks after
every save finds nothing, and a worker that comes late writes over nothing."""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import pytest

from mediaforge.contract.requests import GenerateVideo, parse
from mediaforge.domain.errors import FileChangedError
from mediaforge.domain.jobs.job import Job, JobStatus
from mediaforge.ports.provider import (
    Asset,
    Finished,
    Provider,
    ProviderRequest,
    Running,
    StoredAsset,
)
from mediaforge.services.jobs.run import run_job
from mediaforge.services.jobs.submit import submit_job
from mediaforge.services.watch.sweep import sweep_jobs
from tests.memory.media import MemoryMedia
from tests.support.delivery_rule import may_get
from tests.support.faults import Killed
from tests.support.one_shot import OneShotProvider
from tests.support.pictures import FILM, PNG_HEAD
from tests.support.world import ANN, World

FOLDER = "generating/ann/image"


@dataclass
class WatchedMedia(MemoryMedia):
    """`saved` hears of each file that was written, by its path; `listing` and `deleting` hold what happens
    before the next listings and deletions, one each; `listed` counts."""

    saved: Callable[[str], None] = lambda _: None
    listing: list[Callable[[], object]] = field(default_factory=list)
    deleting: list[Callable[[], object]] = field(default_factory=list)
    listed: int = 0
    tokens: dict[str, str] = field(default_factory=dict)

    def save(self, path: str, content: bytes, content_type: str, token: str, over: int = 0) -> str:
        address = super().save(path, content, content_type, token, over)
        self.tokens[path] = token
        self.saved(path)
        return address

    def list(self, prefix: str) -> dict[str, int]:
        self.listed += 1
        if self.listing:
            self.listing.pop(0)()
        return super().list(prefix)

    def delete(self, files: Mapping[str, int]) -> None:
        if self.deleting:
            self.deleting.pop(0)()
        super().delete(files)


@dataclass
class Thief:
    """Ann with her own token, who looks at every file after every change and notes what she could read."""

    world: World
    media: WatchedMedia
    seen: list[tuple[str, str]] = field(default_factory=list)

    def look(self, *_: object) -> None:
        shown = repr([f for path, f in self.world.contents().items() if is_shown(path)])
        for path in list(self.media.files):
            if may_get(self.world.contents(), "ann", path):
                self.seen.append((path, "path"))
            if path in self.media.tokens and self.media.tokens[path] in shown:
                self.seen.append((path, "address"))


def is_shown(path: str) -> bool:
    """Whether clients may read the document."""
    return not path.startswith(("jobs/", "dead_letters/"))


class Painter(OneShotProvider):
    """Makes files of its attempt's own; `between` is what happens before each is handed over, one each."""

    def __init__(self, *between: Callable[[], object], counts: Mapping[int, int] | None = None):
        self.between = list(between)
        self.counts = counts or {}

    def start(self, request: ProviderRequest) -> Finished | Running:
        return Finished(self.assets(request))

    def assets(self, request: ProviderRequest) -> Iterator[Asset | StoredAsset]:
        for number in range(self.counts.get(request.attempt, request.count)):
            if self.between:
                self.between.pop(0)()
            yield self.asset(request, number)

    def asset(self, request: ProviderRequest, number: int) -> Asset | StoredAsset:
        return Asset(content(request.attempt, number), "png", "image/png")


class Storing(Painter):
    """Writes its files into the attempt's scratch folder by itself."""

    def __init__(self, world: World, *between: Callable[[], object]) -> None:
        super().__init__(*between)
        self.world = world

    def asset(self, request: ProviderRequest, number: int) -> Asset | StoredAsset:
        uri = f"{request.scratch_uri}{number}.png"
        self.world.media.files[uri.removeprefix("gs://memory/")] = content(request.attempt, number)
        return StoredAsset(uri, "png", "image/png")


class Filming(Painter):
    """Begins, and has it done when it is asked."""

    def asset(self, request: ProviderRequest, number: int) -> Asset | StoredAsset:
        if request.kind == "image":
            return super().asset(request, number)
        return Asset(FILM + content(request.attempt, number), "mp4", "video/mp4")

    def start(self, request: ProviderRequest) -> Finished | Running:
        return Running(f"{request.job_id}/{request.attempt}", 10.0)

    def poll(self, request: ProviderRequest, handle: str) -> Finished | Running:  # type: ignore[override]
        return Finished(self.assets(request))

    def cancel(self, handle: str) -> None:
        """Nothing is to be done: it is done when it is asked."""


def content(attempt: int, number: int) -> bytes:
    return PNG_HEAD + f"{number} of attempt {attempt}".encode()


def watched(make: Callable[[World], Provider]) -> tuple[World, WatchedMedia]:
    world, media = World(), WatchedMedia()
    world.media = media
    provider = make(world)
    world.backend = replace(world.backend, media=media, providers={"local": provider})
    return world, media


PROVIDERS: dict[str, Callable[[World], Painter]] = {
    "sends-its-files": lambda _: Painter(),
    "stores-its-files": Storing,
    "takes-long": lambda _: Filming(),
}


@pytest.fixture(params=PROVIDERS)
def provided(request: pytest.FixtureRequest) -> tuple[World, WatchedMedia]:
    return watched(PROVIDERS[request.param])


def run_all(world: World, job: Job) -> Job:
    """As far as its own deliveries bring it."""
    for _ in range(3):
        world.deliver_all()
        world.clock.advance(20)
    return world.job(job.id)


def lose_lease(world: World) -> None:
    """The worker is silent for longer than its lease, and another one ends the job."""
    world.clock.advance(61)
    sweep_jobs(world.backend)
    world.deliver_all()


def delivered(job: Job, count: int) -> dict[str, bytes]:
    """The files of a job whose second attempt delivered so many."""
    names = [f"_{number}" for number in range(count)] if job.count > 1 else [""]
    files = {f"{FOLDER}/{job.id}{name}.png": content(2, n) for n, name in enumerate(names)}
    thumbs = {
        f"{FOLDER}/{job.id}_{n}_thumb.webp": b"thumb of " + content(2, n) for n in range(count)
    }
    return files | thumbs


# ---- before it is paid for ---------------------------------------------------------------------


def test_nothing_is_readable_before_the_commit_that_pays_and_all_of_it_after(
    provided: tuple[World, WatchedMedia],
) -> None:
    world, media = provided
    thief = Thief(world, media)
    media.saved = thief.look
    job = run_all(world, world.submit(count=3).job)
    assert job.status is JobStatus.COMPLETED
    assert thief.seen == []

    thief.look()

    files = {path for path in media.files if path.startswith("generating/")}
    assert len(files) == 6
    assert set(thief.seen) == {(path, way) for path in files for way in ("path", "address")}


@pytest.mark.parametrize("saves", range(1, 7))
def test_who_cancels_after_any_save_has_read_nothing_and_pays_nothing(
    provided: tuple[World, WatchedMedia], saves: int
) -> None:
    world, media = provided
    thief, left = Thief(world, media), [None] * saves

    def look_and_cancel(_: str) -> None:
        thief.look()
        left.pop()
        if not left:
            world.cancel(job.id)
            left.extend([None] * 99)

    media.saved = look_and_cancel
    job = world.submit(count=3).job
    world.run_until_quiet()
    thief.look()
    assert (world.job(job.id).status, world.job(job.id).charged_credits) == ("cancelled", 0)
    assert thief.seen == []
    assert [path for path in media.files if path.startswith("generating/")] == []


def test_a_film_is_not_readable_before_the_commit_that_pays() -> None:
    world, media = watched(lambda _: Filming())
    thief = Thief(world, media)
    media.saved = thief.look
    world.set_tier("pro")
    job = submit_job(world.backend, ANN, parse(GenerateVideo, {"prompt": "waves"})).job
    assert run_all(world, job).status is JobStatus.COMPLETED
    assert thief.seen == []
    thief.look()
    assert len(thief.seen) == 4


@pytest.mark.parametrize("prompt", ["a lighthouse", "[[fail:always]]", "[[blocked]]"])
def test_a_view_lists_files_only_when_it_is_completed(prompt: str) -> None:
    world = World()
    shown: list[tuple[str, bool]] = []

    def note(paths: list[str]) -> None:
        views = [world.contents()[path] for path in paths if path.startswith("generations/")]
        shown.extend((view["status"], bool(view.get("generation_data"))) for view in views)

    world.documents.on_commit = note
    world.finish(prompt)
    assert {status for status, is_listed in shown if is_listed} <= {"completed"}
    assert all(is_listed for status, is_listed in shown if status == "completed")


def test_what_a_lost_attempt_had_saved_more_is_readable_by_nobody() -> None:
    world, media = watched(lambda _: Painter(counts={2: 1}))
    job = world.submit(count=3).job
    attempt_saves_all_and_is_lost(world, media, job)
    thief = Thief(world, media)
    world.clock.advance(61)
    sweep_jobs(world.backend)
    world.deliver_all()
    assert world.job(job.id).charged_credits == 2

    thief.look()  # before anybody has tidied up

    assert media.exists(f"{FOLDER}/{job.id}_1.png")
    assert {path for path, _ in thief.seen} == set(delivered(job, 1))


def attempt_saves_all_and_is_lost(world: World, media: WatchedMedia, job: Job) -> None:
    def die(path: str) -> None:
        if path.endswith("_2_thumb.webp"):
            media.saved = lambda _: None
            raise Killed

    media.saved = die
    with pytest.raises(Killed):
        run_job(world.backend, job.id)


def test_each_file_has_a_token_of_its_own_and_what_makes_them_is_never_shown() -> None:
    world, media = watched(lambda _: Painter())
    job = world.submit(count=3).job
    secrets = [job.asset_token, hashlib.sha256(f"{job.asset_token}:webhook".encode()).hexdigest()]
    world.run_until_quiet()
    shown = repr([fields for path, fields in world.contents().items() if is_shown(path)])
    assert len(set(media.tokens.values())) == 6
    assert len(set(re.findall("token=([0-9a-f]+)", shown))) == 6
    assert not any(secret in shown for secret in secrets)


def test_what_was_copied_from_the_scratch_folder_is_in_it_no_more() -> None:
    world, media = watched(Storing)
    job = world.finish(count=3)
    assert (job.status, job.clean_at) == (JobStatus.COMPLETED, None)
    assert sorted(media.files) == sorted(delivered(job, 3))
    assert media.files[f"{FOLDER}/{job.id}_0.png"] == content(1, 0)


# ---- after it is paid for ----------------------------------------------------------------------


@pytest.mark.parametrize("before", range(3))
@pytest.mark.parametrize("stores", [False, True], ids=["sends-its-files", "stores-its-files"])
def test_a_worker_that_was_taken_over_writes_over_nothing_wherever_it_stood(
    before: int, stores: bool
) -> None:
    between: list[Callable[[], object]] = [lambda: None] * before
    make = Storing if stores else lambda _, *happens: Painter(*happens)
    world, media = watched(lambda world: make(world, *between, lambda: lose_lease(world)))
    job = world.submit(count=3).job
    assert world.deliver(job.id) == "late"
    assert world.job(job.id).status is JobStatus.COMPLETED
    assert world.job(job.id).attempts == 2
    world.run_until_quiet()
    assert media.files == delivered(job, 3)


def test_a_late_worker_that_looks_when_the_other_has_delivered_still_writes_nothing() -> None:
    """It lists what has been paid for, and could write over that: so it looks for its lease after it."""
    world, media = watched(lambda _: Painter())
    job = world.submit(count=3).job
    attempt_saves_all_and_is_lost(world, media, job)
    world.clock.advance(61)
    media.listing = [lambda: lose_lease(world)]  # before the second attempt, which is lost, too
    assert world.deliver(job.id) == "late"
    completed = world.job(job.id)
    assert (completed.status, completed.attempts) == (JobStatus.COMPLETED, 3)
    assert media.load(f"{FOLDER}/{job.id}_0.png") == content(3, 0)


def test_a_save_whose_answer_was_lost_is_known_for_one_s_own() -> None:
    world, media = watched(lambda _: Painter())
    refused: list[str] = []

    def refuse(path: str) -> None:
        if path not in refused:
            refused.append(path)
            raise FileChangedError(path)  # what the SDK's second try is told of the first

    media.saved = refuse
    job = world.finish(count=2)
    assert (job.status, job.attempts, job.charged_credits) == (JobStatus.COMPLETED, 1, 4)
    assert len(refused) == 4
    assert media.load(f"{FOLDER}/{job.id}_1.png") == content(1, 1)


def test_only_a_later_attempt_lists_what_is_there() -> None:
    listed = []
    for prompt in ("a lighthouse", "[[throttle:1]]", "[[fail:transient:1]]"):
        world = World()
        media = WatchedMedia()
        world.media, world.backend = media, replace(world.backend, media=media)
        job = world.submit(prompt).job
        while not world.job(job.id).status.is_final:
            world.deliver_all()
            world.clock.advance(20)
        listed.append(media.listed)
    assert listed == [0, 1, 1]


def test_a_file_that_is_written_again_and_again_by_others_is_left_for_the_next_attempt() -> None:
    world, media = watched(lambda _: Painter())

    def always(path: str) -> None:
        raise FileChangedError(path)

    media.saved = always
    job = world.submit().job
    world.deliver(job.id)
    error = world.job(job.id).error
    assert error is not None
    assert (world.job(job.id).status, error.code) == (JobStatus.PROCESSING, "storage-busy")


def test_tidying_up_deletes_nothing_that_was_written_since_it_looked() -> None:
    world, media = watched(lambda _: Painter())
    job = world.submit(count=3).job
    attempt_saves_all_and_is_lost(world, media, job)
    path = f"{FOLDER}/{job.id}_0.png"
    media.deleting = [lambda: media.save(path, b"new", "image/png", "t", media.list(path)[path])]
    world.cancel(job.id)
    world.settle()
    assert media.files == {path: b"new"}


class Pointing(Painter):
    """Says that its file is where it is told to say."""

    def __init__(self, uri: str) -> None:
        super().__init__()
        self.uri = uri

    def asset(self, request: ProviderRequest, number: int) -> Asset | StoredAsset:
        return StoredAsset(self.uri, "png", "image/png")


@pytest.mark.parametrize(
    "uri",
    [
        "gs://memory/references/bob/secret.png",
        "gs://memory/scratch/other/1/0.png",
        "gs://theirs/scratch/{job}/1/0.png",
        "https://evil.test/scratch/{job}/1/0.png",
        "/etc/passwd",
    ],
)
def test_a_file_is_taken_out_of_the_jobs_own_scratch_folder_and_from_nowhere_else(uri: str) -> None:
    """Whoever the provider is: what it names is copied, and shown to this job's user."""
    world, media = watched(lambda _: Pointing(""))
    job = world.submit().job
    pointing = Pointing(uri.format(job=job.id))
    world.backend = replace(world.backend, providers={"local": pointing})
    secret = pointing.uri.removeprefix("gs://memory/")
    media.files[secret] = b"somebody else's"

    world.run_until_quiet()
    ended = world.job(job.id)
    assert ended.error is not None
    assert (ended.status.value, ended.error.code) == ("failed", "output-not-ours")
    assert media.files == {secret: b"somebody else's"}
