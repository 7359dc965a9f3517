"""The platform: Firestore, Storage and Tasks emulators, events, a server for each function."""

from __future__ import annotations

import base64
import json
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from bench.processes import Processes
from tools.firebase import PROJECT, REGION, client_environment
from tools.ports import HOST, Ports, read_ports, refuse_busy
from tools.setup import FUNCTIONS_VENV, ROOT

HERE = Path(__file__).parent
EMULATORS = ("functions", "firestore", "storage", "tasks")


@dataclass(frozen=True)
class Served:
    """A function and the file that it is served from. `trigger` says of which documents it gets events,
    `hears` of which kind of change."""

    name: str
    source: Path
    trigger: str | None = None
    hears: str = "written"


HELD = 0.0001  # dispatches a second: none, in a run of minutes
ANSWER_LIMIT_S = 30.0
PRODUCT = HERE / "served" / "product.py"
FLOOR = HERE / "served" / "floor.py"
GENERATE = Served("generateImage", PRODUCT)
API = Served("api", PRODUCT)
SUBMIT_BATCH = Served("submitBatch", PRODUCT)
BATCHES = Served("batches", PRODUCT)
SEARCH = Served("searchGenerations", PRODUCT)
RUN = Served("runLocalImage", PRODUCT)
RUN_FREE = Served("runLocalImageFree", PRODUCT)
SETTLE = Served("onViewUpdated", PRODUCT, "generations/{uid}/{kind}/{jobId}", "updated")
FLOOR_ACCEPT = Served("floorAccept", FLOOR)
FLOOR_START = Served("floorStart", FLOOR)
FLOOR_WORK = Served("floorWork", FLOOR)
SAFE_START = Served("safeStart", FLOOR)
SAFE_WORK = Served("safeWork", FLOOR)
FLOOR_REACT = Served("floorReact", FLOOR, trigger="floor/{id}")
TRIGGERS = (SETTLE, FLOOR_REACT)


@dataclass
class Platform:
    """Running emulators and the functions that are served on them, by name and port."""

    processes: Processes
    ports: Ports = field(default_factory=lambda: read_ports(ROOT / "firebase.json"))
    addresses: dict[str, int] = field(default_factory=dict)
    triggers: Sequence[Served] = TRIGGERS
    rules: Path = ROOT / "firestore.rules"

    def start_emulators(self) -> None:
        used = {name: self.ports[name] for name in EMULATORS}
        refuse_busy(used, ROOT / "firebase.json")
        self.addresses = {trigger.name: _free_port() for trigger in self.triggers}
        settings = {
            "host": HOST,
            "project": PROJECT,
            # Nothing listens where the functions emulator would; events are sent there instead.
            "ports": {**used, "events": used["functions"]},
            "firestore_rules": str(self.rules),
            "storage_rules": str(ROOT / "storage.rules"),
            "triggers": {name: f"http://{HOST}:{port}/" for name, port in self.addresses.items()},
        }
        command = ["node", str(HERE / "emulators.js"), json.dumps(settings)]
        self.processes.start("emulators", command, {})
        log = self.processes.log("emulators")
        self.processes.wait_until(lambda: "emulators ready" in log.read_text(), "emulators")

    def serve(self, *functions: Served, environment: Mapping[str, str] | None = None) -> None:
        """Serves each function in a server of its own, as Cloud Run functions does."""
        for function in functions:
            port = self.addresses.setdefault(function.name, _free_port())
            kind = "cloudevent" if function.trigger else "http"
            command = [
                str(FUNCTIONS_VENV / "bin" / "functions-framework"),
                *("--source", str(function.source), "--target", function.name),
                *("--signature-type", kind, "--host", HOST, "--port", str(port)),
            ]
            variables = {**self.environment(), **(environment or {})}
            self.processes.start(function.name, command, variables)
        for function in functions:
            self.processes.wait_until(lambda f=function: self._answers(f), function.name)  # type: ignore[misc]

    def stop(self, *functions: Served) -> None:
        for function in functions:
            self.processes.stop(function.name)

    def environment(self) -> dict[str, str]:
        """The variables that the platform sets for a function, and those that are deployed with it."""
        return (
            client_environment(self.ports)
            | _deployed()
            | {
                "PYTHONPATH": f"{ROOT / 'functions'}:{ROOT}",
                "K_REVISION": "bench",
            }
        )

    def make_queue(
        self, function: Served, dispatches_per_s: float, dispatches_at_once: int = 20
    ) -> None:
        """Makes the queue of a task function anew, empty. A rate near 0 holds its tasks, until
        `set_rate`."""
        queue = {
            "rateLimits": {
                "maxConcurrentDispatches": dispatches_at_once,
                "maxDispatchesPerSecond": dispatches_per_s,
            },
            # Short: no task fails here, but one may meet a server's closing connection.
            "retryConfig": {"maxAttempts": 10, "minBackoffSeconds": 0.1},
            "defaultUri": f"http://{HOST}:{self.addresses.get(function.name, 0)}/",
        }
        self._post("tasks", _queue_path(function.name), queue)

    def set_rate(self, function: Served, dispatches_per_s: float) -> None:
        self._post("functions", "/rate", {"queue": _queue_key(function), "rate": dispatches_per_s})

    def tasks_waiting(self, function: Served) -> int:
        url = f"http://{HOST}:{self.ports['tasks']}/queueStats"
        stats = httpx.get(url, timeout=ANSWER_LIMIT_S, trust_env=False).raise_for_status().json()
        count: int = stats[_queue_key(function)]["numberOfTasks"]
        return count

    def keep_tasks_emulator_awake(self) -> None:
        """An idle tasks emulator looks for work once a second, which would hide what is measured.
        While one task is running it looks all the time, for 3 % of a core. This one runs for half an
        hour."""
        awake = Served("awake", Path())
        self.make_queue(awake, dispatches_per_s=500)
        url = f"http://{HOST}:{self.ports['functions']}/never"
        request = {"url": url, "body": base64.b64encode(b"{}").decode(), "headers": {}}
        task = {"task": {"httpRequest": request, "dispatchDeadline": "1800s"}}
        self._post("tasks", f"{_queue_path('awake')}/tasks", task)

    def add_triggers(self) -> None:
        """From here on, document changes are sent to their functions."""
        for function in self.triggers:
            trigger = {
                "eventType": f"google.cloud.firestore.document.v1.{function.hears}",
                "database": "(default)",
                "namespace": "(default)",
                "document": {"value": function.trigger, "matchType": "PATH_PATTERN"},
            }
            path = f"/emulator/v1/projects/{PROJECT}/eventarcTrigger"
            self._post("firestore", f"{path}?eventarcTriggerId={function.name}", trigger)

    def deliver_events(self, times: int) -> None:
        """From here on, each event is delivered so often, at once: Eventarc promises at least once."""
        self._post("functions", "/times", {"times": times})

    def events_refused(self) -> int:
        """How many events a function has answered with an error since the start."""
        return self.processes.log("emulators").read_text().count("event refused")

    def _post(self, emulator: str, path: str, body: object) -> None:
        url = f"http://{HOST}:{self.ports[emulator]}{path}"
        httpx.post(url, json=body, timeout=ANSWER_LIMIT_S, trust_env=False).raise_for_status()

    def _answers(self, function: Served) -> bool:
        try:
            url = f"http://{HOST}:{self.addresses[function.name]}/robots.txt"
            return bool(httpx.get(url, trust_env=False).status_code)
        except httpx.TransportError:
            return False


def _deployed() -> dict[str, str]:
    """The variables of `functions/.env`."""
    lines = (ROOT / "functions" / ".env").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def _queue_path(name: str) -> str:
    return f"/projects/{PROJECT}/locations/{REGION}/queues/{name}"


def _queue_key(function: Served) -> str:
    return f"queue:{PROJECT}-{REGION}-{function.name}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
