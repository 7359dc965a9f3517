"""What is too large costs a served function next to nothing, whoever sends it and however."""

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mediaforge.entrypoints.doors import BODY_BYTES_MAX, DEPTH_MAX

FUNCTIONS = Path(__file__).parents[2] / "functions"
MIB = 1024 * 1024
PIECE = b"[]," * (64 * 1024 // 3)
START_LIMIT_S = 60


@dataclass(frozen=True)
class Served:
    """A function in a process of its own, served as it is deployed."""

    port: int
    pid: int

    def send(
        self, size: int, *, says_its_length: bool = True, method: str = "POST"
    ) -> tuple[int, Any]:
        """`{"data":[[],[],…]}` of that size, written bit by bit and to the end; then the answer's status and
        body. Who is hung up on before the end may hear nothing."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            connection.putrequest(method, "/")
            connection.putheader("Content-Type", "application/json")
            named = ("Content-Length", str(size)), ("Transfer-Encoding", "chunked")
            connection.putheader(*named[not says_its_length])
            connection.endheaders()
            for piece in pieces(size):
                chunk = b"%x\r\n%b\r\n" % (len(piece), piece)
                connection.send(piece if says_its_length else chunk)
            if not says_its_length:
                connection.send(b"0\r\n\r\n")
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())

    @contextlib.contextmanager
    def grows_less_than(self, limit: int) -> Iterator[None]:
        """At its highest, whatever it gives back."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5", encoding="ascii")
        before = self._peak_bytes()
        yield
        assert self._peak_bytes() - before < limit

    def _peak_bytes(self) -> int:
        lines = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii").splitlines()
        (line,) = (line for line in lines if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024


def pieces(size: int) -> Iterator[bytes]:
    first, last = b'{"data":[', b"[]]}"
    yield first
    left = size - len(first) - len(last)
    while left > 0:
        yield PIECE[:left]
        left -= len(PIECE)
    yield last


@contextlib.contextmanager
def serve(function: str) -> Iterator[Served]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    framework = "from functions_framework._cli import _cli; _cli()"
    options = ["--source", "main.py", "--target", function, "--port", str(port)]
    server = subprocess.Popen(
        [sys.executable, "-c", framework, *options, "--host", "127.0.0.1"],
        cwd=FUNCTIONS,
        env={
            "PATH": os.environ["PATH"],
            "GCLOUD_PROJECT": "demo-mediaforge",
            "FIRESTORE_EMULATOR_HOST": "127.0.0.1:1",  # nobody is there, and nobody is asked
        },
    )
    try:
        yield Served(port, worker_of(server, port))
    finally:
        server.terminate()
        server.wait()


@pytest.fixture(scope="module")
def catalog() -> Iterator[Served]:
    with serve("getCatalog") as served:
        served.send(64)  # what the first request loads is no part of what a body costs
        yield served


def worker_of(server: subprocess.Popen[bytes], port: int) -> int:
    """The process that answers, once it does."""
    for _ in range(START_LIMIT_S * 10):
        assert server.poll() is None
        children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text(
            encoding="ascii"
        )
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.1):
            if children:
                return int(children.split()[0])
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(0.1)
    raise AssertionError("it did not start")


@pytest.mark.parametrize("says_its_length", [True, False], ids=["declared", "chunked"])
@pytest.mark.parametrize("size", [9 * MIB, 29 * MIB], ids=["9 MiB", "29 MiB"])
def test_a_body_of_brackets_is_refused_before_it_is_parsed(
    catalog: Served, size: int, says_its_length: bool
) -> None:
    """Nine megabytes were half a gigabyte of lists, and twenty-nine the end of the instance."""
    catalog.send(BODY_BYTES_MAX + 1, says_its_length=says_its_length)  # what is made once, is made
    with catalog.grows_less_than(8 * MIB):
        status, answer = catalog.send(size, says_its_length=says_its_length)
    assert (status, answer["error"]["status"]) == (400, "INVALID_ARGUMENT")
    limits = {"bytesMax": BODY_BYTES_MAX, "depthMax": DEPTH_MAX}
    assert answer["error"]["details"] == {"reason": "request-too-large", **limits}


def test_the_largest_that_is_parsed_costs_little(catalog: Served) -> None:
    with catalog.grows_less_than(24 * MIB):
        status, answer = catalog.send(BODY_BYTES_MAX)
    assert (status, answer["error"]["details"]["reason"]) == (400, "invalid-request")


def test_the_body_of_what_is_no_call_is_not_read(catalog: Served) -> None:
    """What a function leaves, functions-framework would read to its end."""
    catalog.send(0, method="PUT")
    with catalog.grows_less_than(8 * MIB):
        status, answer = catalog.send(29 * MIB, method="PUT")
    assert (status, answer["error"]["details"]["reason"]) == (400, "invalid-request")


@pytest.mark.parametrize(
    ("function", "status", "reason"),
    [
        ("stripeWebhook", 413, "request-too-large"),
        ("jobWebhook", 400, "invalid-request"),
        ("runVertexImage", 200, None),
    ],
)
def test_nobody_else_reads_it_either(function: str, status: int, reason: str | None) -> None:
    """A task that is none is answered with 200, so that it is not delivered again."""
    with serve(function) as served:
        for says_its_length in (True, False):
            served.send(2 * MIB, says_its_length=says_its_length)
            with served.grows_less_than(8 * MIB):
                answered, answer = served.send(29 * MIB, says_its_length=says_its_length)
            assert (answered, answer.get("reason")) == (status, reason)
