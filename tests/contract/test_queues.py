"""The Queues port on Cloud Tasks' REST interface, which a local server speaks, and on the emulator's
statistics."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from mediaforge.adapters.queues import CloudQueues, EmulatedQueues
from mediaforge.domain.errors import BusyError, IllegalStateError, NotFoundError
from mediaforge.ports.queues import QueueSeen

# A queue as `projects.locations.queues.list` of v2beta3 answers it: 64-bit numbers are text, and what is 0 is
# left out (https://cloud.google.com/tasks/docs/reference/rest/v2beta3/projects.locations.queues).
PARENT = "projects/shop/locations/us-central1"
QUEUES = [
    {
        "name": f"{PARENT}/queues/runVertexImage",
        "state": "RUNNING",
        "rateLimits": {"maxDispatchesPerSecond": 7.7, "maxConcurrentDispatches": 154},
        "stats": {"tasksCount": "31", "executedLastMinuteCount": "420"},
    },
    {
        "name": f"{PARENT}/queues/batches",
        "state": "PAUSED",
        "rateLimits": {"maxDispatchesPerSecond": 50, "maxConcurrentDispatches": 50},
        "stats": {},
    },
]


@dataclass
class Service:
    """What was asked, and what is answered: one queue a page, and each state that a verb leads to."""

    status: int = 200
    asked: list[str] = field(default_factory=list)
    states: dict[str, str] = field(default_factory=dict)
    url: str = ""


@contextmanager
def served(service: Service, statistics: object = None) -> Iterator[Service]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            address = urlsplit(self.path)
            service.asked.append(self.path)
            if address.path == "/queueStats":
                return self.answer(200, statistics)
            sent = parse_qs(address.query)
            if address.path != f"/v2beta3/{PARENT}/queues" or "stats" not in sent["readMask"][0]:
                return self.answer(404, {})
            page = int(sent.get("pageToken", ["0"])[0])
            more = {"nextPageToken": str(page + 1)} if page + 1 < len(QUEUES) else {}
            return self.answer(service.status, {"queues": [QUEUES[page]], **more})

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            service.asked.append(self.path)
            name, _, verb = self.path.rpartition("/")[2].partition(":")
            if name not in {each["name"].rpartition("/")[2] for each in QUEUES}:  # type: ignore[attr-defined]
                return self.answer(404, {})
            service.states[name] = verb
            return self.answer(service.status, {})

        def answer(self, status: int, body: object) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    service.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def service() -> Iterator[Service]:
    with served(Service()) as service:
        yield service


def cloud(service: Service) -> CloudQueues:
    session = requests.Session()
    session.trust_env = False
    return CloudQueues(session, "shop", "us-central1", service.url)


def test_every_page_of_queues_is_read_with_what_is_in_them(service: Service) -> None:
    assert cloud(service).seen() == [
        QueueSeen("batches", "paused", 0, 50, 50, 0),
        QueueSeen("runVertexImage", "running", 31, 7.7, 154, 420),
    ]
    assert len(service.asked) == 2


@pytest.mark.parametrize("verb", ["pause", "resume", "purge"])
def test_a_queue_is_told_by_its_verb(service: Service, verb: str) -> None:
    getattr(cloud(service), verb)("batches")
    assert service.states == {"batches": verb}
    with pytest.raises(NotFoundError):
        getattr(cloud(service), verb)("nothing")


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, IllegalStateError), (403, IllegalStateError), (429, BusyError), (500, BusyError)],
)
def test_what_cloud_tasks_refuses_is_named(
    service: Service, status: int, error: type[Exception]
) -> None:
    service.status = status
    with pytest.raises(error):
        cloud(service).pause("batches")
    with pytest.raises(error):
        cloud(service).seen()


def test_no_answer_is_busy() -> None:
    with served(Service()) as service:
        queues = cloud(service)
    with pytest.raises(BusyError):
        queues.seen()
    with pytest.raises(BusyError):
        EmulatedQueues(service.url.removeprefix("http://")).seen()


def test_the_emulator_s_statistics_are_read_and_nothing_of_it_is_stopped() -> None:
    statistics = {
        "queue:demo-mediaforge-us-central1-runLocalImage": {
            "numberOfTasks": 3,
            "completedLastMin": 2,
            "maxRate": 500,
            "maxConcurrent": 20,
            "runningTasks": 20,
        }
    }
    with served(Service(), statistics) as service:
        queues = EmulatedQueues(service.url.removeprefix("http://"))
        assert queues.seen() == [QueueSeen("runLocalImage", "running", 3, 500, 20, 2)]
        for verb in ("pause", "resume", "purge"):
            with pytest.raises(IllegalStateError):
                getattr(queues, verb)("runLocalImage")
