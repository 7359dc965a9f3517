"""Who is compared, and how each is asked, watched and delivered to."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from bench.memory import process_tree
from bench.peers.model import prompt_of
from bench.platform import SETTLE, Platform, Served
from bench.users import CREDITS, TIMEOUT_S, Answer, User, database
from mediaforge.contract import documents as at
from mediaforge.domain.money.accounts import user_account_id
from mediaforge.services.backend import Caller
from mediaforge.services.jobs.plans import job_id_of
from tools.console import say
from tools.ports import HOST
from tools.setup import FUNCTIONS_VENV, LOCAL, ROOT

HERE = Path(__file__).parent
SERVED = HERE / "served.py"
SERVED_MODULE = "bench.peers.served"
PYTHON = FUNCTIONS_VENV / "bin" / "python"
PACKAGES = LOCAL / "procrastinate"
POSTGRES = "BENCH_POSTGRES"
INSTALL = (
    "functions/venv/bin/python -m pip install --target .local/procrastinate"
    " procrastinate==3.10.0 'psycopg[binary,pool]==3.3.9'"
)
POLL_S = 0.02
RATE = 500  # dispatches a second, the most that Cloud Tasks gives

# What a client of the peers may do, inside the product's own rules: all listeners are bound by rules.
RULES_BEGIN = "match /databases/{database}/documents {"
RULES = """
    match /images/{id} { allow read: if request.auth != null; }
    match /generate/{id} { allow read, write: if request.auth != null; }
"""


def write_rules(target: Path) -> Path:
    product = (ROOT / "firestore.rules").read_text(encoding="utf-8")
    assert product.count(RULES_BEGIN) == 1
    target.write_text(product.replace(RULES_BEGIN, RULES_BEGIN + RULES), encoding="utf-8")
    return target


@dataclass(frozen=True)
class Contender:
    """One way to do the work. `functions` are served, the one that the client calls first; `generates` is the
    process that asks the model; with `has_queue` its tasks come from a queue. `imports` is what a cold start
    imports. This is the peers' shape; where one differs it is a class of its own."""

    name: str
    title: str
    imports: str
    functions: Sequence[Served]
    generates: str
    has_queue: bool = False
    dispatches_at_once: int = 10
    client_writes: int = 0  # documents that the client itself writes for a job

    @property
    def generator(self) -> Served:
        """The function that generates. Raises StopIteration where no function does."""
        return next(one for one in self.functions if one.name == self.generates)

    def environment(self) -> Mapping[str, str]:
        return {"BENCH_PEER": self.imports}

    def make_queue(self, platform: Platform) -> None:
        """Makes the queue anew, where there is one, at the rate of Cloud Tasks: none is to be slowed."""
        if self.has_queue:
            platform.make_queue(self.generator, RATE, self.dispatches_at_once)

    def serve(self, platform: Platform, environment: Mapping[str, str]) -> None:
        platform.serve(*self.functions, environment={**environment, **self.environment()})

    def stop(self, platform: Platform) -> None:
        platform.stop(*self.functions)

    def kill(self, platform: Platform, _environment: Mapping[str, str]) -> None:
        """Kills the process that generates, as the kernel does when memory runs out; gunicorn starts
        another."""
        pid = platform.processes.pid(self.generates)
        for victim in process_tree(pid)[1:] or [pid]:
            os.kill(victim, signal.SIGKILL)

    def submit(self, platform: Platform, user: User, key: str, model_s: int) -> Answer:
        """Raises RefusedError, or OSError where nobody answers."""
        port = platform.addresses[self.functions[0].name]
        return user.call(port, self.task(user, key, model_s))

    def task(self, _user: User, key: str, model_s: int) -> dict[str, Any]:
        """What a task of the job carries."""
        return {"id": key, "prompt": prompt_of(key, model_s)}

    def path(self, _user: User, key: str) -> str:
        """Of the document with the status."""
        return f"images/{key}"

    def status_of(self, document: Mapping[str, Any]) -> str:
        status: str = document.get("status", "")
        return status

    def picture(self, _user: User, key: str) -> str:
        """What the names of the job's pictures in Storage begin with."""
        return f"images/{key}."

    def charged(self, _user: User) -> int | None:
        """The credits that the user has paid, where there are any."""
        return None

    def wait_until_done(self, user: User, key: str) -> None:
        """Waits for what goes on after the final status, so that it does not run into the next sample."""

    def sweep(self, platform: Platform) -> None:
        """Calls what a schedule calls."""


class MediaForge(Contender):
    def environment(self) -> Mapping[str, str]:
        return {}

    def submit(self, platform: Platform, user: User, key: str, model_s: int) -> Answer:
        payload = {"prompt": prompt_of(key, model_s), "requestId": key}
        return user.call(platform.addresses[self.functions[0].name], payload)

    def task(self, user: User, key: str, _model_s: int) -> dict[str, Any]:
        return {"jobId": _job_id(user, key), "delivery": 1}

    def path(self, user: User, key: str) -> str:
        return f"generations/{user.uid}/images/{_job_id(user, key)}"

    def picture(self, user: User, key: str) -> str:
        return f"generating/{user.uid}/image/{_job_id(user, key)}."

    def charged(self, user: User) -> int:
        account = database().document(at.account(user_account_id(user.uid)).path).get().to_dict()
        assert account is not None
        unspent: int = account["available"] + account["held"]
        return CREDITS - unspent

    def wait_until_done(self, user: User, key: str) -> None:
        deadline = time.monotonic() + TIMEOUT_S
        job = database().document(at.job(_job_id(user, key)).path)
        while not (job.get().to_dict() or {}).get("settled_at"):
            if time.monotonic() > deadline:
                raise RuntimeError(f"{key} was not settled")
            time.sleep(POLL_S)

    def sweep(self, platform: Platform) -> None:
        """Cloud Tasks delivers a task that looks again at the moment when the lease ends. The tasks emulator
        knows no delays, so the sweep, called all the time instead of once a minute, stands in for it."""
        url = f"http://{HOST}:{platform.addresses['sweepJobs']}/"
        httpx.post(url, timeout=TIMEOUT_S, trust_env=False).raise_for_status()


def _job_id(user: User, key: str) -> str:
    return job_id_of(Caller(user.uid), key)


class Extension(Contender):
    """Its client writes the document: accepted is what Firestore has committed."""

    def submit(self, _platform: Platform, user: User, key: str, model_s: int) -> Answer:
        document = user.database.document(self.path(user, key))
        sent_at, sent_at_s = datetime.now(UTC), time.perf_counter()
        document.set({"prompt": prompt_of(key, model_s)})
        return Answer(None, (time.perf_counter() - sent_at_s) * 1000, sent_at_s, sent_at)

    def path(self, _user: User, key: str) -> str:
        return f"generate/{key}"

    def status_of(self, document: Mapping[str, Any]) -> str:
        state: str = document.get("status", {}).get("state", "")
        return {"COMPLETED": "completed", "ERRORED": "failed"}.get(state, state)

    def picture(self, _user: User, key: str) -> str:
        return f"generate/{key}."


class Procrastinate(Contender):
    """Its worker is a process of its own, which somebody has to start again when it dies."""

    def environment(self) -> Mapping[str, str]:
        path = f"{PACKAGES}:{ROOT / 'functions'}:{ROOT}"
        own = {"PYTHONPATH": path, POSTGRES: os.environ[POSTGRES]}
        return {**super().environment(), **own}

    def serve(self, platform: Platform, environment: Mapping[str, str]) -> None:
        self._start_worker(platform, environment)
        super().serve(platform, environment)

    def stop(self, platform: Platform) -> None:
        super().stop(platform)
        platform.processes.stop(self.generates)

    def kill(self, platform: Platform, environment: Mapping[str, str]) -> None:
        super().kill(platform, environment)
        platform.processes.stop(self.generates)
        self._start_worker(platform, environment)

    def _start_worker(self, platform: Platform, environment: Mapping[str, str]) -> None:
        variables = {
            **platform.environment(),
            **environment,
            **self.environment(),
            "FUNCTION_TARGET": self.generates,
        }
        command = [str(PYTHON), "-m", SERVED_MODULE]
        platform.processes.start(self.generates, command, variables)


OURS = MediaForge(
    name="mediaforge",
    title="MediaForge",
    imports="main",
    functions=(
        Served("generateImage", HERE / "ours.py"),
        Served("runLocalImage", HERE / "ours.py"),
        Served(SETTLE.name, HERE / "ours.py", SETTLE.trigger, SETTLE.hears),
        Served("sweepJobs", HERE / "ours.py"),
    ),
    generates="runLocalImage",
    has_queue=True,
    dispatches_at_once=20,
)
SYNCHRONOUS = Contender(
    name="synchronous",
    title="one callable",
    imports="bench.peers.synchronous",
    functions=(Served("makeImage", SERVED),),
    generates="makeImage",
)
TASK_QUEUE = Contender(
    name="task_queue",
    title="task queue sample",
    imports="bench.peers.task_queue",
    functions=(Served("enqueueImage", SERVED), Served("workOnImage", SERVED)),
    generates="workOnImage",
    has_queue=True,
)
EXTENSION = Extension(
    name="extension",
    title="trigger, as the extension",
    imports="bench.peers.trigger",
    functions=(Served("generateOnWrite", SERVED, "generate/{id}"),),
    generates="generateOnWrite",
    client_writes=1,
)
PROCRASTINATE = Procrastinate(
    name="procrastinate",
    title="procrastinate on PostgreSQL",
    imports="bench.peers.procrastinate_queue",
    functions=(Served("deferImage", SERVED),),
    generates="procrastinateWorker",
)
TRIGGERS = tuple(f for c in (OURS, EXTENSION) for f in c.functions if f.trigger)


def contenders() -> Sequence[Contender]:
    """Those that can be measured here. Says in a line what cannot."""
    firebase = (OURS, SYNCHRONOUS, TASK_QUEUE, EXTENSION)
    if missing := _missing():
        say(f"  procrastinate is skipped: {missing}")
        return firebase
    return (*firebase, PROCRASTINATE)


def _missing() -> str | None:
    """What procrastinate lacks here."""
    if not os.environ.get(POSTGRES):
        return f"{POSTGRES} names no PostgreSQL database (an empty one, as postgresql://…)"
    if not PACKAGES.is_dir():
        return f"its packages are not there ({INSTALL})"
    _procrastinate("schema", "--apply")  # fails where the last run has done it
    checked = _procrastinate("healthchecks")
    return checked.stderr.strip().splitlines()[-1] if checked.returncode else None


def _procrastinate(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own command
        [str(PYTHON), "-m", "procrastinate", f"--app={PROCRASTINATE.imports}.app", *words],
        env={**os.environ, **PROCRASTINATE.environment()},
        capture_output=True,
        text=True,
        check=False,
    )
