"""Vertex AI in trouble: each fault's outcome, and how many trainings were created."""

from collections.abc import Iterator
from dataclasses import replace
from inspect import isclass
from types import ModuleType

import google.api_core.exceptions as api
import google.auth.exceptions as auth
import pytest
import requests.exceptions as http
from google.auth.credentials import AnonymousCredentials

from mediaforge.domain.errors import (
    LostError,
    NotAllowedError,
    ProviderError,
    RejectedError,
    ThrottledError,
    UnavailableError,
)
from mediaforge.ports.provider import Finished
from mediaforge.providers.vertex.training import VertexTraining
from tests.providers.test_vertex_training import JOBS, Bed, bed, until_finished
from tests.support.provider_requests import training

Outcome = tuple[type[ProviderError], str]
# What no client of REST over `requests` can raise.
_ELSEWHERE = {api.AsyncRestUnsupportedParameterError}


@pytest.fixture(scope="module")
def shared_bed() -> Iterator[Bed]:
    with bed() as running:
        yield running


@pytest.fixture
def vertex(shared_bed: Bed) -> Bed:
    shared_bed.journal.clear()
    return shared_bed


@pytest.mark.parametrize(
    ("fault", "outcome", "code"),
    [
        ("#throttle", ThrottledError, "throttled"),
        ("#server-error", UnavailableError, "provider-unavailable"),
        ("#bad-request", NotAllowedError, "provider-rejected"),
        ("#forbidden", NotAllowedError, "provider-not-allowed"),
        ("#not-json", UnavailableError, "provider-unavailable"),
        ("#odd-error", UnavailableError, "provider-unavailable"),
        ("#cancelled-call", UnavailableError, "provider-unavailable"),
        ("#no-billing", NotAllowedError, "provider-not-allowed"),
        ("#no-capacity", ThrottledError, "throttled"),
        ("#quota", ThrottledError, "throttled"),
    ],
)
def test_a_creation_that_fails(
    vertex: Bed, fault: str, outcome: type[ProviderError], code: str
) -> None:
    with pytest.raises(ProviderError) as raised:
        vertex.provider.start(training(f"Acme {fault}"))
    assert (type(raised.value), raised.value.code) == (outcome, code)
    # It was looked for, and is not there.
    assert not raised.value.may_have_billed
    assert vertex.journal.submits.total() == 0


def test_a_look_up_that_fails_has_begun_nothing(vertex: Bed) -> None:
    vertex.journal.list_errors = 1
    with pytest.raises(UnavailableError) as raised:
        vertex.provider.start(training())
    assert not raised.value.may_have_billed
    assert vertex.journal.submits.total() == 0


def test_a_creation_that_was_turned_away_submits_once_when_it_comes_back(vertex: Bed) -> None:
    asked = training("Acme #throttle")
    with pytest.raises(ThrottledError) as raised:
        vertex.provider.start(asked)
    vertex.provider.start(asked)
    assert raised.value.retry_after_s == 30
    assert vertex.journal.submits == {"job1": 1}


def test_a_date_to_come_back_at_is_understood_as_well(vertex: Bed) -> None:
    with pytest.raises(ThrottledError) as raised:
        vertex.provider.start(training("Acme #throttle-until"))
    assert raised.value.retry_after_s is not None
    assert 30 < raised.value.retry_after_s <= 60


def test_a_refusal_is_told_in_our_words_and_raises_an_alarm(
    vertex: Bed, capsys: pytest.CaptureFixture[str]
) -> None:
    """All that a training is made of is set up by an operator."""
    with pytest.raises(RejectedError) as raised:
        vertex.provider.start(training("Acme #bad-request"))
    assert raised.value.message == "Vertex AI refused the training as it is set up."
    output = capsys.readouterr()
    assert "provider.misconfigured" in output.out + output.err
    assert "image URI" not in output.out + output.err


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ("#status-error", UnavailableError),
        ("#status-throttle", ThrottledError),
        ("#status-bad-request", UnavailableError),
        ("#status-cancelled", UnavailableError),
        ("#status-forbidden", UnavailableError),
        ("#status-not-json", UnavailableError),
    ],
)
def test_a_look_that_fails_can_be_repeated(
    vertex: Bed, fault: str, outcome: type[ProviderError]
) -> None:
    asked = training(f"Acme {fault}")
    handle = vertex.provider.start(asked).handle
    with pytest.raises(outcome):
        vertex.provider.poll(asked, handle)
    assert isinstance(until_finished(vertex.provider, asked, handle), Finished)
    assert vertex.journal.submits == {"job1": 1}


@pytest.mark.parametrize(
    ("end", "outcome", "code", "message"),
    [
        ("#failed", LostError, "training-failed", "The training failed."),
        (
            "#rejected",
            RejectedError,
            "training-rejected",
            "The training was refused as it was set up.",
        ),
        (
            "#exit:65",
            RejectedError,
            "training-rejected",
            "The trainer refused the brand's pictures or its name.",
        ),
        (
            "#no-machine",
            LostError,
            "training-no-machine",
            "There was no machine for the training.",
        ),
        ("#expired", LostError, "training-failed", "The training failed."),
        ("#partly", LostError, "training-failed", "The training failed."),
        ("#cancelled", LostError, "training-cancelled", "The training was stopped."),
        ("#gone", LostError, "training-gone", "The training is not known to Vertex AI."),
        (
            "#no-directory",
            LostError,
            "nothing-delivered",
            "The training finished without a result.",
        ),
    ],
)
def test_a_training_that_comes_to_nothing(
    vertex: Bed, end: str, outcome: type[ProviderError], code: str, message: str
) -> None:
    asked = training(f"Acme {end}")
    handle = vertex.provider.start(asked).handle
    with pytest.raises(ProviderError) as raised:
        until_finished(vertex.provider, asked, handle)
    assert (type(raised.value), raised.value.code) == (outcome, code)
    assert raised.value.message == message
    assert vertex.journal.submits == {"job1": 1}


@pytest.mark.parametrize(
    ("status", "outcome", "code"),
    [
        (1, LostError, "training-failed"),
        (137, LostError, "training-failed"),
        (65, RejectedError, "training-rejected"),
        (78, NotAllowedError, "provider-misconfigured"),
    ],
)
def test_an_exit_is_a_refusal_only_where_the_trainer_says_so(
    vertex: Bed, status: int, outcome: type[ProviderError], code: str
) -> None:
    asked = training(f"Acme #exit:{status}")
    handle = vertex.provider.start(asked).handle
    with pytest.raises(ProviderError) as raised:
        until_finished(vertex.provider, asked, handle)
    assert (type(raised.value), raised.value.code) == (outcome, code)
    assert "Traceback" not in raised.value.message


def test_a_cancellation_that_fails_says_so(vertex: Bed) -> None:
    for fault in ("#cancel-error", "#cancel-refused"):
        handle = vertex.provider.start(training(f"Acme {fault}", job_id=fault[1:])).handle
        with pytest.raises(UnavailableError):
            vertex.provider.cancel(handle)


def test_a_server_that_is_not_there_is_unavailable(vertex: Bed) -> None:
    provider = VertexTraining(replace(vertex.settings, endpoint="http://127.0.0.1:1"))
    for call in (
        lambda: provider.start(training()),
        lambda: provider.poll(training(), f"{JOBS}/1"),
        lambda: provider.cancel(f"{JOBS}/1"),
    ):
        with pytest.raises(UnavailableError, match="provider-unavailable"):
            call()


def test_a_project_that_is_not_ours_is_refused(vertex: Bed) -> None:
    provider = VertexTraining(replace(vertex.settings, project="theirs"))
    with pytest.raises(RejectedError, match="provider-not-allowed"):
        provider.start(training())
    assert vertex.journal.submits.total() == 0


@pytest.mark.parametrize("handle", ["", "nonsense", "projects/a/locations/b/other/1"])
def test_a_handle_that_is_none_of_vertex_s_is_no_crash(vertex: Bed, handle: str) -> None:
    with pytest.raises(ProviderError):
        vertex.provider.poll(training(), handle)
    assert vertex.journal.requests == []


def test_where_there_are_no_credentials_a_start_is_refused(vertex: Bed) -> None:
    def missing() -> AnonymousCredentials:
        raise auth.DefaultCredentialsError("none here")

    provider = VertexTraining(replace(vertex.settings, credentials=missing))
    with pytest.raises(RejectedError, match="provider-not-allowed"):
        provider.start(training())
    assert vertex.journal.requests == []


def errors_in(module: ModuleType) -> list[type[Exception]]:
    found = [each for each in vars(module).values() if isclass(each)]
    return [
        each
        for each in found
        if issubclass(each, Exception)
        and not issubclass(each, Warning)
        and each.__module__ == module.__name__
        and each not in _ELSEWHERE
    ]


def made(kind: type[Exception]) -> Exception:
    if kind is api.RetryError:
        return api.RetryError("told", cause=None)
    if kind is http.JSONDecodeError:
        return http.JSONDecodeError("told", "{", 1)
    return kind("told")


# Of a start and of a question about one that was started; the first family that an error is of counts.
_AWAY = (UnavailableError, "provider-unavailable")
_REFUSED = (RejectedError, "provider-rejected")
_NOT_ALLOWED = (
    (NotAllowedError, "provider-not-allowed"),
    (UnavailableError, "provider-not-allowed"),
)
_NEVER_ASKED = (
    auth.GoogleAuthError,
    http.InvalidURL,
    http.InvalidHeader,
    http.MissingSchema,
    http.InvalidSchema,
)
_FAMILIES: list[tuple[type[Exception], tuple[Outcome, Outcome]]] = [
    (api.TooManyRequests, ((ThrottledError, "throttled"), (ThrottledError, "throttled"))),
    (api.Unauthorized, _NOT_ALLOWED),
    (api.Forbidden, _NOT_ALLOWED),
    (api.NotFound, (_NOT_ALLOWED[0], (LostError, "training-gone"))),
    (api.PreconditionFailed, _NOT_ALLOWED),
    # By its number alone; which code of google.rpc it is stands in its body (`test_every_code`).
    (api.BadRequest, (_REFUSED, _AWAY)),
    (api.GoogleAPIError, (_AWAY, _AWAY)),
    (auth.TransportError, (_AWAY, _AWAY)),
    (auth.TimeoutError, (_AWAY, _AWAY)),
    (auth.ResponseError, (_AWAY, _AWAY)),
    (auth.GoogleAuthError, _NOT_ALLOWED),
    (http.RequestException, (_AWAY, _AWAY)),
]


def expected(kind: type[Exception], *, is_start: bool) -> Outcome:
    of_start, of_question = next(
        outcomes for family, outcomes in _FAMILIES if issubclass(kind, family)
    )
    return of_start if is_start else of_question


@pytest.mark.parametrize("kind", [*errors_in(api), *errors_in(auth), *errors_in(http)])
@pytest.mark.parametrize("is_start", [True, False])
def test_every_error_under_the_sdk_is_caught_and_has_one_of_ours(
    vertex: Bed, kind: type[Exception], is_start: bool
) -> None:
    def broken() -> AnonymousCredentials:
        raise made(kind)

    # Credentials are asked for where the SDK is: what they raise passes through the same handler.
    provider = VertexTraining(replace(vertex.settings, credentials=broken))
    with pytest.raises(ProviderError) as raised:
        provider.start(training()) if is_start else provider.poll(training(), f"{JOBS}/1")
    outcome, code = expected(kind, is_start=is_start)
    assert isinstance(raised.value, outcome)
    assert raised.value.code == code
    # Of what was never sent nobody has heard how Vertex is: it must not close the model's breaker.
    assert raised.value.was_asked is not issubclass(kind, _NEVER_ASKED)
