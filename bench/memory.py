"""Number 6: the memory of each worker while it handles its largest output, as a share of what main.py gives
it.

Served as in production, main.py under gunicorn, each case in a process of its own, against the emulators
and servers that speak the providers' protocols. A job is submitted through the service and its task
delivered by HTTP until it is final.

Cloud Run counts the whole container, so the peaks of all its processes (VmHWM) are added up. gunicorn's
master and its worker do not peak at the same moment and share what was loaded before the fork, which is
counted twice: the sum is an upper bound. Facts say how much of it was shared when the work was done.
"""

from __future__ import annotations

import io
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, redirect_stdout
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from PIL import Image

from bench.journeys import wait_until_settled
from bench.platform import HELD, SETTLE, Platform, Served
from bench.report import Number
from bench.served.defaults import with_production_defaults
from bench.users import User, make_users
from mediaforge import bootstrap
from mediaforge.contract import documents as at
from mediaforge.contract.requests import GenerateImage, GenerateVideo, TrainBrand, parse
from mediaforge.domain.jobs.job import Job, JobStatus
from mediaforge.domain.money.accounts import user_account_id
from mediaforge.ports.documents import Query
from mediaforge.services.backend import Backend, Caller
from mediaforge.services.jobs.control import cancel_job
from mediaforge.services.jobs.hook import hint
from mediaforge.services.jobs.plans import Submittable
from mediaforge.services.jobs.submit import submit_job
from protocols.__main__ import API_KEY, ENDPOINTS
from tools.console import say
from tools.firebase import BUCKET, inherited_environment
from tools.ports import HOST, PortError, is_taken, providers_port
from tools.processes import PROC
from tools.setup import FUNCTIONS_VENV, ROOT

SHARE_MAX = 0.8
MAIN = ROOT / "functions" / "main.py"
DIRECTED = Path(__file__).parent / "served" / "directed.py"
PROVIDERS = "providers"
DELIVERY_LIMIT_S = 600.0
DELIVERIES_MAX = 20
AT_ONCE = 8  # requests that a callable's instance is sent, as main.py says
CALLS = 40
PROMPT_CHARS = 4000  # the longest
UPLOAD_BYTES = 10 * 1024 * 1024  # the most that storage.rules let a user upload
UPLOAD_EDGE_PX = 7000  # 49 megapixels: the most that a reference may have is 50
UPLOADS = 6

MANIFEST = """
import json
from firebase_functions.private.serving import get_functions
endpoints = {name: each.__firebase_endpoint__ for name, each in get_functions().items()}
print(json.dumps({name: each.availableMemoryMb for name, each in endpoints.items()}))
"""


# ---- what is measured ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A worker and the payload of its largest output. `references` is how many uploads of the largest size go
    with it. `jobs` is how many such jobs one process runs, one after the other: an allocator that keeps freed
    memory reaches its peak only after several."""

    key: str
    function: str
    title: str
    kind: type[Submittable]
    payload: Mapping[str, Any]
    references: int = 0
    jobs: int = 4


PICTURE_2048 = {"prompt": "a harbour at dawn", "width": 2048, "height": 2048}
PICTURES_4K = {"model": "gemini-3-pro-image", "width": 4096, "height": 4096, "count": 4}
FILM_1080P = {"prompt": "a harbour at dawn", "resolution": "1080p", "fps": 30}
VEO_4K = {"model": "veo-3.1-generate-001", "resolution": "4k", "durationSeconds": 8}
RUNPOD_IMAGE = {"model": "runpod-image", "width": 2048, "height": 2048}
RUNPOD_VIDEO = {"model": "runpod-video", "durationSeconds": 8}

CASES = (
    Case(
        "local_image",
        "runLocalImage",
        "4 of 2048x2048",
        GenerateImage,
        {**PICTURE_2048, "model": "local-image", "count": 4},
    ),
    Case(
        "local_image_references",
        "runLocalImage",
        "with 6 references of 49 MP",
        GenerateImage,
        {**PICTURE_2048, "model": "local-image"},
        references=UPLOADS,
        jobs=1,
    ),
    Case(
        "local_video",
        "runLocalVideo",
        "1080p, 10 s, 30 fps, sound",
        GenerateVideo,
        {**FILM_1080P, "model": "local-video", "durationSeconds": 10, "generateAudio": True},
        jobs=1,
    ),
    Case(
        "vertex_image",
        "runVertexImage",
        "4 of 4096x4096, 25 MB each",
        GenerateImage,
        {**PICTURES_4K, "prompt": "#large a harbour"},
        references=UPLOADS,
    ),
    Case(
        "vertex_image_references_sent",
        "runVertexImage",
        "and 6 references of 10 MB sent along",
        GenerateImage,
        {**PICTURES_4K, "prompt": "#large #file-refused a harbour"},
        references=UPLOADS,
    ),
    Case(
        "vertex_video",
        "runVertexVideo",
        "4k, 60 MB",
        GenerateVideo,
        {**VEO_4K, "prompt": "#large a harbour"},
    ),
    Case(
        "vertex_training",
        "runVertexTraining",
        "50 references",
        TrainBrand,
        {"name": "harbour"},
        references=50,
    ),
    Case(
        "runpod_image",
        "runRunPod",
        "2048x2048, 10 MB of base64",
        GenerateImage,
        {**RUNPOD_IMAGE, "prompt": "#large #base64 a harbour"},
    ),
    Case(
        "runpod_video",
        "runRunPod",
        "1080p, 30 MB",
        GenerateVideo,
        {**RUNPOD_VIDEO, "prompt": "#large a harbour"},
    ),
)


@dataclass(frozen=True)
class Memory:
    """The memory of a function, in MiB: before its first job, the sum of its processes' peaks, the peak of
    the process that works, and what the processes shared at the end."""

    before_mib: float
    peak_mib: float
    worker_peak_mib: float
    shared_mib: float


def measure_memory(platform: Platform, functions: Sequence[str] = ()) -> list[Number]:
    """Measures these functions, or all. Needs running emulators and events, and no function served."""
    if not PROC.joinpath("self/smaps_rollup").exists():
        say("This system does not tell the memory of processes: not measured")
        return []
    bench = _Bench(platform, functions, _configured_mib(platform))
    with bench.providers():
        return list(bench.measure())


# ---- measuring -----------------------------------------------------------------------------------


@dataclass
class _Bench:
    platform: Platform
    functions: Sequence[str]
    configured_mib: Mapping[str, int]
    environment: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def providers(self) -> Iterator[None]:
        """Serves the providers' protocols on a port, and makes the settings, for functions and for this
        process, that name it."""
        port, processes = providers_port(), self.platform.processes
        if is_taken(port):
            raise PortError(f"Port {port} (providers) is taken; set MEDIAFORGE_PROVIDERS_PORT.")
        self.environment = _settings(f"http://{HOST}:{port}")
        command = [sys.executable, "-m", "protocols", str(port), BUCKET]
        processes.start(PROVIDERS, command, self.platform.environment())
        processes.wait_until(lambda: is_taken(port), PROVIDERS)
        os.environ |= self.platform.environment() | self.environment
        try:
            yield
        finally:
            processes.stop(PROVIDERS)

    def measure(self) -> Iterator[Number]:
        for case in CASES:
            if self._is_wanted(case.function):
                yield self._measure_case(case)
        if self._is_wanted("creativeDirectorAgent"):
            yield self._measure_director()
        if self._is_wanted("generateImage", "onViewUpdated"):
            yield from self._measure_submissions()

    def _is_wanted(self, *functions: str) -> bool:
        return not self.functions or any(name in self.functions for name in functions)

    def _measure_case(self, case: Case) -> Number:
        [user] = make_users(1, f"memory-{case.key.replace('_', '-')}")
        served = Served(case.function, MAIN)
        request = parse(case.kind, {**case.payload, **_references(user, case)})
        self.platform.make_queue(served, HELD)

        def work() -> None:
            for _ in range(case.jobs):
                _run(self.platform, served, user, request)

        return self._number(case.key, case.function, case.title, self._watch(served, work))

    def _measure_director(self) -> Number:
        served, users = Served("creativeDirectorAgent", DIRECTED), make_users(AT_ONCE, "director")
        payload = {"brief": "a harbour at dawn", "count": 10}
        work = self._calls(served, users, payload)
        title = f"Gemini, {AT_ONCE} at once"
        return self._number("director", served.name, title, self._watch(served, work))

    def _measure_submissions(self) -> Iterator[Number]:
        """Measures a callable under load, and the trigger, which settles the submitted jobs when they are
        cancelled."""
        generate, settle = Served("generateImage", MAIN), Served(SETTLE.name, MAIN, SETTLE.trigger)
        users = make_users(1, "memory-submit") * AT_ONCE
        payload = {"prompt": "x" * PROMPT_CHARS, "model": "local-image", "count": 4}
        self.platform.make_queue(Served("runLocalImage", MAIN), HELD)
        submit = self._calls(generate, users, payload)
        accepted: list[Memory] = []

        def work() -> None:
            accepted.append(self._watch(generate, submit))
            _cancel_all(users[0])

        settled = self._watch(settle, work)
        yield self._number("submit", generate.name, f"{AT_ONCE} at once", accepted[0])
        yield self._number("settle", settle.name, f"{CALLS} jobs cancelled", settled)

    def _calls(
        self, served: Served, users: Sequence[User], payload: Mapping[str, Any]
    ) -> Callable[[], None]:
        def work() -> None:
            port = self.platform.addresses[served.name]
            with ThreadPoolExecutor(AT_ONCE) as threads:
                list(threads.map(lambda i: users[i % AT_ONCE].call(port, payload), range(CALLS)))

        return work

    def _watch(self, served: Served, work: Callable[[], None]) -> Memory:
        """Serves the function, in processes that have done nothing yet, while `work` uses it."""
        say(f"  {served.name}")
        self.platform.serve(served, environment=self.environment)
        try:
            pids = process_tree(self.platform.processes.pid(served.name))
            before_mib = sum(memory_mib(pid, "VmRSS") for pid in pids)
            with redirect_stdout(io.StringIO()):  # hides what the services log in this process
                work()
            if process_tree(pids[0]) != pids:
                raise RuntimeError(f"a process of {served.name} died while it worked")
            return _memory(pids, before_mib)
        finally:
            self.platform.stop(served)

    def _number(self, key: str, function: str, title: str, memory: Memory) -> Number:
        configured_mib = self.configured_mib[function]
        return Number(
            key=f"memory_{key}",
            title=f"memory of {function}: {title}",
            ours=f"{memory.peak_mib:.0f} of {configured_mib} MiB",
            floor="",
            value=round(memory.peak_mib / configured_mib, 3),
            unit="ratio",
            target_max=SHARE_MAX,
            facts={
                "configured_mib": configured_mib,
                **{name: round(mib, 1) for name, mib in asdict(memory).items()},
            },
        )


def _configured_mib(platform: Platform) -> dict[str, int]:
    """The memory with which main.py would be deployed, by function."""
    done = subprocess.run(  # noqa: S603 - our own program
        [str(FUNCTIONS_VENV / "bin" / "python"), "-c", MANIFEST],
        cwd=MAIN.parent,
        env=inherited_environment(os.environ) | platform.environment(),
        stdout=subprocess.PIPE,
        check=True,
    )
    configured: dict[str, int] = json.loads(done.stdout)
    return configured


def _settings(origin: str) -> dict[str, str]:
    """Settings in which every provider is set up, at `origin`. Webhooks go there, too, and are answered with
    404: the benchmark gives the hints itself."""
    image, video = ENDPOINTS
    return {
        "PROVIDERS_ORIGIN": origin,
        "FUNCTIONS_EMULATOR_ORIGIN": origin,
        "TRAINING_IMAGE": "trainer:1",
        "TRAINING_SERVICE_ACCOUNT": "trainer",
        "RUNPOD_IMAGE_ENDPOINT": image,
        "RUNPOD_VIDEO_ENDPOINT": video,
        "RUNPOD_API_KEY": API_KEY,
    }


# ---- jobs ----------------------------------------------------------------------------------------


@cache
def _backend() -> Backend:
    """The product's backend, in this process."""
    product = bootstrap.backend()
    return replace(product, catalogue=with_production_defaults(product.catalogue))


def _run(platform: Platform, served: Served, user: User, request: Submittable) -> None:
    """Runs one job from its submission to its end. Raises RuntimeError when it is not completed at its first
    attempt."""
    backend = _backend()
    job = submit_job(backend, Caller(user.uid), request).job
    for _ in range(DELIVERIES_MAX):
        _deliver(platform.addresses[served.name], job.id)
        job = backend.documents.get(at.job(job.id)) or job
        if job.status is JobStatus.COMPLETED:
            return
        if job.status.is_final or job.error or job.attempts > 1:
            raise RuntimeError(f"{served.name}: {job.error and job.error.message}")
        _ask_now(backend, job)
    raise RuntimeError(f"{served.name}: not final after {DELIVERIES_MAX} deliveries")


def _deliver(port: int, job_id: str) -> None:
    """Delivers the job's task by HTTP, as Cloud Tasks does."""
    task = {"data": {"jobId": job_id}}
    url = f"http://{HOST}:{port}/"
    httpx.post(url, json=task, timeout=DELIVERY_LIMIT_S, trust_env=False).raise_for_status()


def _ask_now(backend: Backend, job: Job) -> None:
    """Gives the hint that the provider's webhook would give, so that the next question need not wait for its
    time."""
    [token] = parse_qs(urlsplit(backend.webhook_url(job) or "").query)["token"]
    hint(backend, job.id, token)


def _cancel_all(user: User) -> None:
    """Cancels every job of the user, none of which has begun; returns when all are settled."""
    backend, caller = _backend(), Caller(user.uid)
    account_id = user_account_id(user.uid)
    of_user = Query(at.JOBS, where=(("account_id", "==", account_id),))
    for job in backend.documents.find(Job, of_user):
        cancel_job(backend, caller, job.id)
    if wait_until_settled(account_id, CALLS) < CALLS:
        raise RuntimeError("not every cancelled job was settled")


def _references(user: User, case: Case) -> dict[str, Any]:
    """The references of the payload. Only a few are uploaded; where more are wanted they are named
    repeatedly."""
    if not case.references:
        return {}
    paths = [f"references/{user.uid}/{number}.png" for number in range(UPLOADS)]
    for path in paths:
        _backend().media.save(path, _largest_upload(), "image/png", token=user.uid)
    named = itertools.islice(itertools.cycle(paths), case.references)
    mode = "style_only" if case.kind is TrainBrand else "style_and_composition"
    return {"references": [{"path": path, "mode": mode} for path in named]}


@cache
def _largest_upload() -> bytes:
    """A PNG of as many pixels as a reference may have, each of four bytes. It is padded to the largest file
    size; readers ignore what follows the picture's end."""
    buffer = io.BytesIO()
    Image.new("RGBA", (UPLOAD_EDGE_PX, UPLOAD_EDGE_PX), "teal").save(buffer, "PNG")
    return buffer.getvalue().ljust(UPLOAD_BYTES, b"\0")


# ---- processes -----------------------------------------------------------------------------------


def _memory(pids: Sequence[int], before_mib: float) -> Memory:
    peaks = [memory_mib(pid, "VmHWM") for pid in pids]
    resident_mib = sum(memory_mib(pid, "Rss", "smaps_rollup") for pid in pids)
    own_mib = sum(memory_mib(pid, "Pss", "smaps_rollup") for pid in pids)
    return Memory(before_mib, sum(peaks), max(peaks), resident_mib - own_mib)


def process_tree(pid: int) -> list[int]:
    """A process and its descendants: gunicorn's master, then its workers."""
    children = [int(child) for child in (PROC / f"{pid}/task/{pid}/children").read_text().split()]
    return [pid, *(each for child in children for each in process_tree(child))]


def memory_mib(pid: int, name: str, file: str = "status") -> float:
    """A line of /proc/PID, like `VmHWM: 1024 kB`, in MiB."""
    lines = (PROC / str(pid) / file).read_text().splitlines()
    [kib] = [line.split()[1] for line in lines if line.startswith(f"{name}:")]
    return int(kib) / 1024
