"""Adding a provider with its queue is three files: its own, the catalogue, and its worker's line in `main`.

They are changed in a copy of the project, in which a deploy finds the queue and a job is run. What jobs of a
provider go through is shown by `ToyProvider`, which these tests put into the backend themselves. If any other
file had to know the provider, its jobs would fail here.
"""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from mediaforge.contract.requests import DirectCreative, GenerateVideo, parse
from mediaforge.domain.errors import (
    InvalidRequestError,
    LostError,
    ProviderError,
    RejectedError,
    ThrottledError,
    UnavailableError,
)
from mediaforge.domain.jobs.job import Job, JobStatus
from mediaforge.ports.provider import Asset, Finished, ProviderRequest, Running
from mediaforge.services.directing.direct import direct
from mediaforge.services.jobs.submit import submit_job
from mediaforge.services.library.catalog import describe_catalogue
from mediaforge.services.watch.invariants import check_invariants
from tests.support.house import Change, Edit, changed_house
from tests.support.pictures import FILM, PICTURE
from tests.support.provider_world import catalogue_with
from tests.support.world import ANN, World, user

FUNCTIONS = Path(__file__).parents[2] / "functions"
# Where providers are known by name: the provider's own file, and the roster's line.
KNOWING = ("providers", "roster.py")
ENTRIES = """
[queues.runToy]
a_minute = 60
p95_s = 5

[models.toy-image]
title = "Toy"
kind = "image"
provider = "toy"
queue = "runToy"
price_credits = 5
count_max = 2
sizes = "standard"
size_names = ["1K"]

[models.toy-video]
title = "Toy that moves"
kind = "video"
provider = "toy"
queue = "runToy"
price_credits = 2
cancel_stops_bill = true
sizes = "video"
size_names = ["720p"]
video = { durations_s = [4], fps = [24] }
"""


FILE = """
from mediaforge.domain.errors import LostError
from mediaforge.ports.media import Bucket
from mediaforge.ports.provider import Asset, Finished, ProviderRequest, Running

PICTURE = bytes.fromhex("89504e470d0a1a0a")


class Acme:
    def start(self, request: ProviderRequest) -> Finished:
        return Finished([Asset(PICTURE, "png", "image/png")] * request.count)

    def poll(self, request: ProviderRequest, handle: str) -> Running:
        raise LostError("operation-gone", "An image is made at once: there is nothing to ask for.")

    def cancel(self, handle: str) -> None:
        pass


def set_up(media: Bucket) -> Acme:
    return Acme()
"""
FILES_MAX = 3
PROVIDER: Change = {
    "functions/mediaforge/providers/acme.py": [Edit(FILE)],
    "functions/catalogue.toml": [
        Edit(
            "[queues.runAcme]\na_minute = 60\np95_s = 5\n\n"
            '[models.acme-image]\ntitle = "Acme"\nkind = "image"\nprovider = "acme"\n'
            'queue = "runAcme"\nprice_credits = 5\nsizes = "standard"\nsize_names = ["1K"]\n\n',
            before="[models.local-image]",
        ),
        Edit('"acme-image", ', before='"gemini-3-pro-image", "runpod-image"'),
    ],
    "functions/main.py": [
        Edit(
            'runAcme = workers.worker("runAcme", MB_512, MEDIA)\n',
            before="runVertexImage = ",
        ),
    ],
}
# As firebase-tools asks what there is, which fails where the catalogue names what is not there.
AT_DISCOVERY = {"FIRESTORE_EMULATOR_HOST": "127.0.0.1:1", "ADMIN_PORT": "1"}
LIFE = ("-m", "tests.support.life_of_a_provider", "acme-image")


@dataclass
class ToyProvider:
    """Images at once, videos after a question. `troubles` are raised by the next calls, one each."""

    troubles: list[ProviderError] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)

    def start(self, request: ProviderRequest) -> Finished | Running:
        self._meet_trouble()
        if request.kind == "video":
            return Running(f"toy/{request.job_id}", poll_in_s=10)
        return Finished(Asset(PICTURE, "png", "image/png") for _ in range(request.count))

    def poll(self, request: ProviderRequest, handle: str) -> Finished | Running:
        self._meet_trouble()
        return Finished([Asset(FILM, "mp4", "video/mp4")])

    def cancel(self, handle: str) -> None:
        self.ended.append(handle)

    def _meet_trouble(self) -> None:
        if self.troubles:
            raise self.troubles.pop(0)


@pytest.fixture
def toy() -> ToyProvider:
    return ToyProvider()


@pytest.fixture
def world(toy: ToyProvider) -> World:
    world = World()
    catalogue = catalogue_with(ENTRIES, "toy-image", "toy-video")
    world.backend = replace(world.backend, catalogue=catalogue, providers={"toy": toy})
    world.set_tier("pro")
    return world


def draw(world: World, count: int = 1) -> Job:
    return world.submit("a duck", model="toy-image", count=count).job


def film(world: World) -> Job:
    request = parse(GenerateVideo, {"prompt": "a duck", "model": "toy-video"})
    return submit_job(world.backend, ANN, request).job


def run(world: World, job: Job) -> Job:
    world.run_until_quiet()
    world.assert_promises()
    assert check_invariants(world.backend) == []
    return world.job(job.id)


def test_three_files_are_a_provider_with_its_queue(tmp_path: Path) -> None:
    assert len(PROVIDER) <= FILES_MAX
    assert changed_house(tmp_path, PROVIDER).told(*LIFE, **AT_DISCOVERY) == {
        "status": "completed",
        "provider": "acme",
        "charged": 5,
        "queue": "runAcme",
        "is_deployed": True,
    }


@pytest.mark.parametrize(
    ("left_out", "named"),
    [
        ("functions/mediaforge/providers/acme.py", "no provider is called acme"),
        ("functions/catalogue.toml", "queues.runAcme: missing"),
        ("functions/main.py", "no queue is called runAcme"),
    ],
)
def test_without_one_of_them_it_is_said_what_is_missing(
    tmp_path: Path, left_out: str, named: str
) -> None:
    change = {path: edits for path, edits in PROVIDER.items() if path != left_out}
    assert named in changed_house(tmp_path, change).run(*LIFE, **AT_DISCOVERY).stderr


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (FILE, "Acme'>: tests/support/provider_world.py makes none"),
        (FILE[: FILE.index("def set_up")], "Acme'>: it has no set_up, and roster.py does not"),
    ],
)
def test_the_conformance_suite_misses_whoever_has_a_file_and_no_row_in_it(
    tmp_path: Path, file: str, said: str
) -> None:
    change = {"functions/mediaforge/providers/acme.py": [Edit(file)]}
    suite = ("-m", "pytest", "--noconftest", "-p", "no:cacheprovider", "-k", "has_a_file")
    ran = changed_house(tmp_path, change).run(*suite, "tests/providers/test_conformance.py")
    assert ran.returncode == 1
    assert said in ran.stdout


def test_its_images_are_made_kept_and_paid_for(world: World) -> None:
    job = run(world, draw(world, count=2))

    assert (job.status, job.provider, job.charged_credits) == (JobStatus.COMPLETED, "toy", 10)
    assert job.output is not None
    assert all(world.media.files[path] in (PICTURE, FILM) for path in job.output.storage_paths)
    assert world.view(job.id)["generation_data"]["provider"] == "toy"


def test_its_long_work_is_asked_about_until_it_is_done(world: World) -> None:
    job = film(world)
    world.deliver_all()
    assert world.job(job.id).handle == f"toy/{job.id}"

    done = run(world, job)
    assert (done.status, done.attempts, done.charged_credits) == (JobStatus.COMPLETED, 1, 8)


def test_its_long_work_is_ended_when_the_job_is_cancelled(world: World, toy: ToyProvider) -> None:
    job = film(world)
    world.deliver_all()
    world.cancel(job.id)

    assert run(world, job).status is JobStatus.CANCELLED
    assert toy.ended == [f"toy/{job.id}"]


@pytest.mark.parametrize(
    ("troubles", "status", "attempts", "snoozes"),
    [
        ([RejectedError("no", "No.")], JobStatus.FAILED, 1, 0),
        ([ThrottledError("later", "Later.")] * 6, JobStatus.COMPLETED, 1, 6),
        ([UnavailableError("away", "Away.")], JobStatus.COMPLETED, 2, 0),
        ([LostError("lost", "Lost.")], JobStatus.COMPLETED, 2, 0),
        # Each may have been billed, unless it says that it was not.
        ([UnavailableError("away", "Away.")] * 5, JobStatus.FAILED, 2, 0),
        ([UnavailableError("away", "", may_have_billed=False)] * 5, JobStatus.FAILED, 5, 0),
    ],
    ids=["rejected", "throttled", "unavailable", "lost", "never available", "nobody there"],
)
def test_its_errors_mean_what_everybody_s_do(
    world: World,
    toy: ToyProvider,
    troubles: Sequence[ProviderError],
    status: JobStatus,
    attempts: int,
    snoozes: int,
) -> None:
    toy.troubles += troubles
    job = run(world, draw(world))

    assert (job.status, job.attempts, job.snoozes) == (status, attempts, snoozes)
    assert world.account().held == 0


def test_its_work_goes_to_the_queue_that_the_entry_names(world: World) -> None:
    draw(world)
    film(world)

    assert [task.queue for task in world.tasks.queued] == ["runToy", "runToy"]
    world.submit("a duck", caller=user("bob"), model="toy-image")
    assert world.tasks.queued[-1].queue == "runToyFree"


def test_its_models_are_offered_to_clients_and_by_the_director(world: World) -> None:
    models = describe_catalogue(world.backend).models
    assert {m.id for m in models if m.available and m.kind != "text"} == {
        "toy-image",
        "toy-video",
    }

    brief = {"brief": "a duck on a pond", "kind": "image", "count": 1}
    directed = direct(world.backend, ANN, parse(DirectCreative, brief))
    assert "toy-image" in str(directed)


def test_its_model_out_of_order_is_held_off_as_others_are(world: World, toy: ToyProvider) -> None:
    toy.troubles += [UnavailableError("away", "Away.")] * 5
    for _ in range(6):
        draw(world)
    world.deliver_all()

    assert toy.troubles == []
    assert world.backend.breakers.open_s("toy-image") > 0
    assert sorted(job.attempts for job in world.jobs()) == [0, 1, 1, 1, 1, 1]


def test_without_its_line_its_models_are_refused(world: World) -> None:
    world.backend = replace(world.backend, providers={})
    with pytest.raises(InvalidRequestError):
        draw(world)


def test_nothing_but_providers_and_their_roster_names_a_provider(world: World) -> None:
    catalogue = world.backend.catalogue
    names = {model.provider for model in catalogue.models.values()}
    assert {"local", "vertex", "toy"} <= names

    assert [where for where, text in literals() if text in names] == []


def literals() -> Iterator[tuple[str, str]]:
    """Every string in the code that runs, and where it is."""
    package = FUNCTIONS / "mediaforge"
    for path in (FUNCTIONS / "main.py", *sorted(package.rglob("*.py"))):
        if path.is_relative_to(package) and path.relative_to(package).parts[0] in KNOWING:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield f"{path.relative_to(FUNCTIONS)}:{node.lineno}", node.value
