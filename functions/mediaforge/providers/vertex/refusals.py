"""What a refusal by one of Google's APIs means, whichever client it came through. No SDK is used here.

Sources: google/rpc/code.proto and error_details.proto; for quotas and stock-outs answers that others have
reported (GoogleCloudPlatform/stable-diffusion-on-gcp#12, GoogleCloudPlatform/vertex-ai-samples).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from mediaforge.domain.errors import (
    LostError,
    ProviderError,
    RejectedError,
    ThrottledError,
    UnavailableError,
)
from mediaforge.providers.operator import NOT_ALLOWED, Asked, alarm, operators_fault
from mediaforge.providers.vertex.safety import is_filtered, rejection

# In the order of their numbers, since failed operations give the number.
CODES = (
    "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
    "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE",
    "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
)  # fmt: skip
OPERATORS_FAULTS = ("PERMISSION_DENIED", "UNAUTHENTICATED", "FAILED_PRECONDITION")
# The code for an HTTP status, for an answer that names no code.
_BY_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    402: "PERMISSION_DENIED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    412: "FAILED_PRECONDITION",
    413: "INVALID_ARGUMENT",
    422: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
}
_RETIRED = ("model-retired", "The provider does not offer this model, or not any more.")
# 4xx statuses, and codes, that may come in the middle of the work, which may then be billed.
_AMID_WORK = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, 499}
_AMID_WORK_CODES = ("CANCELLED", "DEADLINE_EXCEEDED", "ABORTED", "UNKNOWN", "INTERNAL", "DATA_LOSS")
# Codes that come before any work: the API is overloaded, or does not have the method.
_BEFORE_WORK = ("UNAVAILABLE", "UNIMPLEMENTED")

_STOCK_OUT = re.compile(r"insufficient (resource|capacity)|resources are insufficient|out of capacity|"
                        r"stock-?out|resource_pool_exhausted", re.I)  # fmt: skip
_OPERATOR = re.compile(r"requires billing|billing (is )?(disabled|not)|location is not supported|"
                       r"has not been used in project|api .{0,80}(disabled|not enabled)|"
                       r"api[ _]key (not valid|expired|not found|invalid)|unregistered callers",
                       re.I)  # fmt: skip
_NOT_HERE = re.compile(r"not (available|supported|servable|offered|enabled|deployed) (in|at|for) "
                       r"((the|this|your) )?(\w+ )?(region|location|[a-z]+-[a-z]+\d)|"
                       r"(region|location)s? .{0,80}\b(not|unsupported)\b", re.I)  # fmt: skip
# https://docs.cloud.google.com/storage/docs/access-control/iam-permissions
_RIGHT = re.compile(r"\bstorage\.(objects|buckets)\.[a-z]{1,40}", re.I)
_TO_READ = ("storage.objects.get", "storage.objects.list")
_FILE = re.compile(r"gs://|\bfile_?ur[il]\b|\bur[il]\b|\bstorage\.", re.I)
_METRIC = re.compile(r"[a-z]{1,63}\.googleapis\.com/[a-z0-9_]{1,100}")
_RATE = re.compile(r"per_?(second|minute|hour|day)|requests|tokens|/(s|min|h|d)\b", re.I)
_NO_LIMIT_LEFT = re.compile(r"\blimit: 0\b", re.I)
# How long a job waits for a limit that is not 0: other running work may only be using it up for now.
QUOTA_WAIT_S_MAX = 3600.0
# How much of a refusal's words is read: many regular expressions are searched for in them.
MESSAGE_CHARS_MAX = 4000
_WORD_CHARS_MAX = 200
_DETAILS_MAX = 20


class FileRefusedError(RejectedError):
    """The API could not, or may not, read a file at an address it was given. Such a call made nothing and is
    not billed."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer other than 200: its HTTP status, the code it names ("" where it names no known code), its
    words, its details, and the seconds it asks to wait."""

    status: int
    named: str
    message: str
    details: tuple[Mapping[str, Any], ...] = ()
    wait_s: float | None = None

    @property
    def code(self) -> str:
        """The named code, else the one for the status. The status alone is not enough: over REST an ABORTED
        and a FAILED_PRECONDITION come as a 400 like any other."""
        return self.named or _BY_STATUS.get(self.status, "")

    @property
    def is_of_4xx(self) -> bool:
        return HTTPStatus.BAD_REQUEST <= self.status < HTTPStatus.INTERNAL_SERVER_ERROR

    @property
    def is_exhausted(self) -> bool:
        return self.status == HTTPStatus.TOO_MANY_REQUESTS or self.code == "RESOURCE_EXHAUSTED"

    @property
    def cause(self) -> str:
        return f"{self.status} {self.code}".strip()


def read_refusal(
    status: int, body: object, headers: Mapping[str, str], message: str = ""
) -> Refusal:
    """`headers` are case-insensitive; `message` is used where the body has none."""
    error = error_in(body)
    words = (written(error.get("status")).upper(), written(error.get("code")).upper())
    details = error.get("details")
    found = [d for d in details if isinstance(d, Mapping)] if isinstance(details, list) else []
    return Refusal(
        status=status,
        named=next((word for word in words if word in CODES[1:]), ""),
        message=written(error.get("message"), MESSAGE_CHARS_MAX) or message[:MESSAGE_CHARS_MAX],
        details=tuple(found[:_DETAILS_MAX]),
        wait_s=asked_wait_s(headers, body),
    )


def code_of(code: object) -> str:
    """The name of the code with this number or name, "" for anything else."""
    if isinstance(code, int):
        return CODES[code] if 0 < code < len(CODES) else ""
    word = written(code).upper()
    return word if word in CODES[1:] else ""


def written(value: object, chars_max: int = _WORD_CHARS_MAX) -> str:
    """The beginning of a text or a whole number; "" for any other value, which might be nested or huge."""
    if isinstance(value, int):
        value = str(value)
    return value[:chars_max] if isinstance(value, str) else ""


def error_in(body: object) -> Mapping[str, Any]:
    """The `error` of `{"error": {"code", "status", "message", "details"}}`, which may come in a list of
    one."""
    body = body[0] if isinstance(body, list) and body else body
    error = body.get("error") if isinstance(body, Mapping) else None
    return error if isinstance(error, Mapping) else {}


# ---- what a refusal means ------------------------------------------------------------------------


def start_error(refusal: Refusal, asked: Asked) -> ProviderError:
    """Our error for a refused start. Only these are final: a wrong request, a fault that only an operator can
    mend, and a model that is gone. Anything else may be temporary."""
    code, message = refusal.code, refusal.message
    if refusal.is_exhausted:
        return _exhausted(refusal, asked)
    is_refused = refusal.is_of_4xx
    if (is_refused or refusal.named in _BEFORE_WORK) and is_stock_out(message):
        return _busy(refusal)
    if is_refused and code in ("INVALID_ARGUMENT", "OUT_OF_RANGE", *OPERATORS_FAULTS):
        return _final(refusal, asked)
    if is_refused and code == "NOT_FOUND":
        # A model that is elsewhere is not gone: the operator may choose another location.
        told = NOT_ALLOWED if _NOT_HERE.search(message) else _RETIRED
        return operators_fault(asked, refusal.cause, is_start=True, told=told)
    said = "did not finish" if refusal.status in _AMID_WORK else "failed"
    return UnavailableError(
        "provider-unavailable",
        f"The provider {said}.",
        may_have_billed=_may_have_billed(refusal),
    )


def question_error(refusal: Refusal, asked: Asked) -> ProviderError:
    """Our error for a refused question about a long operation. Only "not found" is an answer. That we may not
    ask now, or not in this way, says nothing about the operation."""
    if refusal.code == "NOT_FOUND" and refusal.status == HTTPStatus.NOT_FOUND:
        return LostError("operation-gone", "The provider has forgotten this job.")
    if refusal.is_exhausted:
        return _busy(refusal)
    if refusal.code in OPERATORS_FAULTS:
        return operators_fault(asked, refusal.cause, is_start=False)
    return UnavailableError("provider-unavailable", "The provider could not be asked.")


def _final(refusal: Refusal, asked: Asked) -> ProviderError:
    """Our error for a refusal that is final. A missing right is the operator's fault, whatever else the
    answer names. If only the model may not read a file, and we can send the file, the operator gets an alarm
    and the work goes on."""
    message = refusal.message
    right = missing_right(message)
    if right in _TO_READ and asked.can_send_files:
        alarm(asked, f"{refusal.cause} {right}")
        return _file_refused()
    if right or refusal.code in OPERATORS_FAULTS or _OPERATOR.search(message):
        return operators_fault(asked, refusal.cause, is_start=True)
    names_a_file = refusal.status == HTTPStatus.BAD_REQUEST and _FILE.search(message)
    if names_a_file and not is_filtered(message):
        return _file_refused()
    return rejection("prompt", message)


def missing_right(message: str) -> str:
    """The right on our bucket that the message says is missing; "" where it names none."""
    found = None if is_filtered(message) else _RIGHT.search(message)
    return found[0].lower() if found else ""


def _file_refused() -> FileRefusedError:
    return FileRefusedError("provider-rejected", "The model could not reach a file.")


def _may_have_billed(refusal: Refusal) -> bool:
    """A refusal costs nothing, unless it may have come in the middle of the work. A 503 or a 501 costs
    nothing only if it names its code: without one it came from a proxy, which does not know how far the work
    was."""
    if refusal.named in _BEFORE_WORK:
        return False
    is_amid_work = refusal.status in _AMID_WORK or refusal.named in _AMID_WORK_CODES
    return is_amid_work or not refusal.is_of_4xx


# ---- 429: a rate, no room, or a limit ------------------------------------------------------------


def _exhausted(refusal: Refusal, asked: Asked) -> ProviderError:
    """A rate limit and a stock-out pass by themselves. A limit of 0 never passes, and another limit passes
    only if running work is using it up."""
    quota = _quota(refusal)
    if quota is None:
        return _busy(refusal)
    name, is_none = quota
    if is_none or (asked.limited_s or 0.0) >= QUOTA_WAIT_S_MAX:
        return operators_fault(asked, f"quota {name}", is_start=True)
    if asked.limited_s is None:
        alarm(asked, f"quota {name}")
    return _busy(refusal, at_limit=True)


def is_stock_out(message: str) -> bool:
    """Whether no machine is available now. Others may return theirs soon, or not for hours."""
    return _STOCK_OUT.search(message) is not None


def _busy(refusal: Refusal, *, at_limit: bool = False) -> ThrottledError:
    return ThrottledError(
        "throttled",
        "The model is busy and asked to slow down.",
        refusal.wait_s,
        at_limit=at_limit,
    )


def _quota(refusal: Refusal) -> tuple[str, bool] | None:
    """The name of the reached limit, and whether the limit is 0; None for a rate and for a refusal that names
    no limit."""
    if is_stock_out(refusal.message):
        return None
    named = [refusal.message, *_quota_words(refusal)]
    metric = _METRIC.search(" ".join(named))
    name = metric[0] if metric else "unnamed"
    if "0" in _quota_values(refusal) or _NO_LIMIT_LEFT.search(refusal.message):
        return name, True
    is_a_limit = "exceed quota limit" in refusal.message.lower() or any(
        "violations" in detail for detail in refusal.details
    )
    return (name, False) if is_a_limit and not _RATE.search(" ".join(named)) else None


def _quota_facts(refusal: Refusal) -> Iterator[Mapping[str, Any]]:
    """The facts about quotas in the details: `ErrorInfo.metadata` and the violations of `QuotaFailure`."""
    for detail in refusal.details:
        metadata, violations = detail.get("metadata"), detail.get("violations")
        if isinstance(metadata, Mapping):
            yield metadata
        for violation in violations[:_DETAILS_MAX] if isinstance(violations, list) else ():
            if isinstance(violation, Mapping):
                yield violation


def _quota_words(refusal: Refusal) -> list[str]:
    keys = ("quota_metric", "quota_limit", "quota_unit", "quotaMetric", "quotaId", "subject")
    return [written(fact[key]) for fact in _quota_facts(refusal) for key in keys if key in fact]


def _quota_values(refusal: Refusal) -> list[str]:
    keys = ("quota_limit_value", "quotaValue")
    return [written(fact[key]) for fact in _quota_facts(refusal) for key in keys if key in fact]


# ---- how long to wait ----------------------------------------------------------------------------


def asked_wait_s(headers: Mapping[str, str], body: object) -> float | None:
    """Seconds that a refusal asks to wait: its `Retry-After`, else the RetryInfo in its JSON; None where it
    has neither. `headers` are case-insensitive."""
    asked_s = retry_after_s(headers.get("retry-after"), datetime.now(UTC))
    return _retry_info_s(body) if asked_s is None else asked_s


def retry_after_s(header: str | None, now: datetime) -> float | None:
    """Seconds that a `Retry-After` asks to wait, by number or by date; None where it is neither.

    https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
    """
    text = (header or "")[:_WORD_CHARS_MAX].strip()
    if re.fullmatch(r"\d{1,9}(\.\d+)?", text):
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


def _retry_info_s(body: object) -> float | None:
    """Reads `{"error": {"details": [{"@type": "…google.rpc.RetryInfo", "retryDelay": "20s"}]}}`."""
    details = error_in(body).get("details")
    for detail in details[:_DETAILS_MAX] if isinstance(details, list) else ():
        delay = detail.get("retryDelay") if isinstance(detail, Mapping) else None
        found = re.fullmatch(r"(\d{1,9}(?:\.\d+)?)s", written(delay))
        if found:
            return float(found[1])
    return None
