"""Vertex AI's CustomJobs over REST: create, get, list by labels, cancel.

Source: google/cloud/aiplatform_v1 (types/custom_job.py, job_service's REST transport). As there, a name
comes back with the project's number, and enums go in and out as names or, where asked, as numbers.

Words in the container's `--name=` say what goes wrong (`:N` is how many times; after that all is well):
- at the creation: `#throttle:N`, `#throttle-until:N` (429 with a date, a minute ahead), `#quota:N` (429 that
  names a limit), `#no-capacity:N` (429 because there is no machine), `#cancelled-call:N` (499),
  `#no-billing:N`, `#server-error:N`, `#bad-request:N`, `#forbidden:N`, `#not-json:N`,
  `#odd-error:N`; the job is made, but the caller is not told: `#create-then-error:N`, `#reset:N`, `#slow:N`
- at a get of the job: `#status-error:N`, `#status-throttle:N`, `#status-forbidden:N`,
  `#status-bad-request:N`, `#status-cancelled:N` (499), `#status-not-json:N`, `#gone`
- at its cancellation: `#cancel-error:N`, `#cancel-refused:N`
- with the job itself: `#pending:N` gets until its end, `#failed`, `#rejected`, `#exit:N` (the exit status),
  `#cancelled`, `#expired`, `#partly`, `#no-machine`, `#no-rights`, `#no-directory`, `#new-state`
"""

import re
import socket
import struct
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import count
from threading import RLock
from typing import Any

from flask import Flask, Response, jsonify, request

from protocols.models import read_facts
from protocols.script import Script, read_script

Json = dict[str, Any]

PROJECT_NUMBER = "123456789"
_STATES = {
    "JOB_STATE_QUEUED": 1,
    "JOB_STATE_PENDING": 2,
    "JOB_STATE_RUNNING": 3,
    "JOB_STATE_SUCCEEDED": 4,
    "JOB_STATE_FAILED": 5,
    "JOB_STATE_CANCELLING": 6,
    "JOB_STATE_CANCELLED": 7,
    "JOB_STATE_EXPIRED": 9,
    "JOB_STATE_PARTIALLY_SUCCEEDED": 11,
    "JOB_STATE_OF_TOMORROW": 99,
}
_ENDED = {"SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED", "PARTIALLY_SUCCEEDED"}
_MACHINE = re.compile(r"([a-z]\d+[a-z]?-[a-z]+)-\d+g?")
_LABEL = re.compile(r"[a-z0-9_-]{1,63}")
_TERM = re.compile(r'labels\.([a-z0-9_-]+)="?([a-z0-9_-]*)"?')
_EXIT = (
    "The replica workerpool0-0 exited with a non-zero status of {}. Termination reason: Error. \n"
    "Traceback (most recent call last):\n [...]"
)
# Word for word: GoogleCloudPlatform/stable-diffusion-on-gcp#12.
_OVER_QUOTA = (
    "The following quota metrics exceed quota limits: "
    "aiplatform.googleapis.com/custom_model_training_nvidia_l4_gpus"
)
_NO_MACHINE = (
    "Resources are insufficient in region: us-central1. Please try a different region or use a "
    "different accelerator."
)
_REFUSALS = {
    "quota": (429, "RESOURCE_EXHAUSTED", _OVER_QUOTA),
    "no-capacity": (429, "RESOURCE_EXHAUSTED", _NO_MACHINE),
    "cancelled-call": (499, "CANCELLED", "The operation was cancelled."),
    "no-billing": (400, "FAILED_PRECONDITION", "Billing is disabled for the project."),
    "server-error": (503, "UNAVAILABLE", "Try again."),
    "bad-request": (400, "INVALID_ARGUMENT", "The image URI is not valid."),
    "forbidden": (403, "PERMISSION_DENIED", "You may not act as the account."),
}


@dataclass
class Journal:
    """What reached the server, and its jobs by id. `submits` counts the jobs that were made, by the label
    `mediaforge_job`. The next `list_errors` requests for a list are answered with a 503."""

    requests: list[tuple[str, str, Json]] = field(default_factory=list)
    submits: Counter[str] = field(default_factory=Counter)
    jobs: dict[str, Json] = field(default_factory=dict)
    looks: Counter[str] = field(default_factory=Counter)
    list_errors: int = 0
    script: Script = field(default_factory=Script)
    lock: RLock = field(default_factory=RLock)

    def clear(self) -> None:
        """Forgets everything, like a new server."""
        with self.lock:
            for seen in (self.requests, self.submits, self.jobs, self.looks, self.script.played):
                seen.clear()
            self.list_errors = 0


def create_app(
    journal: Journal | None = None, *, project: str = "demo", slow_s: float = 3.0
) -> Flask:
    """One project's jobs, in every location. A job advances by one step with each get."""
    server = _Server(journal or Journal(), project, slow_s)
    app = Flask(__name__)
    jobs = "/v1/projects/<project>/locations/<location>/customJobs"

    @app.before_request
    def admit() -> Response | None:
        body = request.get_json(silent=True) or {}
        with server.journal.lock:
            server.journal.requests.append((request.method, request.path, body))
        known = (request.view_args or {}).get("project") in {project, PROJECT_NUMBER}
        if not known:
            return _error(403, "PERMISSION_DENIED", "The project is not yours.")
        location = (request.view_args or {}).get("location")
        if location not in read_facts().trainings.locations:
            return _error(400, "INVALID_ARGUMENT", f"The location {location} is not supported.")
        return None

    app.post(jobs)(server.create)
    app.get(jobs)(server.list)
    app.get(f"{jobs}/<job_id>")(server.get)
    app.post(f"{jobs}/<job_id>:cancel")(server.cancel)
    return app


@dataclass
class _Server:
    journal: Journal
    project: str
    slow_s: float
    numbers: Iterator[int] = field(default_factory=lambda: count(1001))

    def create(self, project: str, location: str) -> Response:
        job = request.get_json(silent=True) or {}
        wrong = _what_is_wrong(job)
        if wrong:
            return _error(400, "INVALID_ARGUMENT", wrong)
        name = _trained_name(job)
        return self._refuse_create(name) or self._accept(job, location, name)

    def _refuse_create(self, name: str) -> Response | None:
        due = self.journal.script.is_due
        if due(name, "throttle"):
            return _error(429, "RESOURCE_EXHAUSTED", "Quota exceeded.", {"Retry-After": "30"})
        if due(name, "throttle-until"):
            moment = format_datetime(datetime.now(UTC) + timedelta(minutes=1), usegmt=True)
            return _error(429, "RESOURCE_EXHAUSTED", "Quota exceeded.", {"Retry-After": moment})
        for word, refusal in _REFUSALS.items():
            if due(name, word):
                return _error(*refusal)
        if due(name, "not-json"):
            return Response("<html>", 200)
        if due(name, "odd-error"):
            return Response('{"error": "bad gateway"}', 502, content_type="application/json")
        return None

    def _accept(self, job: Json, location: str, name: str) -> Response:
        job_id = str(next(self.numbers))
        job |= {
            "name": f"projects/{PROJECT_NUMBER}/locations/{location}/customJobs/{job_id}",
            "state": "JOB_STATE_QUEUED",
        }
        if "no-directory" in read_script(name):
            del job["jobSpec"]["baseOutputDirectory"]
        with self.journal.lock:
            self.journal.jobs[job_id] = job
            self.journal.submits[job.get("labels", {}).get("mediaforge_job", "")] += 1
        if self.journal.script.is_due(name, "create-then-error"):
            return _error(503, "UNAVAILABLE", "Try again.")
        if self.journal.script.is_due(name, "reset"):
            return _reset()
        if self.journal.script.is_due(name, "slow"):
            time.sleep(self.slow_s)
        return _show(job)

    def list(self, project: str, location: str) -> Response:
        terms = request.args.get("filter", "").split(" AND ")
        wanted = [_TERM.fullmatch(term) for term in terms if term]
        with self.journal.lock:
            if self.journal.list_errors:
                self.journal.list_errors -= 1
                return _error(503, "UNAVAILABLE", "Try again.")
            found = [
                _wire(job)
                for job in self.journal.jobs.values()
                if all(t and job.get("labels", {}).get(t[1]) == t[2] for t in wanted)
            ]
        return jsonify(customJobs=found)

    def get(self, project: str, location: str, job_id: str) -> Response:
        with self.journal.lock:
            job = self.journal.jobs.get(job_id)
            if job is None or "gone" in read_script(_trained_name(job)):
                return _error(404, "NOT_FOUND", "The CustomJob does not exist.")
            refusal = self._refuse_look(_trained_name(job))
            if refusal:
                return refusal
            self._advance(job, job_id)
            return _show(job)

    def _refuse_look(self, name: str) -> Response | None:
        due = self.journal.script.is_due
        if due(name, "status-error"):
            return _error(500, "INTERNAL", "Internal error.")
        if due(name, "status-throttle"):
            return _error(429, "RESOURCE_EXHAUSTED", "Too many requests.")
        if due(name, "status-bad-request"):
            return _error(400, "INVALID_ARGUMENT", "Not like this.")
        if due(name, "status-cancelled"):
            return _error(499, "CANCELLED", "The operation was cancelled.")
        if due(name, "status-forbidden"):
            return _error(403, "PERMISSION_DENIED", "You may not look.")
        return Response("<html>", 200) if due(name, "status-not-json") else None

    def _advance(self, job: Json, job_id: str) -> None:
        self.journal.looks[job_id] += 1
        looks = self.journal.looks[job_id]
        told = read_script(_trained_name(job))
        if _is_ended(job):
            return
        if job["state"] == "JOB_STATE_CANCELLING":
            job["state"] = "JOB_STATE_CANCELLED"
        elif looks > told.get("pending", 1):
            _end(job, told)
        elif "new-state" in told:
            job["state"] = "JOB_STATE_OF_TOMORROW"
        elif looks > 1:
            job["state"] = "JOB_STATE_RUNNING"
            job["startTime"] = "2026-11-20T00:00:00Z"

    def cancel(self, project: str, location: str, job_id: str) -> Response:
        with self.journal.lock:
            job = self.journal.jobs.get(job_id)
            if job is None:
                return _error(404, "NOT_FOUND", "The CustomJob does not exist.")
            if self.journal.script.is_due(_trained_name(job), "cancel-error"):
                return _error(503, "UNAVAILABLE", "Try again.")
            if self.journal.script.is_due(_trained_name(job), "cancel-refused"):
                return _error(400, "INVALID_ARGUMENT", "Not like this.")
            if _is_ended(job):
                return _error(400, "FAILED_PRECONDITION", "The CustomJob has ended.")
            job["state"] = "JOB_STATE_CANCELLING"
            return jsonify({})


def _end(job: Json, told: dict[str, int]) -> None:
    state, error = "SUCCEEDED", None
    if "failed" in told:
        state, error = "FAILED", {"code": 5, "message": "The base model is not there."}
    elif "rejected" in told:
        state, error = "FAILED", {"code": 3, "message": "The machine type has no such GPU."}
    elif "exit" in told:
        state, error = "FAILED", {"code": 3, "message": _EXIT.format(told["exit"])}
    elif "no-machine" in told:
        state, error = "FAILED", {"code": 3, "message": _NO_MACHINE}
    elif "no-rights" in told:
        state, error = "FAILED", {"code": 7, "message": "Permission denied on the image."}
    elif "cancelled" in told:
        state, error = "CANCELLED", {"code": 1, "message": "CANCELED"}
    elif "expired" in told:
        state = "EXPIRED"
    elif "partly" in told:
        state = "PARTIALLY_SUCCEEDED"
    job["state"] = f"JOB_STATE_{state}"
    if error:
        job["error"] = error


def _is_ended(job: Json) -> bool:
    return str(job["state"]).removeprefix("JOB_STATE_") in _ENDED


def _what_is_wrong(job: Json) -> str:
    """Checks the body by the SDK's own message, which refuses unknown fields and wrong types, and the fields
    that we send by the rules of the API's reference; empty where all are right."""
    # Seconds, which a server that trains nothing spares.
    from google.cloud.aiplatform_v1.types import CustomJob  # noqa: PLC0415
    from google.protobuf.json_format import ParseDict, ParseError  # noqa: PLC0415

    read = CustomJob.pb(CustomJob())
    try:
        ParseDict(job, read)
    except ParseError as error:
        return f"Invalid JSON payload received. {error}"
    spec = job.get("jobSpec", {})
    if not 0 < len(job.get("displayName", "")) <= 128:
        return "displayName has 1 to 128 characters."
    labels = job.get("labels", {})
    if not all(_LABEL.fullmatch(text) for pair in labels.items() for text in pair):
        return "A label is not valid."
    pools = spec.get("workerPoolSpecs", [])
    if not pools or not all(pool.get("containerSpec", {}).get("imageUri") for pool in pools):
        return "A worker pool has no container."
    for pool in read.job_spec.worker_pool_specs:
        if wrong := _wrong_machine(pool.machine_spec):
            return wrong
    if not re.fullmatch(r"\d+s", spec.get("scheduling", {}).get("timeout", "1s")):
        return "timeout is not a duration."
    directory = spec.get("baseOutputDirectory", {}).get("outputUriPrefix", "gs://")
    return "" if directory.startswith("gs://") else "outputUriPrefix is not in Cloud Storage."


def _wrong_machine(machine: Any) -> str:
    """`machine` is the API's MachineSpec; empty where it is right."""
    from google.cloud.aiplatform_v1.types import AcceleratorType  # noqa: PLC0415

    shape = _MACHINE.fullmatch(machine.machine_type)
    accelerators = read_facts().trainings.accelerators
    if shape is None or shape[1] not in accelerators:
        return f"Machine type {machine.machine_type!r} is not supported."
    wanted, gpus = machine.accelerator_type, machine.accelerator_count  # by its number
    fitting = [int(getattr(AcceleratorType, name)) for name in accelerators[shape[1]]]
    if wanted and (wanted not in fitting or gpus < 1):
        return f"Machine type {machine.machine_type!r} cannot have {gpus} of accelerator {wanted}."
    return ""


def _trained_name(job: Json) -> str:
    arguments = job["jobSpec"]["workerPoolSpecs"][0]["containerSpec"].get("args", [])
    return next((a.removeprefix("--name=") for a in arguments if a.startswith("--name=")), "")


def _wire(job: Json) -> Json:
    """With numbers for enums where the caller asks for them (`$alt=json;enum-encoding=int`)."""
    if "enum-encoding=int" in request.args.get("$alt", ""):
        return job | {"state": _STATES[job["state"]]}
    return job


def _show(job: Json) -> Response:
    return jsonify(_wire(job))


def _error(code: int, status: str, message: str, headers: dict[str, str] | None = None) -> Response:
    answer = jsonify(error={"code": code, "status": status, "message": message})
    answer.status_code = code
    answer.headers.update(headers or {})
    return answer


def _reset() -> Response:
    """Ends the connection in the middle. The response that is returned reaches nobody."""
    connection = request.environ["werkzeug.socket"]
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.shutdown(socket.SHUT_RDWR)
    return Response(status=500)
