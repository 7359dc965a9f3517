"""MediaForge in memory with the providers' real classes, on servers that speak their protocols.

A file that a provider stores in `gs://memory/` is in the world's media, as it would be in the project's
bucket.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import httpx
from google.auth.credentials import AnonymousCredentials
from google.oauth2.credentials import Credentials

from mediaforge.adapters.outside import HardenedOutside
from mediaforge.contract import documents as at
from mediaforge.contract.requests import GenerateVideo, TrainBrand, parse
from mediaforge.domain.catalogue import Catalogue
from mediaforge.domain.catalogue import parse as parse_catalogue
from mediaforge.domain.jobs.job import Job
from mediaforge.ports.provider import Provider
from mediaforge.providers.fal.provider import FalProvider, FalSettings
from mediaforge.providers.preview import preview
from mediaforge.providers.runpod.provider import RunPodProvider, RunPodSettings
from mediaforge.providers.upload_check import checked_upload
from mediaforge.providers.vertex.client import VertexSettings
from mediaforge.providers.vertex.image import VertexImages
from mediaforge.providers.vertex.omni import OmniVideos
from mediaforge.providers.vertex.training import TrainingSettings, VertexTraining
from mediaforge.providers.vertex.veo import VeoVideos
from mediaforge.services.jobs.submit import submit_job
from protocols import custom_jobs, fal, runpod, vertex
from protocols.server import serving
from tests.memory.media import MemoryMedia
from tests.support.world import ANN, World

PROJECT, LOCATION, REGION = "demo", "global", "us-central1"
FAL_HOSTS = ("/queue.fal.run/", "/api.fal.ai/", "/v3.fal.media/")
REFERENCES = [{"path": f"references/ann/{n}.png", "mode": "style_only"} for n in range(5)]
# Seconds: the time limit of a call, within which all calls have to be done, and how long a slow call takes,
# which has to be longer. On a busy machine any call may take seconds: what meets no slow one may be patient.
CALL_S, PATIENT_S, _SLOW_S = 3.0, 60.0, 9.0
_SHIPPED = Path(__file__).parents[2] / "functions" / "catalogue.toml"

# A model that the catalogue still has, and the servers have retired.
_RETIRED = """
[models.gemini-of-yesterday]
title = "Retired since"
kind = "image"
provider = "vertex"
queue = "runVertexImage"
price_credits = 8
sizes = "standard"
size_names = ["1K"]

[models.veo-of-yesterday]
title = "Retired since"
kind = "video"
provider = "veo"
queue = "runVertexVideo"
price_credits = 12
run_s_max = 1800
sizes = "video"
size_names = ["720p"]
video = { durations_s = [8], fps = [24] }
"""


def catalogue_with(entries: str, *models: str) -> Catalogue:
    """The shipped catalogue with more entries (TOML), whose `models` every tier may use."""
    shipped = _SHIPPED.read_text(encoding="utf-8")
    named = "".join(f'"{model}", ' for model in models)
    return parse_catalogue(
        re.sub(r"^models = \[", f"models = [{named}", shipped, flags=re.M) + entries
    )


CATALOGUE = catalogue_with(_RETIRED, "gemini-of-yesterday", "veo-of-yesterday")


@dataclass
class Servers:
    """All providers at one origin, the journals of what has reached each, and the media to which they store.
    `call_s` is for how long a call is waited for. `meanwhile` is what happens elsewhere before the next
    submissions are answered, one for each."""

    origin: str = ""
    call_s: float = CALL_S
    media: MemoryMedia = field(default_factory=MemoryMedia)
    models: vertex.Journal = field(default_factory=vertex.Journal)
    workers: runpod.Journal = field(default_factory=runpod.Journal)
    trainings: custom_jobs.Journal = field(default_factory=custom_jobs.Journal)
    gallery: fal.Journal = field(default_factory=fal.Journal)
    meanwhile: list[Callable[[], object]] = field(default_factory=list)

    @property
    def submits(self) -> int:
        """How many calls reached a provider that may cost something, answered or not."""
        runs = [path for _, path, _ in self.workers.requests if path.endswith("/run")]
        creations = [r for r in self.trainings.requests if r[0] == "POST" and ":cancel" not in r[1]]
        asked = len(self.gallery.of("POST"))
        return self.models.submits() + len(runs) + len(creations) + asked

    @property
    def questions(self) -> int:
        """How often a provider was asked what became of a long operation."""
        statuses = [path for _, path, _ in self.workers.requests if "/status/" in path]
        looks = [r for r in self.trainings.requests if r[0] == "GET" and r[1][-1].isdecimal()]
        polls = self.models.of("fetchPredictOperation", "getInteraction")
        return len(statuses) + len(looks) + len(polls) + len(self.gallery.of("GET", "/status"))

    @property
    def cancels(self) -> int:
        """How often a provider was told to stop."""
        posted = [*self.workers.requests, *self.trainings.requests]
        asked = [path for _, path, _ in posted if "/cancel/" in path or path.endswith(":cancel")]
        told = [*self.models.of("cancelInteraction"), *self.gallery.of("PUT", "/cancel")]
        return len(asked) + len(told)

    def end(self, work: fal.Work) -> None:
        """fal.ai gets to the end of a request, though nobody has asked for it."""
        app = "/".join(work.endpoint.split("/")[:2])
        url = f"{self.origin}/queue.fal.run/{app}/requests/{work.id}/status"
        httpx.get(url, headers={"Authorization": "Key fal-key"}).raise_for_status()


@dataclass
class ProviderWorld(World):
    """A world whose jobs are run by the providers at `servers`."""

    servers: Servers = field(kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.backend = replace(
            self.backend,
            catalogue=CATALOGUE,
            providers=providers(self.servers),
            preview=preview,
            check_upload=checked_upload,
            webhook_url=lambda _: None,  # nobody listens; tasks alone have to do
            is_emulated=False,  # a training is always the default model's
        )
        self.set_tier("pro")
        self.grant(5000)
        for reference in REFERENCES:
            self.media.files[reference["path"]] = vertex.paint(reference["path"], 1)

    def draw(self, prompt: str, model: str, **fields: Any) -> Job:
        return self.submit(prompt, model=model, **fields).job

    def film(self, prompt: str, model: str, **fields: Any) -> Job:
        request = parse(GenerateVideo, {"prompt": prompt, "model": model, **fields})
        return submit_job(self.backend, ANN, request).job

    def train(self, name: str) -> Job:
        request = parse(TrainBrand, {"name": name, "references": REFERENCES})
        return submit_job(self.backend, ANN, request).job

    def end_of(self, job: Job, step_s: float = 60) -> "End":
        """Runs the world until all is quiet, checks its promises, and returns how the job ended."""
        self.run_until_quiet(step_s=step_s)
        self.assert_promises()
        ended, entries = self.job(job.id), self.entries()
        amounts = {
            name: entry.amount
            for name in ("capture", "release")
            if (entry := entries.get(f"{job.id}:{name}"))
        }
        return End(
            status=ended.status.value,
            code=ended.error.code if ended.error else None,
            attempts=ended.attempts,
            snoozes=ended.snoozes,
            submits=self.servers.submits,
            charged=amounts.get("capture", 0),
            released=amounts.get("release", 0),
            is_dead=at.dead_letter(job.id).path in self.documents.paths(),
        )


# How often a job comes back in the hour for which a limit is waited for.
QUOTA_SNOOZES = 13


@dataclass(frozen=True)
class End:
    """How a job ended, what was paid and given back, and how many submits it took."""

    status: str
    code: str | None
    attempts: int
    snoozes: int
    submits: int
    charged: int
    released: int
    is_dead: bool


@dataclass(frozen=True)
class Ends:
    """Ends of a job for which `held` credits are held. Unless a row says otherwise, every attempt, and every
    attempt that was given back, has submitted once."""

    held: int

    def completed(
        self,
        attempts: int = 1,
        snoozes: int = 0,
        charged: int | None = None,
        submits: int | None = None,
    ) -> End:
        paid = self.held if charged is None else charged
        sent = attempts + snoozes if submits is None else submits
        return End("completed", None, attempts, snoozes, sent, paid, self.held - paid, False)

    def refused(self, code: str, submits: int | None = None, snoozes: int = 0) -> End:
        """Final at the first attempt."""
        sent = 1 + snoozes if submits is None else submits
        return End("failed", code, 1, snoozes, sent, 0, self.held, is_dead=False)

    def billed_out(self, code: str, submits: int = 2) -> End:
        """It was begun twice, and each start may have been billed."""
        return End("failed", code, 2, 0, submits, 0, self.held, is_dead=True)

    def dead(self, code: str, submits: int = 5) -> End:
        """Every attempt is spent, and none of them has cost anything."""
        return End("failed", code, 5, 0, submits, 0, self.held, is_dead=True)


def providers(servers: Servers) -> dict[str, Provider]:
    """Every provider as `bootstrap` makes it, but for addresses, accounts and patience."""
    google = VertexSettings(
        PROJECT,
        LOCATION,
        lambda: Credentials("any-token"),
        servers.origin,
        image_timeout_s=servers.call_s,
        submit_timeout_s=servers.call_s,
        poll_timeout_s=servers.call_s,
    )
    training = TrainingSettings(
        project=PROJECT,
        location=REGION,
        credentials=AnonymousCredentials,
        endpoint=servers.origin,
        image_uri="us-docker.pkg.dev/demo/trainers/lora:1",
        service_account="trainer@demo.iam.gserviceaccount.com",
        output_uri="gs://memory/brands",
        call_s=servers.call_s,
    )
    endpoints = {"image": "images1", "video": "videos1"}
    workers = RunPodSettings(
        endpoints, lambda: "runpod-key", f"{servers.origin}/v2", call_s=servers.call_s
    )
    gallery = FalSettings(
        lambda: "fal-key",
        f"{servers.origin}/queue.fal.run",
        f"{servers.origin}/api.fal.ai/v1",
        call_s=servers.call_s,
    )
    outside = HardenedOutside(allows_loopback=True, fetch_limit_s=60)
    return {
        "fal": FalProvider(gallery, servers.media, outside.fetch),
        "vertex": VertexImages(google),
        "veo": VeoVideos(
            replace(google, location=REGION), lambda uri: _list_uris(servers.media, uri)
        ),
        "omni": OmniVideos(google, lambda uri: _list_uris(servers.media, uri)),
        "runpod": RunPodProvider(workers, servers.media),
        "vertex-training": VertexTraining(training),
    }


def _list_uris(media: MemoryMedia, uri: str) -> list[str]:
    return [media.uri(path) for path in media.list(uri.removeprefix(media.uri("")))]


@contextmanager
def provider_world(call_s: float = CALL_S) -> Iterator[ProviderWorld]:
    """Until the block ends."""
    servers = Servers(call_s=call_s)
    with serving(_all_protocols(servers)) as servers.origin:
        yield ProviderWorld(servers=servers, media=servers.media)


def _all_protocols(servers: Servers) -> WSGIApplication:
    def store(path: str, content: bytes, _: str) -> None:
        servers.media.files[path.removeprefix("gs://memory/")] = content

    models = vertex.create_app(store, servers.models, _SLOW_S)
    workers = runpod.create_app(servers.media, servers.workers, slow_s=_SLOW_S)
    trainings = custom_jobs.create_app(servers.trainings, project=PROJECT, slow_s=_SLOW_S)
    gallery = fal.create_app(servers.media.get, servers.gallery, slow_s=_SLOW_S)

    def dispatch(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if servers.meanwhile and environ["REQUEST_METHOD"] == "POST":
            servers.meanwhile.pop(0)()
        if path.startswith("/v2/"):
            return workers(environ, start_response)
        if path.startswith(FAL_HOSTS):
            return gallery(environ, start_response)
        return (trainings if "/customJobs" in path else models)(environ, start_response)

    return dispatch
