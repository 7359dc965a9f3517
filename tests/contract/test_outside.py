"""Addresses that users name: what is refused before anything is connected to, and what an exchange does with
a server that is slow, large, or points elsewhere. The servers are real ones, on this machine; a name leads
where the test says, since no test may ask a real name server."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from standardwebhooks import Webhook

from mediaforge.adapters.outside import HardenedOutside, sign
from mediaforge.domain.errors import AddressRefusedError, UnansweredError
from mediaforge.ports.outside import Fetched, Outside
from tests.memory.outside import MemoryOutside

SAYS_NOTHING = threading.Event()  # never set: who waits for it waits until the test is over


class Server(ThreadingHTTPServer):
    """What came, and what is answered to it."""

    daemon_threads = True

    def __init__(self, answer: "Callable[[Handler], None]") -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer = answer
        self.heard: list[tuple[str, dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook"

    def handle_error(self, *_: Any) -> None:
        """A client that has gone is no error of the test's."""


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.server.heard.append((self.path, dict(self.headers.items()), body))
        self.server.answer(self)

    do_GET = do_POST  # noqa: N815 - the name that the base looks for

    def log_message(self, *_: Any) -> None:
        pass


def answering(status: int, body: bytes = b"", **headers: str) -> Callable[[Handler], None]:
    def answer(handler: Handler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


@contextmanager
def server(answer: Callable[[Handler], None]) -> Iterator[Server]:
    with Server(answer) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield running
        finally:
            running.shutdown()
            thread.join()


HERE = HardenedOutside(allows_loopback=True, send_limit_s=2, fetch_limit_s=2)
DEPLOYED = HardenedOutside()


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Where each name leads: to the first of these at the first look-up, and so on; the last one stays. No
    other name is looked up, and numbers are taken as the system takes them."""
    leads: dict[str, list[str]] = {}
    system = socket.getaddrinfo

    def look_up(host: Any, port: Any, *given: Any, **named: Any) -> Any:
        if host not in leads:
            named["flags"] = socket.AI_NUMERICHOST
            return system(host, port, *given, **named)
        now = leads[host][0]
        leads[host] = leads[host][1:] or [now]
        return system(now, port, *given, **named)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return leads


@pytest.fixture
def dialled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Who is connected to: nobody really is."""
    tried: list[str] = []

    def connect(_: socket.socket, address: Any) -> None:
        tried.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", connect)
    return tried


# Each leads, in one way of writing or another, into a network that is not open to everybody.
INNER = {
    "loopback": "https://127.0.0.1/",
    "loopback elsewhere": "https://127.8.8.8/",
    "this host": "https://0.0.0.0/",
    "private 10": "https://10.0.0.1/",
    "private 172": "https://172.16.0.1:8443/",
    "private 192": "https://192.168.1.1/",
    "shared (CGNAT)": "https://100.64.0.1/",
    "link-local": "https://169.254.1.1/",
    "metadata": "https://169.254.169.254/computeMetadata/v1/",
    "benchmarks": "https://198.18.0.1/",
    "multicast": "https://224.0.0.1/",
    "broadcast": "https://255.255.255.255/",
    "decimal": "https://2130706433/",
    "decimal metadata": "https://2852039166/",
    "octal": "https://0177.0.0.1/",
    "hexadecimal": "https://0x7f.0.0.1/",
    "hexadecimal whole": "https://0xa9fea9fe/",
    "short": "https://127.1/",
    "IPv6 loopback": "https://[::1]/",
    "IPv6 unspecified": "https://[::]/",
    "IPv6 private (ULA)": "https://[fd00:ec2::254]/",
    "IPv6 link-local": "https://[fe80::1]/",
    "IPv6 site-local": "https://[fec0::1]/",
    "IPv4 mapped": "https://[::ffff:169.254.169.254]/",
    "IPv4 mapped in hexadecimal": "https://[::ffff:7f00:1]/",
    "IPv4 compatible": "https://[::127.0.0.1]/",
    "NAT64": "https://[64:ff9b::a9fe:a9fe]/",
    "NAT64 of a network's own": "https://[64:ff9b:1::a00:1]/",
    "6to4": "https://[2002:7f00:1::]/",
    "Teredo": "https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/",
    "IPv6 multicast": "https://[ff02::1]/",
}
NAMED_INNER = {
    "name of loopback": "127.0.0.1",
    "name of the metadata server": "169.254.169.254",
    "name of a private network": "10.1.2.3",
    "name of an IPv6 network": "fd12::1",
}
WRONG = {
    "http": "http://example.com/",
    "another scheme": "ftp://example.com/",
    "a file": "file:///etc/passwd",
    "no scheme": "example.com/hook",
    "no host": "https:///hook",
    "another port": "https://example.com:8080/",
    "port 0": "https://example.com:0/",
    "no port": "https://example.com:x/",
    "a user": "https://user@example.com/",
    "a user like a host": "https://example.com@10.0.0.1/",
    "a password": "https://user:word@example.com/",
    "a fragment": "https://example.com/#@10.0.0.1/",
    "a backslash": "https://example.com\\@10.0.0.1/",
    "a space": "https://example.com/ HTTP/1.1",
    "a line": "https://example.com/\r\nX-Header: 1",
    "other digits": "https://①⑥⑨.254.169.254/",
    "broken brackets": "https://[::1/",
}
ACTS: dict[str, Callable[[Outside, str], object]] = {
    "registration": lambda outside, url: outside.check(url),
    "delivery": lambda outside, url: outside.send(url, {}, b"{}"),
    "fetch": lambda outside, url: outside.fetch(url, 10),
}
each_act = pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)


@each_act
@pytest.mark.parametrize("url", [*INNER.values(), *WRONG.values()], ids=[*INNER, *WRONG])
def test_an_inner_or_a_wrong_address_is_refused_and_nobody_is_connected_to(
    names: dict[str, list[str]], dialled: list[str], url: str, act: Callable[[Outside, str], object]
) -> None:
    with pytest.raises(AddressRefusedError):
        act(DEPLOYED, url)
    assert dialled == []


@each_act
@pytest.mark.parametrize("leads", NAMED_INNER.values(), ids=NAMED_INNER)
def test_a_name_that_leads_inside_is_refused(
    names: dict[str, list[str]],
    dialled: list[str],
    leads: str,
    act: Callable[[Outside, str], object],
) -> None:
    names["inner.example.com"] = [leads]
    with pytest.raises(AddressRefusedError, match="not open to everybody"):
        act(DEPLOYED, "https://inner.example.com/")
    assert dialled == []


@each_act
def test_where_loopback_is_allowed_other_inner_networks_are_not(
    names: dict[str, list[str]], dialled: list[str], act: Callable[[Outside, str], object]
) -> None:
    for url in ("https://10.0.0.1/", "http://169.254.169.254/", "http://93.184.215.14/"):
        with pytest.raises(AddressRefusedError):
            act(HERE, url)
    assert dialled == []


@pytest.mark.parametrize(
    "url", ["https://93.184.215.14/", "https://[2606:2800:21f:cb07::1]:8443/x?y=z"]
)
def test_what_is_open_to_everybody_is_connected_to_by_its_number(
    names: dict[str, list[str]], dialled: list[str], url: str
) -> None:
    DEPLOYED.check(url)
    assert dialled == []
    with pytest.raises(UnansweredError):
        DEPLOYED.send(url, {}, b"{}")
    assert len(dialled) == 1
    assert dialled[0] in url


def test_what_was_checked_is_what_is_connected_to(
    names: dict[str, list[str]], dialled: list[str]
) -> None:
    """Rebinding: the name leads to an open address when it is looked at, and inside right after."""
    names["rebind.example.com"] = ["93.184.215.14", "169.254.169.254"]
    with pytest.raises(UnansweredError):
        DEPLOYED.send("https://rebind.example.com/", {}, b"{}")
    assert dialled == ["93.184.215.14"]
    with pytest.raises(AddressRefusedError):
        DEPLOYED.send("https://rebind.example.com/", {}, b"{}")
    assert dialled == ["93.184.215.14"]


def test_a_name_that_nobody_knows_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    for act in ACTS.values():
        with pytest.raises(UnansweredError, match="could not be looked up"):
            act(DEPLOYED, "https://nobody.example.com/")


# ---- an exchange -------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 204, 400, 410, 500])
def test_a_message_arrives_whole_and_its_status_is_answered(status: int) -> None:
    body = '{"prompt": "café 🌆"}'.encode()
    with server(answering(status)) as hook:
        headers = {"webhook-id": "m1", "Content-Type": "application/json"}
        assert HERE.send(hook.url, headers, body) == status
        ((path, heard, got),) = hook.heard
    assert (path, got) == ("/hook", body)
    assert heard["webhook-id"] == "m1"
    assert heard["Content-Type"] == "application/json"


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with server(answering(204)) as hook:
        assert HERE.send(hook.url, {}, b"{}") == 204


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(status: int) -> None:
    with server(answering(204)) as other:
        for to in (other.url, "http://169.254.169.254/computeMetadata/v1/"):
            with server(answering(status, Location=to)) as hook:
                assert HERE.send(hook.url, {}, b"{}") == status
                with pytest.raises(UnansweredError, match=str(status)):
                    HERE.fetch(hook.url, 10)
        assert other.heard == []


def test_of_an_answer_to_a_message_the_body_is_not_read() -> None:
    done = threading.Event()

    def for_ever(handler: Handler) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b"x" * 65536)
        except OSError:
            done.set()

    with server(for_ever) as hook:
        assert HERE.send(hook.url, {}, b"{}") == 200
        assert done.wait(30)


def drip(handler: Handler) -> None:
    """A byte now and then, each in time, and never all of them."""
    try:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        while not SAYS_NOTHING.wait(0.1):
            handler.wfile.write(b"x")
            handler.wfile.flush()
    except OSError:
        return


def drip_a_body(handler: Handler) -> None:
    handler.send_response(200)
    handler.end_headers()
    try:
        while not SAYS_NOTHING.wait(0.1):
            handler.wfile.write(b"x")
            handler.wfile.flush()
    except OSError:
        return


@pytest.mark.parametrize("answer", [drip, drip_a_body])
def test_the_time_limit_is_one_of_the_whole_exchange(answer: Callable[[Handler], None]) -> None:
    begun = time.monotonic()
    with server(answer) as hook:
        with pytest.raises(UnansweredError, match="in time"):
            HERE.fetch(hook.url, 1_000_000)
        assert time.monotonic() - begun < 60
        if answer is drip:
            with pytest.raises(UnansweredError, match="in time"):
                HERE.send(hook.url, {}, b"{}")


def test_a_server_that_is_not_there_or_breaks_off_is_said_in_our_words() -> None:
    with server(answering(204)) as gone:
        url = gone.url
    with pytest.raises(UnansweredError, match="could not be reached"):
        HERE.send(url, {}, b"{}")

    def break_off(handler: Handler) -> None:
        handler.connection.shutdown(socket.SHUT_RDWR)

    with server(break_off) as hook, pytest.raises(UnansweredError) as broken:
        HERE.send(hook.url, {}, b"{}")
    assert "127.0.0.1" not in broken.value.message


# ---- fetching ----------------------------------------------------------------------------------------


def test_what_is_fetched_has_its_type_without_parameters() -> None:
    answer = answering(200, b"picture", Content_Type="Image/PNG; charset=x")
    with server(answer) as pages:
        assert HERE.fetch(pages.url, 7) == Fetched(b"picture", "image/png")
        assert pages.heard[0][1]["Accept-Encoding"] == "identity"
    with server(answering(200, b"x")) as pages:
        assert HERE.fetch(pages.url, 7) == Fetched(b"x", "")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (answering(404), "404"),
        (answering(204), "204"),
        (answering(200, b"12345678"), "more than 7 bytes"),
        (answering(200, b"x", Content_Encoding="gzip"), "compressed"),
        (answering(200, b"x", Content_Length="5"), "broke off"),
    ],
)
def test_what_cannot_be_used_is_said_so(answer: Callable[[Handler], None], said: str) -> None:
    with server(answer) as pages, pytest.raises(UnansweredError, match=said):
        HERE.fetch(pages.url, 7)


def test_the_twin_in_memory_answers_alike() -> None:
    pages = {"https://a.example/": Fetched(b"picture", "image/png")}
    memory = MemoryOutside(inner={"inner.example"}, pages=pages, answers=[500])
    assert memory.send("https://a.example/", {}, b"{}") == 500
    assert memory.fetch("https://a.example/", 7).content == b"picture"
    for refused in ("https://a.example/", "https://b.example/"):
        with pytest.raises(UnansweredError):
            memory.fetch(refused, 6)
    for act in ACTS.values():
        with pytest.raises(AddressRefusedError):
            act(memory, "https://inner.example/")


# ---- signatures --------------------------------------------------------------------------------------

SECRETS = ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_" + "YWJj" * 10)


def test_a_signature_is_verified_by_the_public_library_with_either_secret() -> None:
    now, body = datetime.now(UTC), '{"type": "job.completed", "café": 1}'.encode()
    headers = dict(sign(SECRETS, "m1", now, body))
    for secret in SECRETS:
        assert Webhook(secret).verify(body, headers) == {"type": "job.completed", "café": 1}
    assert headers["webhook-signature"].count("v1,") == 2


def test_the_moment_is_what_it_is_wherever_it_was_read() -> None:
    now = datetime.now(UTC)
    elsewhere = now.astimezone(timezone(timedelta(hours=-5)))
    assert sign(SECRETS, "m1", now, b"{}") == sign(SECRETS, "m1", elsewhere, b"{}")


def test_the_example_of_the_standard_is_signed_as_it_says() -> None:
    """https://github.com/standard-webhooks/standard-webhooks, "Test vectors" of its libraries."""
    moment = datetime.fromtimestamp(1614265330, UTC)
    headers = sign(SECRETS[:1], "msg_p5jXN8AQM9LWM0D4loKWxJek", moment, b'{"test": 2432232314}')
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
