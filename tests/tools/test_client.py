"""What the client makes of answers that are no callable's: it says what it got, and repeats only what is
safe. The bodies are those that firebase-tools' functions emulator writes."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tools.client import Addresses, CallError, Client
from tools.functions import BODY_CHARS_MAX, AnswerError, list_functions, list_queues

NO_WORKER = {
    "errno": -111,
    "code": "ECONNREFUSED",
    "syscall": "connect",
    "address": "127.0.0.1",
    "port": 8123,
}
LOST = {"code": "ECONNRESET"}
DONE = {"result": {"available": 5}}


class Emulator:
    """Answers as it was told, in this order; keeps what it was asked."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, bytes]] = []
        self.asked: list[object] = []
        self.port = 0

    def will_answer(self, *bodies: object, status: int = 500) -> None:
        for body in bodies:
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.answers.append((200 if body == DONE else status, content))

    def client(self) -> Client:
        host = f"127.0.0.1:{self.port}"
        return Client(Addresses("demo", f"http://{host}", host, host, "bucket"))


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    emulator = Emulator()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            emulator.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.do_GET()

        def do_GET(self) -> None:
            status, content = emulator.answers.pop(0)
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: object) -> None:
            """Nothing: the tests look at what was asked."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        emulator.port = server.server_port
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield emulator
        server.shutdown()
        thread.join()


@pytest.fixture
def client(emulator: Emulator) -> Iterator[Client]:
    client = emulator.client()
    yield client
    client.close()


def test_an_answer_without_result_or_error_is_shown(emulator: Emulator, client: Client) -> None:
    emulator.will_answer(LOST)

    with pytest.raises(AnswerError, match=r'createTeam answered 500: \{"code": "ECONNRESET"\}'):
        client.call("createTeam", {"name": "North"})


@pytest.mark.parametrize(
    ("status", "body", "shown"),
    [
        (404, b"Function us-central1-x does not exist, valid functions are: y", "does not exist"),
        (204, b"", "nothing"),
        (502, b"\xff\xfe", "\ufffd"),
        (200, b"[1, 2]", r"\[1, 2\]"),
        (500, b'{"error": "boom"}', "boom"),
    ],
)
def test_an_answer_that_is_no_callables_is_shown(
    status: int, body: bytes, shown: str, emulator: Emulator, client: Client
) -> None:
    emulator.will_answer(body, status=status)

    with pytest.raises(AnswerError, match=rf"answered {status}: .*{shown}") as caught:
        client.call("generateImage", {"requestId": "one"})
    assert caught.value.status == status


def test_a_long_answer_is_shortened(emulator: Emulator, client: Client) -> None:
    emulator.will_answer(b"x" * 10_000)

    with pytest.raises(AnswerError) as caught:
        client.call("generateImage", {})
    assert caught.value.body == f"{'x' * BODY_CHARS_MAX}…"


def test_a_call_that_no_worker_had_is_repeated(emulator: Emulator, client: Client) -> None:
    emulator.will_answer(NO_WORKER, NO_WORKER, DONE)

    assert client.call("createTeam", {"name": "North"}) == {"available": 5}
    assert emulator.asked == [{"data": {"name": "North"}}] * 3


def test_a_call_with_a_request_id_is_repeated_where_its_answer_was_lost(
    emulator: Emulator, client: Client
) -> None:
    emulator.will_answer(LOST, DONE)

    assert client.call("grantCredits", {"amount": 5, "requestId": "one"}) == {"available": 5}
    assert emulator.asked == [{"data": {"amount": 5, "requestId": "one"}}] * 2


def test_a_read_is_repeated_where_its_answer_was_lost(emulator: Emulator, client: Client) -> None:
    emulator.will_answer(LOST, DONE)

    assert client.call("getCatalog", {}) == {"available": 5}


def test_a_call_that_may_have_been_done_is_not_repeated(emulator: Emulator, client: Client) -> None:
    emulator.will_answer(LOST, DONE)

    with pytest.raises(AnswerError):
        client.call("generateImage", {"prompt": "a lighthouse"})
    assert len(emulator.asked) == 1


def test_a_call_is_not_repeated_for_ever(emulator: Emulator, client: Client) -> None:
    emulator.will_answer(*[NO_WORKER] * 4, DONE)

    with pytest.raises(AnswerError, match="ECONNREFUSED"):
        client.call("grantCredits", {"requestId": "one"})
    assert len(emulator.asked) == 4


def test_a_refusal_is_a_callables_answer(emulator: Emulator, client: Client) -> None:
    error = {"status": "INTERNAL", "message": "x", "details": {"reason": "y"}, "code": "ECONNRESET"}
    emulator.will_answer({"error": error})

    with pytest.raises(CallError) as refused:
        client.call("grantCredits", {"requestId": "one"})
    assert (refused.value.reason, len(emulator.asked)) == ("y", 1)


@pytest.mark.parametrize("listing", [list_functions, list_queues])
def test_a_listing_that_is_none_is_shown(listing: object, emulator: Emulator) -> None:
    emulator.will_answer(b"Bad Gateway", status=502)

    assert callable(listing)
    with pytest.raises(AnswerError, match="answered 502: Bad Gateway"):
        listing(emulator.port)
