"""RunPod in trouble: each fault's outcome, and how many submissions reached it."""

import time
from collections.abc import Iterator
from inspect import isclass

import httpx
import pytest

from mediaforge.domain.errors import (
    LostError,
    NotAllowedError,
    ProviderError,
    RejectedError,
    ThrottledError,
    UnavailableError,
)
from mediaforge.ports.provider import Finished
from mediaforge.providers.operator import Asked
from mediaforge.providers.runpod.errors import as_provider_error
from mediaforge.providers.runpod.provider import RunPodProvider
from tests.providers.test_runpod import Bed, bed, until_finished
from tests.support.provider_requests import image

ASKED = Asked("runpod", "runpod-image")
NOWHERE = "http://127.0.0.1:1/v2"


@pytest.fixture(scope="module")
def shared_bed() -> Iterator[Bed]:
    with bed() as running:
        yield running


@pytest.fixture
def runpod(shared_bed: Bed) -> Bed:
    """As new, though the server behind it is the module's."""
    shared_bed.journal.clear()
    return shared_bed


def caller(runpod: Bed, fault: str) -> RunPodProvider:
    """Who meets the fault: where an answer is slow, somebody who does not wait for it."""
    hasty = runpod.other(call_s=0.5)
    return hasty if fault.endswith(("slow", "trickle")) else runpod.provider


def submits_in_the_end(runpod: Bed, expected: int) -> int:
    """A request whose sender has gone is still read, when the server gets to it."""
    ends_at = time.monotonic() + 60
    while runpod.journal.submits.total() < expected and time.monotonic() < ends_at:
        time.sleep(0.01)
    return runpod.journal.submits.total()


@pytest.mark.parametrize(
    ("fault", "outcome", "code", "is_billed", "submits"),
    [
        ("#throttle", ThrottledError, "throttled", False, 0),
        ("#server-error", UnavailableError, "provider-unavailable", True, 0),
        ("#overloaded", UnavailableError, "provider-unavailable", False, 0),
        ("#cancelled-call", UnavailableError, "provider-unavailable", True, 0),
        ("#no-funds", NotAllowedError, "provider-not-allowed", False, 0),
        ("#bad-request", RejectedError, "provider-rejected", False, 0),
        # The job is made and its id is lost: nobody can take it over.
        ("#not-json", UnavailableError, "provider-unavailable", True, 1),
        ("#no-id", UnavailableError, "provider-unavailable", True, 1),
        ("#reset", UnavailableError, "provider-unavailable", True, 1),
        ("#slow", UnavailableError, "provider-unavailable", True, 1),
    ],
)
def test_a_start_that_fails(
    runpod: Bed, fault: str, outcome: type[ProviderError], code: str, is_billed: bool, submits: int
) -> None:
    with pytest.raises(outcome) as raised:
        caller(runpod, fault).start(image(f"a lighthouse {fault}"))
    assert (type(raised.value), raised.value.code) == (outcome, code)
    assert raised.value.may_have_billed is is_billed
    assert submits_in_the_end(runpod, submits) == submits


@pytest.mark.parametrize("fault", ["#throttle", "#server-error"])
def test_a_start_that_was_turned_away_submits_once_when_it_comes_back(
    runpod: Bed, fault: str
) -> None:
    asked = image(f"a lighthouse {fault}")
    with pytest.raises(ProviderError):
        runpod.provider.start(asked)
    runpod.provider.start(asked)
    assert runpod.journal.submits == {"job1": 1}


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ("#status-error", UnavailableError),
        ("#status-bad-request", UnavailableError),
        ("#status-cancelled", UnavailableError),
        ("#status-throttle", ThrottledError),
        ("#status-not-json", UnavailableError),
        ("#status-slow", UnavailableError),
        ("#status-reset", UnavailableError),
        ("#status-trickle", UnavailableError),
        ("#status-header-trickle", UnavailableError),
        ("#status-huge", UnavailableError),
    ],
)
def test_a_question_that_fails_can_be_asked_again(
    runpod: Bed, fault: str, outcome: type[ProviderError]
) -> None:
    asked = image(f"a lighthouse {fault}")
    handle = runpod.provider.start(asked).handle
    with pytest.raises(outcome):
        caller(runpod, fault).poll(asked, handle)
    assert isinstance(until_finished(runpod.provider, asked, handle), Finished)
    assert runpod.journal.submits == {"job1": 1}


def test_nothing_is_sent_once_the_call_has_lasted_too_long(runpod: Bed) -> None:
    """As where the host is reached late: the caller has been told that nobody answered."""

    def slow_key() -> str:
        time.sleep(0.5)
        return "runpod-key"

    provider = runpod.other(api_key=slow_key, call_s=0.1)
    with pytest.raises(UnavailableError, match="provider-unavailable"):
        provider.start(image())
    assert runpod.journal.requests == []


@pytest.mark.parametrize(
    ("end", "outcome", "code", "message"),
    [
        # RunPod's words, and a library's, are not the user's to read.
        ("#failed", LostError, "provider-failed", "The worker failed."),
        ("#failed-in-words", LostError, "provider-failed", "The worker failed."),
        ("#cancelled", LostError, "provider-cancelled", "The worker was stopped."),
        ("#timed-out", LostError, "provider-timed-out", "The worker took longer than it may."),
        ("#gone", LostError, "provider-forgot", "What was started is not known to RunPod."),
        ("#no-output", LostError, "nothing-delivered", None),
        ("#bad-base64", LostError, "nothing-delivered", None),
        ("#odd-type", LostError, "nothing-delivered", None),
        ("#deliver:0", LostError, "nothing-delivered", None),
        ("#unavailable", LostError, "provider-failed", "The worker failed."),
        ("#rejected", RejectedError, "content-blocked", "The prompt is refused."),
        ("#rejected-by-sdk", RejectedError, "content-blocked", "The prompt is refused."),
    ],
)
def test_a_job_that_comes_to_nothing(
    runpod: Bed, end: str, outcome: type[ProviderError], code: str, message: str | None
) -> None:
    with pytest.raises(ProviderError) as raised:
        runpod.finish(image(f"a lighthouse {end}"))
    assert (type(raised.value), raised.value.code) == (outcome, code)
    assert message in {None, raised.value.message}
    assert runpod.journal.submits == {"job1": 1}


def test_a_worker_s_own_words_are_no_user_s_to_read_and_no_log_s(
    runpod: Bed, capsys: pytest.CaptureFixture[str]
) -> None:
    """They may quote what was sent: the log has the error's class, and the job's id in RunPod's console."""
    with pytest.raises(LostError) as raised:
        runpod.finish(image("a lighthouse #failed"))
    output = capsys.readouterr()
    logged = output.out + output.err
    assert "CUDA" not in raised.value.message + logged
    assert "worker.failed" in logged
    assert "<class 'MemoryError'>" in logged


def test_a_result_that_has_expired_is_lost(runpod: Bed) -> None:
    handle = runpod.provider.start(image()).handle
    runpod.journal.expire()
    with pytest.raises(LostError, match="provider-forgot"):
        runpod.provider.poll(image(), handle)


@pytest.mark.parametrize("handle", ["", "images1", "images1/", "images1/../run", "a/b?c"])
def test_a_handle_that_is_none_of_runpod_s_is_lost_and_nothing_is_sent(
    runpod: Bed, handle: str
) -> None:
    with pytest.raises(LostError, match="provider-forgot"):
        runpod.provider.poll(image(), handle)
    assert runpod.journal.requests == []


def test_runpod_says_how_long_to_wait(runpod: Bed) -> None:
    with pytest.raises(ThrottledError) as raised:
        runpod.provider.start(image("a lighthouse #throttle"))
    assert raised.value.retry_after_s == 7


def test_a_refusal_is_told_in_our_words(runpod: Bed) -> None:
    with pytest.raises(RejectedError) as raised:
        runpod.provider.start(image("a lighthouse #bad-request"))
    assert raised.value.message == "RunPod refused the request as it was sent."


def test_an_endpoint_that_runpod_does_not_know_is_refused(runpod: Bed) -> None:
    with pytest.raises(RejectedError, match="provider-not-found"):
        runpod.other(endpoints={"image": "elsewhere"}).start(image())
    assert runpod.journal.submits.total() == 0


@pytest.mark.parametrize("key", ["", " \n", "two\nlines", "schlüssel"])
def test_a_key_that_cannot_be_one_is_never_sent_and_never_told(runpod: Bed, key: str) -> None:
    provider = runpod.other(api_key=lambda: key)
    with pytest.raises(RejectedError, match="provider-misconfigured") as raised:
        provider.start(image())
    assert runpod.journal.requests == []
    assert not key.strip() or key not in f"{raised.value} {raised.value.__cause__}"


def test_a_key_that_was_rotated_does_not_lose_what_is_paid_for(runpod: Bed) -> None:
    handle = runpod.provider.start(image()).handle
    outdated = runpod.other(api_key=lambda: "outdated")
    with pytest.raises(UnavailableError, match="provider-not-allowed"):
        outdated.poll(image(), handle)
    assert isinstance(until_finished(runpod.provider, image(), handle), Finished)


def test_a_server_that_is_not_there_is_unavailable(runpod: Bed) -> None:
    provider = runpod.other(base_url=NOWHERE)
    for call in (
        lambda: provider.start(image()),
        lambda: provider.poll(image(), "images1/a"),
        lambda: provider.cancel("images1/a"),
    ):
        with pytest.raises(UnavailableError, match="provider-unavailable") as raised:
            call()
        assert not raised.value.may_have_billed


def test_an_address_that_is_none_is_the_operator_s_to_mend(runpod: Bed) -> None:
    provider = runpod.other(base_url="ftp://runpod")
    with pytest.raises(RejectedError, match="provider-misconfigured"):
        provider.start(image())
    with pytest.raises(UnavailableError, match="provider-misconfigured"):
        provider.poll(image(), "images1/a")


def test_a_cancellation_that_fails_says_so(runpod: Bed) -> None:
    asked = image("a lighthouse #cancel-error")
    handle = runpod.provider.start(asked).handle
    with pytest.raises(UnavailableError):
        runpod.provider.cancel(handle)
    runpod.provider.cancel(handle)
    with pytest.raises(LostError, match="provider-cancelled"):
        runpod.provider.poll(asked, handle)


def errors_of_httpx() -> list[type[Exception]]:
    found = (getattr(httpx, name) for name in httpx.__all__)
    return [each for each in found if isclass(each) and issubclass(each, Exception)]


def made(kind: type[Exception]) -> Exception:
    if issubclass(kind, httpx.HTTPStatusError):
        asked = httpx.Request("GET", NOWHERE)
        return kind("told", request=asked, response=httpx.Response(500, request=asked))
    wordless = (httpx.StreamConsumed, httpx.StreamClosed, httpx.ResponseNotRead)
    return kind() if issubclass(kind, (*wordless, httpx.RequestNotRead)) else kind("told")


@pytest.mark.parametrize("kind", errors_of_httpx())
@pytest.mark.parametrize("is_start", [True, False])
def test_every_error_of_httpx_is_caught_and_has_one_of_ours(
    runpod: Bed, kind: type[Exception], is_start: bool
) -> None:
    def broken() -> str:
        raise made(kind)

    # The key is asked for where httpx is: what it raises passes through the same handler.
    provider = runpod.other(api_key=broken)
    outcome = RejectedError | UnavailableError if is_start else UnavailableError
    with pytest.raises(ProviderError) as raised:
        provider.start(image()) if is_start else provider.poll(image(), "images1/a")
    assert isinstance(raised.value, outcome)
    assert raised.value.code == as_provider_error(made(kind), ASKED, is_start=is_start).code
