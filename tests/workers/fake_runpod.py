"""RunPod as its worker sees it: where it takes jobs, tells progress, hears of cancellations, ends them."""

import json
import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PROGRESS_TAKES_S = 0.3  # a busy RunPod: long enough for a result to overtake
HELD_S = 0.5  # how long a question for which there is nothing yet is held open
REST_S = 120


class FakeRunPod:
    def __init__(self) -> None:
        self.jobs: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self.stops: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.told: queue.SimpleQueue[tuple[str, dict[str, Any]]] = queue.SimpleQueue()
        self.url = ""

    def environment(self) -> dict[str, str]:
        """What RunPod sets in its containers."""
        return {
            "RUNPOD_WEBHOOK_GET_JOB": f"{self.url}/v2/endpoint/job-take/$ID?gpu=none",
            "RUNPOD_WEBHOOK_POST_OUTPUT": f"{self.url}/v2/endpoint/job-done/$RUNPOD_POD_ID/$ID?gpu=none",
            "RUNPOD_SKIP_AUTO_SYSTEM_CHECKS": "true",
            "RUNPOD_POD_ID": "pod",
        }

    def next_told(self) -> tuple[str, dict[str, Any]]:
        """A job's id with what the worker said of it: progress, or its result."""
        return self.told.get(timeout=REST_S)

    def result_of(self, job_id: str) -> dict[str, Any]:
        """Waits for it, past the progress that is told before."""
        return self.whole_life_of(job_id)[-1]

    def whole_life_of(self, job_id: str) -> list[dict[str, Any]]:
        """All that is told of a job until its result, which is the last; nothing of any other."""
        life: list[dict[str, Any]] = []
        while not life or life[-1].get("status") == "IN_PROGRESS":
            told_of, told = self.next_told()
            assert told_of == job_id, told
            life.append(told)
        return life

    def progress_of(self, job_id: str, minimum: float) -> float:
        while True:
            told_of, told = self.next_told()
            assert told_of == job_id, told
            assert told["status"] == "IN_PROGRESS", told
            if told["output"]["progress"] >= minimum:
                return float(told["output"]["progress"])


@contextmanager
def fake_runpod() -> Iterator[FakeRunPod]:
    fake = FakeRunPod()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if "/job-take/" in self.path:
                self._answer(_next(fake.jobs))
            else:
                job_id = _next(fake.stops)
                self._answer(None if job_id is None else {"jobsToStop": [job_id]})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            said = json.loads(body)
            if said.get("status") == "IN_PROGRESS":
                time.sleep(PROGRESS_TAKES_S)
            fake.told.put((self.path.partition("?")[0].rpartition("/")[2], said))
            self._answer({})

        def _answer(self, body: Any) -> None:
            content = b"" if body is None else json.dumps(body).encode()
            self.send_response(204 if body is None else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _next(things: "queue.SimpleQueue[Any]") -> Any:
    try:
        return things.get(timeout=HELD_S)
    except queue.Empty:
        return None
