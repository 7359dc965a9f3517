"""Which installation a command is for, who gives it, and the backend that carries it out."""

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import google.auth
import google.auth.transport.requests
from google.auth.exceptions import GoogleAuthError

from mediaforge import bootstrap, environment
from mediaforge.adapters.queues import CloudQueues, EmulatedQueues
from mediaforge.domain.errors import BusyError
from mediaforge.ports.queues import Queues
from mediaforge.ports.tasks import Task
from mediaforge.services.backend import Backend, Caller

_FUNCTIONS = Path(__file__).parents[2]
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_NO_NAME = re.compile(r"[^A-Za-z0-9@._-]+")
_NAME_CHARS_MAX = 100


class TargetError(Exception):
    """Nobody can say which installation is meant."""


@dataclass(frozen=True, slots=True)
class Target:
    """`project` is None on the emulators."""

    project: str | None
    region: str

    def __str__(self) -> str:
        if self.project is None:
            return f"the emulators ({os.environ.get('GCLOUD_PROJECT', 'no project')})"
        return f"the project {self.project}"


def target_of(project: str | None, region: str) -> Target:
    """The project that is named; without one, the emulators that the environment names. Raises TargetError
    where both are there, or neither: nobody works on a project by mistake."""
    if project is None and not environment.is_emulated():
        raise TargetError(
            "Name the project with --project, or use make ops beside a running suite."
        )
    if project is not None and environment.is_emulated():
        raise TargetError("FIRESTORE_EMULATOR_HOST is set: --project would not reach the project.")
    return Target(project, region)


class LeftToTheSweep:
    """Tasks that nobody enqueues. A task carries the account of who enqueues it, and a person's credentials
    have none. What an operator changes is due at once instead, so the sweep makes its tasks within a
    minute."""

    def enqueue(self, task: Task) -> None:
        """Does nothing."""


@dataclass
class Session:
    """`open_backend` and `open_queues` are called when a verb needs them."""

    name: str
    operator: Caller
    open_backend: Callable[[], Backend]
    open_queues: Callable[[], Queues]

    @cached_property
    def backend(self) -> Backend:
        return self.open_backend()

    @cached_property
    def queues(self) -> Queues:
        return self.open_queues()


def session(target: Target, operator: str) -> Session:
    return Session(
        name=str(target),
        operator=operator_called(operator),
        open_backend=lambda: _backend(target),
        open_queues=lambda: _queues(target),
    )


def operator_called(name: str) -> Caller:
    """An operator is no user: their name is in the ledger and the audit, and no account is theirs."""
    return Caller(f"ops:{_NO_NAME.sub('-', name)[:_NAME_CHARS_MAX]}", is_admin=True)


def _backend(target: Target) -> Backend:
    """Raises BusyError."""
    _set_environment(target)
    try:
        backend = bootstrap.backend()
    except GoogleAuthError as error:
        raise BusyError(
            f"no credentials ({type(error).__name__}): gcloud auth application-default login"
        ) from error
    if target.project is None:
        return backend
    return replace(backend, tasks=LeftToTheSweep(), timing=replace(backend.timing, pickup_s=1))


def _set_environment(target: Target) -> None:
    """Sets what the platform would: the project, and the params of its deployment, as firebase-tools reads
    them. What the environment says already stands."""
    files = [_FUNCTIONS / ".env"]
    if target.project is None:
        files.append(_FUNCTIONS / ".env.local")
    else:
        files.append(_FUNCTIONS / f".env.{target.project}")
        os.environ |= {"GCLOUD_PROJECT": target.project, "GOOGLE_CLOUD_PROJECT": target.project}
        known = json.loads(os.environ.get("FIREBASE_CONFIG") or "{}")
        if known.get("projectId") != target.project:
            os.environ["FIREBASE_CONFIG"] = json.dumps({"projectId": target.project})
    params: dict[str, str] = {}
    for file in files:
        params |= read_params(file)
    for name, value in params.items():
        os.environ.setdefault(name, value)


def read_params(file: Path) -> Mapping[str, str]:
    """The lines `NAME=value` of the file; none where there is no file."""
    if not file.exists():
        return {}
    lines = (line.strip() for line in file.read_text(encoding="utf-8").splitlines())
    said = (line.partition("=") for line in lines if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip().strip("\"'") for name, _, value in said}


def _queues(target: Target) -> Queues:
    """Raises BusyError."""
    if target.project is None:
        return EmulatedQueues(os.environ["CLOUD_TASKS_EMULATOR_HOST"])
    try:
        credentials, _ = google.auth.default(scopes=[_SCOPE])
    except GoogleAuthError as error:
        raise BusyError(
            f"no credentials ({type(error).__name__}): gcloud auth application-default login"
        ) from error
    authorized = google.auth.transport.requests.AuthorizedSession(credentials)
    return CloudQueues(authorized, target.project, target.region)
