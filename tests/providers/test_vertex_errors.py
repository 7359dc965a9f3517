"""Every exception that google.genai, httpx and google.auth know means one of our errors."""

import inspect
import json
import pkgutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import import_module
from types import ModuleType, SimpleNamespace
from typing import Any

import google.auth.exceptions
import httpx
import pytest
from google.auth.exceptions import RefreshError, TransportError
from google.genai import _interactions_continuation
from google.genai import errors as genai_errors
from google.genai._gaos import errors as interaction_errors
from google.genai._gaos.lib import compat_errors
from google.genai._gaos.utils import retries
from pydantic import BaseModel, ValidationError

from mediaforge.domain.errors import (
    LostError,
    NotAllowedError,
    ProviderError,
    RejectedError,
    ThrottledError,
    UnavailableError,
)
from mediaforge.providers.operator import Asked
from mediaforge.providers.vertex import training
from mediaforge.providers.vertex.client import settings_of
from mediaforge.providers.vertex.errors import (
    provider_error,
    while_asking,
    while_ending,
    while_starting,
)
from mediaforge.providers.vertex.refusals import (
    _METRIC,
    FileRefusedError,
    read_refusal,
    retry_after_s,
    start_error,
)
from tests.providers.conftest import Vertex

ASKED = Asked("vertex", "gemini-3.1-flash-image")
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
_REQUEST = httpx.Request("POST", "http://127.0.0.1/")


def meaning(error: Exception) -> ProviderError | None:
    """Of a start."""
    return provider_error(error, ASKED, is_start=True)


def exceptions_of(module: ModuleType) -> list[type[Exception]]:
    found = [
        kind
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, Exception) and not issubclass(kind, Warning)
    ]
    return [kind for kind in found if kind.__module__.startswith(module.__name__)]


def modules_under(package: ModuleType) -> list[ModuleType]:
    found = pkgutil.iter_modules(package.__path__, f"{package.__name__}.")
    return [import_module(module.name) for module in found]


def response(status: int, headers: dict[str, str] | None = None) -> httpx.Response:
    return httpx.Response(status, headers=headers, json={}, request=_REQUEST)


def made(kind: type[Exception]) -> Exception:
    """One of these, whatever its constructor asks for."""
    if kind is json.JSONDecodeError:
        return json.JSONDecodeError("no", "", 0)
    if kind is UnicodeDecodeError:
        return UnicodeDecodeError("utf-8", b"\xff", 0, 1, "no")
    status = getattr(kind, "status_code", None) or 500
    refused = response(status)
    arguments: dict[str, Any] = {
        "code": 400 if kind is genai_errors.ClientError else 500,
        "response_json": {"error": {"message": "no", "status": "NO"}},
        "response": refused,
        "raw_response": refused,
        "data": SimpleNamespace(error=SimpleNamespace(message="no")),
        "cause": ValueError("no"),
        "inner": ValueError("no"),
        "request": _REQUEST,
        "body": "{}",
        "message": "no",
    }
    wanted = inspect.signature(kind.__init__).parameters
    taken = {name: arguments[name] for name in wanted if name in arguments}
    try:
        return kind(**taken)
    except TypeError:
        return kind("no")


def httpx_exceptions() -> list[type[Exception]]:
    kinds = [getattr(httpx, name) for name in httpx.__all__]
    return [kind for kind in kinds if inspect.isclass(kind) and issubclass(kind, Exception)]


ALL = [
    *exceptions_of(genai_errors),
    *exceptions_of(compat_errors),
    *exceptions_of(_interactions_continuation),
    *exceptions_of(retries),
    *(kind for module in modules_under(interaction_errors) for kind in exceptions_of(module)),
    *exceptions_of(google.auth.exceptions),
    *httpx_exceptions(),
    json.JSONDecodeError,
    UnicodeDecodeError,
    UnicodeError,
]


# Of what was never sent nobody has heard how Vertex is.
NEVER_ASKED = (
    google.auth.exceptions.GoogleAuthError,
    httpx.InvalidURL,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_every_exception_is_one_of_our_errors(kind: type[Exception]) -> None:
    with pytest.raises(ProviderError) as raised, while_starting(ASKED):
        raise made(kind)
    assert raised.value.was_asked is not issubclass(kind, NEVER_ASKED)


def test_the_walk_finds_what_there_is() -> None:
    assert len(ALL) > 75
    assert {
        genai_errors.ServerError,
        compat_errors.RateLimitError,
        httpx.ReadTimeout,
        _interactions_continuation.ContinuationTimeoutError,
        interaction_errors.CreateInteractionServerError,
        interaction_errors.NoResponseError,
        retries.TemporaryError,
    } <= set(ALL)


def test_an_answer_of_another_shape_is_unavailable() -> None:
    class Shape(BaseModel):
        name: str

    with pytest.raises(ValidationError) as raised:
        Shape.model_validate({})
    assert isinstance(meaning(raised.value), UnavailableError)


def test_a_number_that_python_does_not_make_one_of_is_unreadable() -> None:
    with pytest.raises(UnavailableError), while_starting(ASKED):
        json.loads("9" * 5000)


def test_of_a_refusal_only_so_much_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    """It is looked through by patterns, and what they find is told to the operator."""
    nested: object = []
    for _ in range(900):
        nested = [nested]
    metric = "x" * 50_000 + ".googleapis.com/" + "y" * 50_000
    violation = {"subject": metric, "quotaId": nested, "quotaValue": "0"}
    error = {
        "code": nested,
        "message": "a" * 1_000_000,
        "details": [{"violations": [violation] * 1_000}] * 1_000,
    }
    refusal = read_refusal(429, {"error": error}, {"retry-after": "1" * 100_000})

    assert (len(refusal.message), len(refusal.details)) == (4000, 20)
    assert (refusal.named, refusal.wait_s) == ("", None)
    assert isinstance(start_error(refusal, ASKED), NotAllowedError)
    assert len(capsys.readouterr().out) < 1000


def test_of_a_metric_s_name_no_more_is_looked_at_than_one_has() -> None:
    """Each letter of a word of a million began a look to its end."""
    found = _METRIC.search("a" * 100 + ".googleapis.com/" + "b" * 200)
    assert found is not None
    assert len(found[0]) == 63 + len(".googleapis.com/") + 100


def test_a_bug_stays_a_bug() -> None:
    assert meaning(KeyError("x")) is None
    for bug in (KeyError("x"), AttributeError("x"), TypeError("x")):
        with pytest.raises(type(bug)), while_starting(ASKED):
            raise bug


def test_our_own_errors_pass_as_they_are() -> None:
    lost = LostError("nothing-delivered", "")
    with pytest.raises(LostError) as raised, while_starting(ASKED):
        raise lost
    assert raised.value is lost


# ---- by status -----------------------------------------------------------------------------------


def answered(status: int, message: str = "no", headers: dict[str, str] | None = None) -> Exception:
    body = {"error": {"code": status, "message": message, "status": "X"}}
    return genai_errors.APIError(status, body, response(status, headers))


def answered_by_interactions(
    status: int, message: str = "no", headers: dict[str, str] | None = None, body: object = None
) -> Exception:
    return compat_errors.APIError.generate(status, body, message, response(status, headers))


@pytest.mark.parametrize("make", [answered, answered_by_interactions])
@pytest.mark.parametrize(
    ("status", "expected", "code"),
    [
        (400, RejectedError, "provider-rejected"),
        (401, NotAllowedError, "provider-not-allowed"),
        (403, NotAllowedError, "provider-not-allowed"),
        (404, NotAllowedError, "model-retired"),
        (408, UnavailableError, "provider-unavailable"),
        (409, UnavailableError, "provider-unavailable"),
        (413, RejectedError, "provider-rejected"),
        (422, RejectedError, "provider-rejected"),
        (429, ThrottledError, "throttled"),
        (500, UnavailableError, "provider-unavailable"),
        (503, UnavailableError, "provider-unavailable"),
        (504, UnavailableError, "provider-unavailable"),
    ],
)
def test_a_status_means_one_error(
    make: Any, status: int, expected: type[ProviderError], code: str
) -> None:
    error = meaning(make(status))
    assert error is not None
    assert (type(error), error.code) == (expected, code)


@pytest.mark.parametrize("make", [answered, answered_by_interactions])
@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("Publisher Model `x` is not servable in region us-central1.", "provider-not-allowed"),
        ("The model is not available in this region.", "provider-not-allowed"),
        ("Model x is not supported in the location europe-west4.", "provider-not-allowed"),
        ("x is not available in us-east4", "provider-not-allowed"),
        (
            "Publisher Model `projects/p/locations/us-central1/publishers/google/models/x` was not found or "
            "your project does not have access to it. Please ensure you are using a valid model version.",
            "model-retired",
        ),
    ],
)
def test_a_model_that_is_elsewhere_is_not_gone(make: Any, message: str, code: str) -> None:
    error = meaning(make(404, message))
    assert isinstance(error, NotAllowedError)
    assert error.code == code


@pytest.mark.parametrize("status", [204, 302])
def test_a_status_that_is_neither_good_nor_an_error_is_unavailable(status: int) -> None:
    assert isinstance(meaning(answered(status)), UnavailableError)


@pytest.mark.parametrize(
    "message",
    [
        "Cannot fetch content from the provided URL.",
        "Invalid file_uri in request",
        "gs://bucket/x.png does not exist",
    ],
)
def test_a_refusal_that_names_a_file_is_about_the_file(message: str) -> None:
    assert isinstance(meaning(answered(400, message)), FileRefusedError)


_AGENT = "service-1@gcp-sa-aiplatform.iam.gserviceaccount.com"


@pytest.mark.parametrize("make", [answered, answered_by_interactions])
@pytest.mark.parametrize(
    ("status", "message"),
    [
        (403, f"{_AGENT} does not have storage.objects.create access to gs://demo/scratch."),
        (400, f"{_AGENT} does not have storage.objects.create access to gs://demo/scratch."),
        (403, f"{_AGENT} does not have storage.objects.get access to gs://demo/x.png."),
        (400, f"{_AGENT} does not have storage.objects.get access to gs://demo/x.png."),
        (403, "Request is prohibited by organization's policy. See https://a/url"),
        (403, "Permission 'aiplatform.endpoints.predict' denied. See https://a/?url=1"),
    ],
)
def test_a_right_that_is_missing_is_the_operator_s_whatever_else_is_named(
    make: Any, status: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    error = meaning(make(status, message))
    assert error is not None
    assert (type(error), error.code) == (NotAllowedError, "provider-not-allowed")
    assert capsys.readouterr().err.count('"provider.misconfigured"') == 1


def test_so_is_a_bucket_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    said = {"code": 400, "status": "FAILED_PRECONDITION", "message": "gs://demo does not exist"}
    answer = httpx.Response(400, json={"error": said}, request=_REQUEST)
    error = meaning(genai_errors.APIError(400, {"error": said}, answer))
    assert isinstance(error, NotAllowedError)
    assert capsys.readouterr().err.count('"provider.misconfigured"') == 1


@pytest.mark.parametrize("status", [400, 403])
def test_a_file_that_may_not_be_read_there_but_can_be_sent_is_told_to_the_operator_and_sent(
    status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = replace(ASKED, can_send_files=True)
    denied = f"{_AGENT} does not have storage.objects.get access to the file."
    for message, expected in (
        (denied, FileRefusedError),
        (denied.replace("get", "create"), NotAllowedError),
    ):
        error = provider_error(answered(status, message), asked, is_start=True)
        assert type(error) is expected
        assert capsys.readouterr().err.count('"provider.misconfigured"') == 1


@pytest.mark.parametrize("make", [answered, answered_by_interactions])
def test_a_refusal_with_a_support_code_says_what_it_is_about_and_nothing_else(make: Any) -> None:
    error = meaning(make(400, "secret: see the URL. Support codes: 62263041, 57734940"))
    assert isinstance(error, RejectedError)
    assert error.code == "content-blocked"
    assert error.message == "The safety filter refused the prompt because of danger and hate."


def test_the_provider_s_words_are_never_quoted() -> None:
    for status in (400, 401, 403, 404, 408, 429, 500):
        error = meaning(answered(status, "a secret"))
        assert error is not None
        assert "secret" not in error.message


# ---- credentials ---------------------------------------------------------------------------------


def test_credentials_that_do_not_work_are_the_operator_s() -> None:
    error = meaning(RefreshError("invalid_grant"))
    assert isinstance(error, RejectedError)
    assert error.code == "provider-not-allowed"


@pytest.mark.parametrize(
    "error",
    [
        RefreshError(TransportError("the metadata server is away")),
        RefreshError("busy", retryable=True),
    ],
)
def test_an_issuer_of_tokens_that_does_not_answer_passes(error: Exception) -> None:
    assert isinstance(meaning(error), UnavailableError)


def test_so_does_one_whose_silence_is_only_the_cause() -> None:
    error = RefreshError("could not")
    error.__cause__ = TransportError("the metadata server is away")
    assert isinstance(meaning(error), UnavailableError)


AUTH_ERRORS = [
    *(made(kind) for kind in exceptions_of(google.auth.exceptions)),
    RefreshError("busy", retryable=True),
    RefreshError(TransportError("the metadata server is away")),
]


@pytest.mark.parametrize("error", AUTH_ERRORS, ids=repr)
@pytest.mark.parametrize("is_start", [True, False])
def test_credentials_mean_the_same_to_a_training(error: Exception, is_start: bool) -> None:
    ours = provider_error(error, ASKED, is_start=is_start)
    of_training = training.as_provider_error(error, ASKED, is_start=is_start)
    assert ours is not None
    assert (type(of_training), vars(of_training)) == (type(ours), vars(ours))


def test_that_we_may_not_ask_says_nothing_about_the_answer() -> None:
    with pytest.raises(UnavailableError), while_asking(ASKED):
        raise answered(403)
    with pytest.raises(LostError), while_asking(ASKED):
        raise answered(404)
    with pytest.raises(UnavailableError), while_asking(ASKED):
        raise answered(400)


# ---- the end of something that was started -------------------------------------------------------


_STATUS = {"error": {"code": 400, "message": "no", "status": "FAILED_PRECONDITION"}}
_WORD = {"error": {"code": "failed_precondition", "message": "no"}}


@pytest.mark.parametrize(
    "refusal",
    [
        answered(404),
        answered(409),
        genai_errors.APIError(400, _STATUS, response(400)),
        answered_by_interactions(404),
        answered_by_interactions(409),
        answered_by_interactions(400, body=_STATUS),
        answered_by_interactions(400, body=[_STATUS]),
        answered_by_interactions(400, body=_WORD),
    ],
)
def test_ending_what_has_ended_is_no_error(refusal: Exception) -> None:
    with while_ending(ASKED):
        raise refusal


@pytest.mark.parametrize(
    ("refusal", "expected"),
    [
        (answered(400), UnavailableError),
        (answered_by_interactions(400), UnavailableError),
        (answered_by_interactions(400, body="FAILED_PRECONDITION"), UnavailableError),
        (answered(403), UnavailableError),
        (answered(429), ThrottledError),
        (answered(503), UnavailableError),
    ],
)
def test_an_end_that_could_not_be_asked_for_says_so(
    refusal: Exception, expected: type[ProviderError]
) -> None:
    with pytest.raises(expected), while_ending(ASKED):
        raise refusal


# ---- how long to wait ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("30", 30.0),
        (" 1.5 ", 1.5),
        ("Fri, 20 Nov 2026 12:01:30 GMT", 90.0),
        ("Fri, 20 Nov 2026 12:01:30 -0000", 90.0),
        ("Fri, 20 Nov 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("Fri, 20 Nov 2026 12:00:99999999999999999999 GMT", None),
        ("-5", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_a_number_or_a_date(header: str | None, expected: float | None) -> None:
    assert retry_after_s(header, NOW) == expected


def test_a_date_in_an_answer_is_counted_from_now() -> None:
    moment = datetime.now(UTC) + timedelta(seconds=60)
    headers = {"Retry-After": moment.strftime("%a, %d %b %Y %H:%M:%S GMT")}
    error = meaning(answered(429, headers=headers))
    assert isinstance(error, ThrottledError)
    assert error.retry_after_s is not None
    assert 30 < error.retry_after_s <= 60


def test_interactions_say_how_long_to_wait_as_well() -> None:
    error = meaning(answered_by_interactions(429, headers={"Retry-After": "12"}))
    assert isinstance(error, ThrottledError)
    assert error.retry_after_s == 12


@pytest.mark.parametrize("is_in_a_list", [True, False])
def test_without_the_header_the_details_are_asked(is_in_a_list: bool) -> None:
    info = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34s"}
    told = {"error": {"code": 429, "message": "no", "details": ["odd", {"other": 1}, info]}}
    body = [told] if is_in_a_list else told
    for raised in (
        genai_errors.ClientError(429, body, response(429)),
        answered_by_interactions(429, body=body),
    ):
        error = meaning(raised)
        assert isinstance(error, ThrottledError)
        assert error.retry_after_s == 34


@pytest.mark.parametrize(
    "body", [{}, {"error": 5}, {"error": {"details": 5}}, {"error": {"details": ["x", 5, None]}}]
)
def test_odd_details_name_nothing(body: dict[str, Any]) -> None:
    for raised in (
        genai_errors.APIError(429, body, response(429)),
        answered_by_interactions(429, body=body),
    ):
        error = meaning(raised)
        assert isinstance(error, ThrottledError)
        assert error.retry_after_s is None


def test_where_neither_says_the_caller_decides() -> None:
    error = meaning(answered(429))
    assert isinstance(error, ThrottledError)
    assert error.retry_after_s is None


# ---- where to ask --------------------------------------------------------------------------------


def test_what_was_started_is_asked_for_where_it_was_started(vertex: Vertex) -> None:
    found = settings_of("projects/other/locations/global/interactions/1", vertex.settings)
    assert (found.project, found.location) == ("other", "global")
    assert settings_of("unknown", vertex.settings) == vertex.settings
