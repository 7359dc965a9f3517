"""The worker as a process: its container's files, its own environment, RunPod's SDK around it."""

import os
import re
import shlex
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import httpx

from tools.firebase import inherited_environment
from tools.setup import ROOT, Step, ensure, make_venv

FOLDER = ROOT / "workers" / "runpod"
VENV = FOLDER / "venv"
PYTHON = VENV / "bin" / "python"
START_LIMIT_S = 120
JOB_LIMIT_S = 300
_COPY = re.compile(r"^COPY (?P<sources>.+) (?P<target>\S+)$", re.MULTILINE)


def ensure_worker_venv() -> None:
    lock = FOLDER / "requirements.lock.txt"
    ensure(
        [
            Step(
                "runpod-worker",
                "Installing the Python packages of the RunPod worker into workers/runpod/venv",
                [lock, ROOT / "tools" / "python_packages.py"],
                lambda: [PYTHON],
                lambda: make_venv(VENV, lock),
            )
        ]
    )


def copy_image(target: Path, folder: Path = FOLDER) -> None:
    """What the Dockerfile in `folder` copies of what is sent to the builder, and nothing else: a forgotten
    file fails here, and not where the image is built or on RunPod."""
    for line in _COPY.finditer((folder / "Dockerfile").read_text(encoding="utf-8")):
        for source in shlex.split(line["sources"]):
            is_sent = is_sent_to_the_builder(source, folder)
            assert is_sent, f"Dockerfile.dockerignore drops {source}"
            _copy(ROOT / source, target / line["target"], line["target"].endswith("/"))


def is_sent_to_the_builder(source: str, folder: Path = FOLDER) -> bool:
    """By Dockerfile.dockerignore: of the lines that match a file or a folder above it, the last counts.

    https://docs.docker.com/build/concepts/context/#dockerignore-files
    """
    path = PurePosixPath(source)
    above = [str(place) for place in (path, *path.parents)]
    is_sent = True
    for line in (folder / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines():
        pattern = line.strip().removeprefix("!")
        if not pattern or pattern.startswith("#"):
            continue
        if any(re.fullmatch(_as_regex(pattern), place) for place in above):
            is_sent = line.startswith("!")
    return is_sent


def _as_regex(pattern: str) -> str:
    """`**` is any number of folders, `*` anything within a name."""
    parts = re.split(r"(\*\*/|\*)", pattern)
    known = {"**/": "(?:.*/)?", "*": "[^/]*"}
    return "".join(known.get(part, re.escape(part)) for part in parts)


def _copy(source: Path, target: Path, is_into: bool) -> None:
    place = target / source.name if is_into else target
    place.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, place, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copyfile(source, place)


@dataclass(frozen=True)
class RunPodApi:
    """The SDK's local API server with our handler behind it."""

    url: str
    log: Path

    def run_sync(self, **given: Any) -> dict[str, Any]:
        """The job as `/status` would show it: `status`, and `output` or `error`."""
        return self.post("/runsync", {"input": given})

    def post(self, path: str, body: Any = None) -> dict[str, Any]:
        answer = httpx.post(f"{self.url}{path}", json=body, timeout=JOB_LIMIT_S, trust_env=False)
        answer.raise_for_status()
        job: dict[str, Any] = answer.json()
        return job


@contextmanager
def running_worker(
    image: Path, arguments: list[str], environment: Mapping[str, str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """`handler.py` out of the container's files, told only what a container would be told."""
    own = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
    base = inherited_environment(own) | {
        "PATH": os.defpath,
        "RUNPOD_LOG_LEVEL": "INFO",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "PROGRESS_EVERY_S": "0",
        "STORAGE_LIMIT_S": "2",
        "NO_GCE_CHECK": "true",
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(PYTHON), "handler.py", *arguments],
            cwd=image,
            env={**base, **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def running_api(image: Path, environment: Mapping[str, str], log: Path) -> Iterator[RunPodApi]:
    port = free_port()
    arguments = ["--rp_serve_api", "--rp_api_host", "127.0.0.1", "--rp_api_port", str(port)]
    with running_worker(image, arguments, environment, log) as process:
        api = RunPodApi(f"http://127.0.0.1:{port}", log)
        _wait_until_it_listens(process, api, port)
        yield api


def _wait_until_it_listens(process: subprocess.Popen[bytes], api: RunPodApi, port: int) -> None:
    end = time.monotonic() + START_LIMIT_S
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(f"the worker does not listen:\n{api.log.read_text()[-4000:]}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
