"""The ticker calls a schedule as the emulator lets it, and survives what the emulator does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from tools.functions import Function
from tools.ticker import Schedule

SWEEP = Function("sweepJobs", "us-central1", has_address=False, is_scheduled=True, is_task=False)
BASE = "/demo-mediaforge/us-central1/sweepJobs"


class Emulator(BaseHTTPRequestHandler):
    """Answers as the functions emulator does: earlier generations are there but disabled."""

    paths: ClassVar[list[str]]
    generation: ClassVar[int]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.paths.append(self.path)
        asked = int(self.path.rpartition("-")[2])
        current = self.generation
        self.send_response(200 if asked == current else 204 if asked < current else 404)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Nothing: the tests look at the paths."""


@pytest.fixture
def emulator() -> Iterator[ThreadingHTTPServer]:
    Emulator.paths, Emulator.generation = [], 0
    with ThreadingHTTPServer(("127.0.0.1", 0), Emulator) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_schedule_is_called_at_its_generation(emulator: ThreadingHTTPServer) -> None:
    Schedule(emulator.server_port, SWEEP).call()

    assert Emulator.paths == [f"{BASE}-0"]


@pytest.mark.parametrize("generation", [1, 2, 7])
def test_a_new_generation_is_found_at_once_and_kept(
    emulator: ThreadingHTTPServer, generation: int
) -> None:
    schedule = Schedule(emulator.server_port, SWEEP)
    Emulator.generation = generation
    for _ in range(2):
        schedule.call()

    assert Emulator.paths[-2:] == [f"{BASE}-{generation}", f"{BASE}-{generation}"]


def test_a_reloaded_emulator_is_found_again(emulator: ThreadingHTTPServer) -> None:
    schedule = Schedule(emulator.server_port, SWEEP)
    Emulator.generation = 3
    schedule.call()
    Emulator.generation = 0
    for _ in range(2):
        schedule.call()

    assert Emulator.paths[-2:] == [f"{BASE}-0", f"{BASE}-0"]


def test_a_call_that_fails_is_reported_and_no_more(capsys: pytest.CaptureFixture[str]) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Emulator) as server:
        port = server.server_port

    Schedule(port, SWEEP).call()

    assert "sweepJobs did not answer" in capsys.readouterr().out
