"""Every code of google.rpc and every HTTP status that a provider may answer: what it means of a start, what
it may have cost, and what it means of a question about something that runs."""

import json
from collections.abc import Callable
from http import HTTPStatus

import httpx
import pytest
import requests
from google.api_core.exceptions import from_http_response
from google.genai import errors as genai_errors
from google.genai._gaos.lib import compat_errors

from mediaforge.domain.errors import (
    LostError,
    NotAllowedError,
    ProviderError,
    RejectedError,
    ThrottledError,
    UnavailableError,
)
from mediaforge.providers.exchange import Answer
from mediaforge.providers.fal import errors as fal
from mediaforge.providers.operator import Asked
from mediaforge.providers.runpod import errors as runpod
from mediaforge.providers.vertex.errors import provider_error
from mediaforge.providers.vertex.refusals import CODES
from mediaforge.providers.vertex.training import as_provider_error

Meaning = Callable[[int, str, bool], ProviderError]
FREE, BILLED = False, True
REFUSED, NOT_ALLOWED, GONE = (
    (RejectedError, "provider-rejected", FREE),
    (NotAllowedError, "provider-not-allowed", FREE),
    (NotAllowedError, "model-retired", FREE),
)
BUSY = (ThrottledError, "throttled", FREE)
AWAY, AWAY_AMID_WORK = (
    (UnavailableError, "provider-unavailable", FREE),
    (UnavailableError, "provider-unavailable", BILLED),
)
# As google/rpc/code.proto maps them to HTTP.
BY_CODE = {
    (499, "CANCELLED"): AWAY_AMID_WORK,
    (500, "UNKNOWN"): AWAY_AMID_WORK,
    (400, "INVALID_ARGUMENT"): REFUSED,
    (504, "DEADLINE_EXCEEDED"): AWAY_AMID_WORK,
    (404, "NOT_FOUND"): GONE,
    (409, "ALREADY_EXISTS"): AWAY_AMID_WORK,
    (403, "PERMISSION_DENIED"): NOT_ALLOWED,
    (401, "UNAUTHENTICATED"): NOT_ALLOWED,
    (429, "RESOURCE_EXHAUSTED"): BUSY,
    (400, "FAILED_PRECONDITION"): NOT_ALLOWED,
    (409, "ABORTED"): AWAY_AMID_WORK,
    (400, "OUT_OF_RANGE"): REFUSED,
    (501, "UNIMPLEMENTED"): AWAY,
    (500, "INTERNAL"): AWAY_AMID_WORK,
    (503, "UNAVAILABLE"): AWAY,
    (500, "DATA_LOSS"): AWAY_AMID_WORK,
    # The code counts where the number says something else.
    (400, "CANCELLED"): AWAY_AMID_WORK,
    (400, "ABORTED"): AWAY_AMID_WORK,
    (400, "UNAVAILABLE"): AWAY,
    (500, "INVALID_ARGUMENT"): AWAY_AMID_WORK,
}
# Without a code, or with one that nobody knows.
BY_STATUS = {
    400: REFUSED,
    401: NOT_ALLOWED,
    402: NOT_ALLOWED,
    403: NOT_ALLOWED,
    404: GONE,
    408: AWAY_AMID_WORK,
    409: AWAY_AMID_WORK,
    412: NOT_ALLOWED,
    413: REFUSED,
    422: REFUSED,
    429: BUSY,
    499: AWAY_AMID_WORK,
    **dict.fromkeys((405, 406, 407, 410, 411, 414, 415, 416, 417, 418), AWAY),
    **dict.fromkeys((421, 423, 424, 425, 426, 428, 431, 451), AWAY),
    **dict.fromkeys((500, 501, 502, 503, 504, 505, 506, 507, 508), AWAY_AMID_WORK),
    **dict.fromkeys((510, 511, 520, 524, 529), AWAY_AMID_WORK),
}
OF_RUNPOD = BY_STATUS | {
    404: (NotAllowedError, "provider-not-found", FREE),
    412: AWAY,
    503: AWAY,
}
OF_FAL = BY_STATUS | {412: AWAY, 503: AWAY}
ASKED = Asked("tried", "a-model")


def of_genai(status: int, word: str, is_start: bool) -> ProviderError:
    answer = httpx.Response(
        status, json=body(status, word), request=httpx.Request("POST", "http://a/")
    )
    return meant(genai_errors.APIError(status, body(status, word), answer), is_start)


def of_interactions(status: int, word: str, is_start: bool) -> ProviderError:
    """Their codes may be in small letters, in the place of the number."""
    said = {"error": {"code": word.lower() or status, "message": "no"}}
    answer = httpx.Response(status, json=said, request=httpx.Request("POST", "http://a/"))
    return meant(compat_errors.APIError.generate(status, said, "no", answer), is_start)


def meant(error: Exception, is_start: bool) -> ProviderError:
    ours = provider_error(error, ASKED, is_start=is_start)
    assert ours is not None
    return ours


def of_trainings(status: int, word: str, is_start: bool) -> ProviderError:
    answer = requests.Response()
    answer.status_code, answer.request = status, requests.Request("POST", "http://a/").prepare()
    answer._content = json.dumps(body(status, word)).encode()
    return as_provider_error(from_http_response(answer), ASKED, is_start=is_start)


def of_fal(status: int, _: str, is_start: bool) -> ProviderError:
    answer = Answer(status, httpx.Headers(), b'{"detail": "no"}')
    return fal.refusal(answer, ASKED, is_start=is_start)


def of_runpod(status: int, _: str, is_start: bool) -> ProviderError:
    return runpod.refusal(status, httpx.Headers(), ASKED, is_start=is_start)


def body(status: int, word: str) -> dict[str, object]:
    named = {"status": word} if word else {}
    return {"error": {"code": status, "message": "no", **named}}


by_google = pytest.mark.parametrize("of", [of_genai, of_interactions, of_trainings])


def as_told_by(of: Meaning, expected: tuple[type[ProviderError], str, bool]) -> object:
    """What a training's request asks for is the operator's to set."""
    is_operators = of is of_trainings and expected == REFUSED
    return (NotAllowedError, *REFUSED[1:]) if is_operators else expected


def test_every_code_is_walked() -> None:
    assert {word for _, word in BY_CODE} == {*CODES[1:]}
    of_4xx_and_5xx = {status for status in HTTPStatus if status >= HTTPStatus.BAD_REQUEST}
    assert of_4xx_and_5xx <= BY_STATUS.keys()


@by_google
@pytest.mark.parametrize(("status", "word"), BY_CODE)
def test_a_start_means_what_its_code_says(of: Meaning, status: int, word: str) -> None:
    expected = BY_CODE[status, word]
    if of is of_trainings and expected is GONE:
        expected = NOT_ALLOWED  # the project or the region: no model is named
    error = of(status, word, True)
    assert (type(error), error.code, error.may_have_billed) == as_told_by(of, expected)


@by_google
@pytest.mark.parametrize("word", ["", "CODE_OF_TOMORROW"])
@pytest.mark.parametrize("status", BY_STATUS)
def test_a_start_without_a_known_code_means_what_its_status_says(
    of: Meaning, status: int, word: str
) -> None:
    expected = BY_STATUS[status]
    if of is of_trainings and expected is GONE:
        expected = NOT_ALLOWED
    error = of(status, word, True)
    assert (type(error), error.code, error.may_have_billed) == as_told_by(of, expected)


@pytest.mark.parametrize("status", OF_RUNPOD)
def test_a_start_at_runpod_means_what_its_status_says(status: int) -> None:
    error = of_runpod(status, "", True)
    assert (type(error), error.code, error.may_have_billed) == OF_RUNPOD[status]


@pytest.mark.parametrize("status", OF_FAL)
def test_a_start_at_fal_means_what_its_status_says(status: int) -> None:
    error = of_fal(status, "", True)
    assert (type(error), error.code, error.may_have_billed) == OF_FAL[status]


def of_fals_result(status: int, body: str, *, has_failed: bool, **headers: str) -> ProviderError:
    answer = Answer(status, httpx.Headers(headers), body.encode())
    return fal.failure(answer, ASKED, "fal-ai/a/1", has_failed=has_failed)


@pytest.mark.parametrize("status", BY_STATUS)
def test_a_result_that_says_nothing_of_the_model_is_a_question_that_failed(status: int) -> None:
    error = of_fals_result(status, "<html>nginx</html>", has_failed=False)
    if status == HTTPStatus.NOT_FOUND:
        assert isinstance(error, LostError)
    else:
        assert isinstance(error, UnavailableError | ThrottledError)


@pytest.mark.parametrize(
    ("status", "kind", "expected"),
    [
        (422, "content_policy_violation", (RejectedError, "content-blocked", BILLED)),
        (422, "image_load_error", (RejectedError, "reference-unreadable", BILLED)),
        (422, "file_download_error", (RejectedError, "reference-unreadable", BILLED)),
        (422, "extra_forbidden", (RejectedError, "provider-rejected", BILLED)),
        (400, "a.type_of.tomorrow", (RejectedError, "provider-rejected", BILLED)),
        (422, "no_media_generated", (LostError, "provider-failed", BILLED)),
        (500, "internal_server_error", (LostError, "provider-failed", FREE)),
        (504, "generation_timeout", (LostError, "provider-failed", FREE)),
        (503, "content_policy_violation", (LostError, "provider-failed", FREE)),
    ],
)
def test_a_model_s_answer_means_what_its_type_says(
    status: int, kind: str, expected: tuple[type[ProviderError], str, bool]
) -> None:
    """Whether or not its status has told that it failed."""
    said = json.dumps({"detail": [{"loc": ["body"], "msg": "secret words", "type": kind}]})
    for has_failed in (True, False):
        error = of_fals_result(status, said, has_failed=has_failed)
        assert (type(error), error.code, error.may_have_billed) == expected
        assert "secret" not in str(error)


@pytest.mark.parametrize("of", [of_genai, of_interactions, of_trainings, of_runpod, of_fal])
@pytest.mark.parametrize(("status", "word"), [*BY_CODE, *((status, "") for status in BY_STATUS)])
def test_of_a_question_only_a_404_is_an_answer(of: Meaning, status: int, word: str) -> None:
    error = of(status, word, False)
    if status == HTTPStatus.NOT_FOUND:
        assert isinstance(error, LostError)
    elif status == HTTPStatus.TOO_MANY_REQUESTS:
        assert isinstance(error, ThrottledError)
    else:
        assert isinstance(error, UnavailableError)


@pytest.mark.parametrize(
    ("error", "may_have_billed"),
    [
        (httpx.ConnectError("refused"), FREE),
        (httpx.ConnectTimeout("late"), FREE),
        (httpx.PoolTimeout("full"), FREE),
        (httpx.ReadTimeout("late"), BILLED),
        (httpx.WriteTimeout("late"), BILLED),
        (httpx.ReadError("reset"), BILLED),
        (httpx.RemoteProtocolError("cut off"), BILLED),
    ],
)
def test_only_what_was_sent_may_have_been_billed(error: Exception, may_have_billed: bool) -> None:
    wrapped = compat_errors.wrap_sdk_error(error)
    assert isinstance(wrapped, Exception)
    for ours in (
        meant(error, True),
        meant(wrapped, True),
        runpod.as_provider_error(error, ASKED, is_start=True),
        fal.as_provider_error(error, ASKED, is_start=True),
    ):
        assert isinstance(ours, UnavailableError)
        assert ours.may_have_billed is may_have_billed


# ---- three meanings of 429, and operators' faults in other clothes -----------------------------------

_GPUS = "aiplatform.googleapis.com/custom_model_training_nvidia_l4_gpus"
_REQUESTS = "aiplatform.googleapis.com/online_prediction_requests_per_base_model"


def exhausted(
    message: str, *details: dict[str, object], limited_s: float | None = None
) -> ProviderError:
    said = {
        "error": {
            "code": 429,
            "message": message,
            "status": "RESOURCE_EXHAUSTED",
            "details": [*details],
        }
    }
    answer = httpx.Response(429, json=said, request=httpx.Request("POST", "http://a/"))
    error = genai_errors.APIError(429, said, answer)
    ours = provider_error(error, Asked("tried", "a-model", limited_s), is_start=True)
    assert ours is not None
    return ours


def info(**metadata: str) -> dict[str, object]:
    return {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "metadata": metadata}


def violation(**fields: str) -> dict[str, object]:
    return {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [fields]}


@pytest.mark.parametrize(
    ("message", "details"),
    [
        ("Resource exhausted. Please try again later.", []),
        (f"Quota exceeded for {_REQUESTS} with base model: gemini-3.", []),
        (f"The following quota metrics exceed quota limits: {_REQUESTS}", []),
        ("Quota exceeded.", [violation(quotaId="GenerateRequestsPerMinutePerProject")]),
        ("Quota exceeded.", [info(quota_metric="a.googleapis.com/x", quota_unit="1/min/{project}")]),
        ("Resources are insufficient in region: us-central1.", []),
        ("The zone is out of capacity.", [violation(subject="project:1")]),
    ],
)  # fmt: skip
def test_a_rate_and_a_stock_out_are_waited_for_however_long(
    message: str, details: list[dict[str, object]]
) -> None:
    error = exhausted(message, *details, limited_s=48 * 3600)
    assert isinstance(error, ThrottledError)
    assert not error.at_limit


@pytest.mark.parametrize(("status", "word"), [(503, "UNAVAILABLE"), (400, "FAILED_PRECONDITION")])
@pytest.mark.parametrize("of", [of_genai, of_trainings])
def test_a_stock_out_is_waited_for_whatever_code_it_comes_with(
    of: Meaning, status: int, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = {"code": status, "status": word, "message": "Insufficient capacity in the zone."}
    monkeypatch.setitem(globals(), "body", lambda *_: {"error": said})
    error = of(status, word, True)
    assert (type(error), error.code, error.may_have_billed) == BUSY


@pytest.mark.parametrize(
    ("message", "details"),
    [
        (f"The following quota metrics exceed quota limits: {_GPUS}", []),
        ("Quota exceeded.", [violation(subject=_GPUS)]),
    ],
)
def test_a_limit_that_names_no_rate_is_waited_for_a_while_and_then_the_operator_s(
    message: str, details: list[dict[str, object]], capsys: pytest.CaptureFixture[str]
) -> None:
    for limited_s in (None, 0.0, 3599.0):
        error = exhausted(message, *details, limited_s=limited_s)
        assert isinstance(error, ThrottledError)
        assert error.at_limit
    last = exhausted(message, *details, limited_s=3600.0)
    assert (type(last), last.code) == (NotAllowedError, "provider-not-allowed")
    told = alarms(capsys)
    assert [line["cause"] for line in told] == [f"quota {_GPUS}"] * 2


@pytest.mark.parametrize(
    "details",
    [[info(quota_metric=_GPUS, quota_limit_value="0")], [violation(quotaValue="0", subject=_GPUS)]],
)
def test_a_limit_of_none_is_the_operator_s_at_once(details: list[dict[str, object]]) -> None:
    error = exhausted("Quota exceeded.", *details)
    assert (type(error), error.code) == (NotAllowedError, "provider-not-allowed")


@pytest.mark.parametrize(
    "message",
    [
        "This API method requires billing to be enabled. Please enable billing on project #1.",
        "User location is not supported for the API use.",
        "Vertex AI API has not been used in project 1 before or it is disabled.",
    ],
)
def test_what_only_an_operator_can_mend_is_told_so_and_raises_an_alarm(
    message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    said = {"error": {"code": 400, "message": message, "status": "INVALID_ARGUMENT"}}
    answer = httpx.Response(400, json=said, request=httpx.Request("POST", "http://a/"))
    error = meant(genai_errors.APIError(400, said, answer), True)
    assert (type(error), error.code) == (NotAllowedError, "provider-not-allowed")
    (line,) = alarms(capsys)
    assert (line["severity"], line["provider"], line["model"]) == ("ERROR", "tried", "a-model")
    assert message not in json.dumps(line)


def alarms(capsys: pytest.CaptureFixture[str]) -> list[dict[str, str]]:
    output = capsys.readouterr()
    lines = [json.loads(line) for line in (output.out + output.err).splitlines() if line]
    return [line for line in lines if line["message"] == "provider.misconfigured"]
