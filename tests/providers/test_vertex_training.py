"""Training through the real SDK: what is created, what is taken over, what comes of it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest
from google.auth.credentials import AnonymousCredentials

from mediaforge.domain.errors import BusyError, LostError, UnavailableError
from mediaforge.ports.provider import Finished, ProviderRequest, Running, TrainingSpec
from mediaforge.providers.vertex.training import TrainingSettings, VertexTraining
from protocols.custom_jobs import PROJECT_NUMBER, Journal, Json, create_app
from protocols.server import serving
from tests.support.provider_requests import reference, training

FUNCTIONS = Path(__file__).parents[2] / "functions"
JOBS = f"projects/{PROJECT_NUMBER}/locations/us-central1/customJobs"
PICTURES = [reference(b"", path=f"references/ann/{index}.png") for index in range(5)]


@dataclass
class Bed:
    """A provider and the Vertex AI it talks to."""

    provider: VertexTraining
    settings: TrainingSettings
    journal: Journal

    def created(self) -> Json:
        """The body of the first creation."""
        return next(
            body for method, path, body in self.journal.requests if (method, path) == _CREATION
        )


_CREATION = ("POST", "/v1/projects/demo/locations/us-central1/customJobs")


@contextmanager
def bed() -> Iterator[Bed]:
    journal = Journal()
    with serving(create_app(journal)) as origin:
        settings = TrainingSettings(
            project="demo",
            location="us-central1",
            credentials=AnonymousCredentials,
            endpoint=origin,
            image_uri="us-docker.pkg.dev/demo/trainers/lora:1",
            machine_type="g2-standard-8",
            accelerator_type="NVIDIA_L4",
            accelerator_count=1,
            service_account="trainer@demo.iam.gserviceaccount.com",
            output_uri="gs://bucket/brands",
            timeout_s=7200,
            call_s=10,
        )
        yield Bed(VertexTraining(settings), settings, journal)


@pytest.fixture(scope="module")
def shared_bed() -> Iterator[Bed]:
    with bed() as running:
        yield running


@pytest.fixture
def vertex(shared_bed: Bed) -> Bed:
    """As new, though the server behind it is the module's: stopping one takes half a second."""
    shared_bed.journal.clear()
    return shared_bed


def until_finished(provider: VertexTraining, asked: ProviderRequest, handle: str) -> Finished:
    for _ in range(20):
        answer = provider.poll(asked, handle)
        if isinstance(answer, Finished):
            return answer
    raise AssertionError("it never ended")


# ---- what is sent ---------------------------------------------------------------------------


def test_one_job_is_created_with_all_the_trainer_needs(vertex: Bed) -> None:
    vertex.provider.start(training("Acme", references=PICTURES))
    sent = vertex.created()
    assert sent["labels"] == {"mediaforge_job": "job1", "mediaforge_attempt": "1"}
    assert sent["jobSpec"] == {
        "workerPoolSpecs": [
            {
                "machineSpec": {
                    "machineType": "g2-standard-8",
                    "acceleratorType": 11,
                    "acceleratorCount": 1,
                },
                "replicaCount": "1",
                "containerSpec": {
                    "imageUri": "us-docker.pkg.dev/demo/trainers/lora:1",
                    "args": [
                        "--job-id=job1",
                        "--name=Acme",
                        "--references",
                        *(f"gs://bucket/references/ann/{index}.png" for index in range(5)),
                    ],
                },
            }
        ],
        "scheduling": {"timeout": "7200s", "disableRetries": True},
        "serviceAccount": "trainer@demo.iam.gserviceaccount.com",
        "baseOutputDirectory": {"outputUriPrefix": "gs://bucket/brands/job1"},
    }


def test_the_trainer_is_told_its_base_model_and_the_brand_s_word(vertex: Bed) -> None:
    spec = TrainingSpec("maker/model", "mfqxz")
    vertex.provider.start(training("Acme", references=PICTURES, training=spec))
    (pool,) = vertex.created()["jobSpec"]["workerPoolSpecs"]
    assert pool["containerSpec"]["args"][:5] == [
        "--job-id=job1",
        "--name=Acme",
        "--base-model=maker/model",
        "--trigger=mfqxz",
        "--references",
    ]


def test_a_name_that_begins_with_a_dash_is_no_option(vertex: Bed) -> None:
    vertex.provider.start(training("--job-id"))
    pool = vertex.created()["jobSpec"]["workerPoolSpecs"][0]
    assert pool["containerSpec"]["args"][1] == "--name=--job-id"


def test_a_trainer_may_do_without_an_accelerator(vertex: Bed) -> None:
    settings = replace(vertex.settings, accelerator_count=0)
    VertexTraining(settings).start(training())
    pool = vertex.created()["jobSpec"]["workerPoolSpecs"][0]
    assert pool["machineSpec"] == {"machineType": "g2-standard-8"}


def test_an_id_that_is_no_label_becomes_one(vertex: Bed) -> None:
    asked = training(job_id="Job/ONE " * 10)
    handle = vertex.provider.start(asked).handle
    assert vertex.provider.start(asked).handle == handle
    assert vertex.journal.submits.total() == 1


def test_the_handle_is_the_name_that_vertex_gave(vertex: Bed) -> None:
    running = vertex.provider.start(training())
    assert running.handle == f"{JOBS}/{running.handle.rpartition('/')[2]}"
    assert (running.poll_in_s, running.progress) == (60, 0.05)


# ---- what is taken over ---------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["#create-then-error", "#reset", "#slow"])
def test_a_job_whose_creation_was_answered_badly_is_taken_over(vertex: Bed, fault: str) -> None:
    asked = training(f"Acme {fault}")
    hasty = VertexTraining(replace(vertex.settings, call_s=1.0))
    first = (hasty if fault == "#slow" else vertex.provider).start(asked)
    again = vertex.provider.start(replace(asked, attempt=2))
    assert vertex.journal.submits == {"job1": 1}
    assert first.handle == again.handle == f"{JOBS}/{next(iter(vertex.journal.jobs))}"


def test_a_second_start_of_an_attempt_creates_nothing(vertex: Bed) -> None:
    first = vertex.provider.start(training())
    assert vertex.provider.start(training()) == first
    assert vertex.journal.submits == {"job1": 1}


def test_a_finished_training_is_taken_over_by_a_later_attempt(vertex: Bed) -> None:
    handle = vertex.provider.start(training()).handle
    until_finished(vertex.provider, training(), handle)
    assert vertex.provider.start(training(attempt=2)).handle == handle
    assert vertex.journal.submits == {"job1": 1}


@pytest.mark.parametrize("end", ["#failed", "#cancelled", "#expired"])
def test_a_failed_training_is_not_taken_over_by_the_next_attempt(vertex: Bed, end: str) -> None:
    asked = training(f"Acme {end}")
    handle = vertex.provider.start(asked).handle
    with pytest.raises(LostError):
        until_finished(vertex.provider, asked, handle)
    assert vertex.provider.start(replace(asked, attempt=2)).handle != handle
    assert vertex.journal.submits == {"job1": 2}


def test_an_attempt_whose_training_has_failed_hears_of_it_and_pays_for_no_second(
    vertex: Bed,
) -> None:
    asked = training("Acme #failed")
    handle = vertex.provider.start(asked).handle
    with pytest.raises(LostError):
        until_finished(vertex.provider, asked, handle)
    again = vertex.provider.start(asked)
    assert again.handle == handle
    with pytest.raises(LostError, match="training-failed"):
        vertex.provider.poll(asked, again.handle)
    assert vertex.journal.submits == {"job1": 1}


def test_a_training_that_is_being_cancelled_is_not_taken_over(vertex: Bed) -> None:
    handle = vertex.provider.start(training()).handle
    vertex.provider.cancel(handle)
    assert vertex.provider.start(training(attempt=2)).handle != handle


def test_another_job_s_training_is_not_taken_over(vertex: Bed) -> None:
    vertex.provider.start(training(job_id="job1"))
    vertex.provider.start(training(job_id="job2"))
    assert vertex.journal.submits == {"job1": 1, "job2": 1}


def test_without_the_look_up_nothing_is_created(vertex: Bed) -> None:
    vertex.journal.list_errors = 1
    with pytest.raises(UnavailableError):
        vertex.provider.start(training())
    assert vertex.journal.submits.total() == 0


# ---- while it runs, and at its end ----------------------------------------------------------


def test_progress_is_the_phase_that_vertex_tells(vertex: Bed) -> None:
    asked = training("Acme #pending:3")
    handle = vertex.provider.start(asked).handle
    seen = [vertex.provider.poll(asked, handle) for _ in range(3)]
    assert [each.progress for each in seen if isinstance(each, Running)] == [0.05, 0.1, 0.1]


@pytest.mark.parametrize(
    ("told", "progress"),
    [
        (b'{"progress": 0.4}', 0.44),
        (b'{"progress": 1}', 0.95),
        (None, 0.1),
        (b"", 0.1),
        (b"{", 0.1),
        (b"[" * 100_000, 0.1),
        (b"[0.4]", 0.1),
        (b'{"progress": true}', 0.1),
        (b'{"progress": 7}', 0.1),
        (b'{"progress": NaN}', 0.1),
        (b'{"progress": "half"}', 0.1),
        (BusyError("Storage is busy"), 0.1),
    ],
)
def test_while_it_runs_progress_is_what_the_trainer_tells(
    vertex: Bed, told: bytes | Exception | None, progress: float
) -> None:
    asked: list[str] = []

    def read(uri: str) -> bytes | None:
        asked.append(uri)
        if isinstance(told, Exception):
            raise told
        return told

    telling = VertexTraining(vertex.settings, read)
    handle = telling.start(training("Acme #pending:3")).handle
    seen = [telling.poll(training("Acme"), handle) for _ in range(2)]
    assert [each.progress for each in seen if isinstance(each, Running)] == [0.05, progress]
    assert asked == ["gs://bucket/brands/job1/checkpoints/progress.json"]


@pytest.mark.filterwarnings("ignore:Unrecognized JobState")
def test_a_state_that_is_newer_than_the_sdk_is_no_end(vertex: Bed) -> None:
    asked = training("Acme #new-state")
    handle = vertex.provider.start(asked).handle
    assert vertex.provider.poll(asked, handle) == Running(handle, 60, None)
    assert isinstance(until_finished(vertex.provider, asked, handle), Finished)


def test_the_weights_are_where_the_job_itself_says(vertex: Bed) -> None:
    handle = vertex.provider.start(training()).handle
    elsewhere = VertexTraining(replace(vertex.settings, output_uri="gs://other/folder"))
    finished = until_finished(elsewhere, training(), handle)
    assert finished == Finished(model_uri="gs://bucket/brands/job1/model/")


def test_a_training_that_is_cancelled_ends_as_lost(vertex: Bed) -> None:
    handle = vertex.provider.start(training()).handle
    vertex.provider.cancel(handle)
    with pytest.raises(LostError, match="training-cancelled"):
        until_finished(vertex.provider, training(), handle)


def test_cancelling_what_has_ended_is_no_error(vertex: Bed) -> None:
    handle = vertex.provider.start(training()).handle
    until_finished(vertex.provider, training(), handle)
    vertex.provider.cancel(handle)
    assert isinstance(vertex.provider.poll(training(), handle), Finished)


def test_cancelling_what_is_not_there_is_no_error(vertex: Bed) -> None:
    vertex.provider.cancel(f"{JOBS}/404")
    assert vertex.journal.requests[-1][:2] == ("POST", f"/v1/{JOBS}/404:cancel")


def test_the_server_speaks_enums_by_name_to_who_does_not_ask_for_numbers(vertex: Bed) -> None:
    vertex.provider.start(training())
    body = vertex.created()
    body["jobSpec"]["workerPoolSpecs"][0]["machineSpec"]["acceleratorType"] = "NVIDIA_L4"
    created = httpx.post(f"{vertex.settings.endpoint}{_CREATION[1]}", json=body)
    assert created.json()["state"] == "JOB_STATE_QUEUED"


def test_importing_the_provider_does_not_load_the_sdk() -> None:
    ran = subprocess.run(
        [
            sys.executable,
            "-c",
            "import json, sys, mediaforge.providers.vertex.training;"
            "print(json.dumps(list(sys.modules)))",
        ],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(FUNCTIONS)},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = json.loads(ran.stdout)
    assert not [name for name in loaded if name.startswith("google.cloud.aiplatform")]
