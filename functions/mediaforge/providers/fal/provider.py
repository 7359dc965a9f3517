"""fal.ai's queue: a submission, its status, its result, its cancel, and the files that the result names.

Sources: fal.ai/docs/documentation/model-apis/inference/queue; the OpenAPI description of it,
fal.ai/docs/api-reference/inference-api/openapi/queue.json; the headers,
fal.ai/docs/documentation/model-apis/common-parameters.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from mediaforge import log
from mediaforge.domain.errors import (
    AddressRefusedError,
    BusyError,
    LostError,
    ProviderError,
    RejectedError,
    SigningError,
    UnansweredError,
    UnavailableError,
)
from mediaforge.domain.media_type import image_type, video_type
from mediaforge.ports.media import Addresses
from mediaforge.ports.outside import Fetched
from mediaforge.ports.provider import Asset, Finished, ProviderRequest, ReferenceImage, Running
from mediaforge.providers.encoding import decoded
from mediaforge.providers.exchange import HTTPX_ERRORS, Answer, as_header, exchange
from mediaforge.providers.fal.errors import (
    BLOCKED,
    FORGOTTEN,
    NOTHING,
    ODD_ANSWER,
    as_provider_error,
    failure,
    refusal,
)
from mediaforge.providers.fal.families import Endpoint, arguments, can_be_found, endpoint_of
from mediaforge.providers.operator import Asked, operators_fault

_PROVIDER = "fal"
_ANSWER_BYTES_MAX = 4_000_000  # addresses of files, and whatever a model says besides
_HISTORY_BYTES_MAX = 16_000_000
_HISTORY_ITEMS = 100  # the most that one page has
# The largest file that is fetched. It is in the worker's memory, with its preview.
FILE_BYTES_MAX = {"image": 64_000_000, "video": 200_000_000}
_USUAL_TYPE = {"image": ("png", "image/png"), "video": ("mp4", "video/mp4")}

# fal.ai calls the webhook when a request has ended, ten times within two hours. With a webhook, asking only
# makes up for a lost call, so it need not be frequent.
_POLL_S = {"image": 3.0, "video": 10.0}
_POLL_BESIDE_WEBHOOK_S = 20.0
_FOUND_POLL_S = 1.0  # of a request that has ended
_CLOCKS_DIFFER_S = 30.0  # fal.ai's and ours

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_ID = re.compile(r"[A-Za-z0-9-]{1,128}")
_ENDED_BEFORE = 400  # of a cancel: `ALREADY_COMPLETED`
_NOT_LENT = ("storage-busy", "The model could not be given access to the job's pictures.")
_UNFETCHED = ("result-unreachable", "The result could not be fetched from fal.ai.")


@dataclass(frozen=True, slots=True)
class FalSettings:
    """`api_key` is called for every request. `call_s` limits one HTTP call as a whole. `start_within_s` is
    how long a request may wait in fal.ai's queue: past it, it ends unbegun, and costs nothing. `lent_s` is
    how long an address of a picture is valid, `kept_s` how long fal.ai keeps a result's files."""

    api_key: Callable[[], str]
    queue_url: str = "https://queue.fal.run"
    platform_url: str = "https://api.fal.ai/v1"
    call_s: float = 30.0
    start_within_s: int = 1800
    lent_s: int = 2 * 3600
    kept_s: int = 24 * 3600


class FalProvider:
    """A submission has no id of ours. Where its answer is lost, the next attempt looks for it first, in the
    account's history: among the requests that were sent since the job was first begun and have ended well,
    for one with the same body that has not failed this job already. That has the same seed, too: so whoever's
    it was, it is what was asked for. An older one may be somebody's whose files are gone. What still runs is
    not in the history, and a request with pictures or without a seed is not told from others: such a start is
    made again, and counted as one that may have been billed.

    `fetch` gets a file of a result: its address comes from outside, so it is asked as one that a user
    names."""

    def __init__(
        self, settings: FalSettings, addresses: Addresses, fetch: Callable[[str, int], Fetched]
    ) -> None:
        self._settings = settings
        self._addresses = addresses
        self._fetch = fetch

    def start(self, request: ProviderRequest) -> Running:
        asked = Asked(_PROVIDER, request.model)
        endpoint = endpoint_of(request)
        if endpoint is None:
            told = ("provider-not-found", f"{request.model} is not known to be at fal.ai.")
            raise operators_fault(asked, "no family", is_start=True, told=told, was_asked=False)
        body = self._arguments(asked, endpoint, request)
        may_be_there = request.attempt > 1 and can_be_found(endpoint, body)
        if may_be_there and (known := self._found(asked, endpoint, request, body)):
            return Running(known, _FOUND_POLL_S)
        request_id = self._submit(asked, endpoint, request, body).get("request_id")
        if not isinstance(request_id, str) or not _ID.fullmatch(request_id):
            raise UnavailableError(*ODD_ANSWER)
        return Running(_handle(endpoint, request_id), _poll_in_s(request))

    def poll(self, request: ProviderRequest, handle: str) -> Finished | Running:
        asked = Asked(_PROVIDER, request.model)
        url = self._request_url(handle)
        status = self._object(asked, self._call(asked, "GET", f"{url}/status"))
        if not isinstance(status.get("status"), str):
            raise UnavailableError(*ODD_ANSWER)
        if status["status"] != "COMPLETED":
            # IN_QUEUE, IN_PROGRESS. A state that we do not know is not taken for an end either.
            return Running(handle, _poll_in_s(request))
        result = self._call(asked, "GET", url)
        if not result.is_success:
            has_failed = bool(status.get("error") or status.get("error_type"))
            raise failure(result, asked, handle, has_failed=has_failed)
        files = _files(request, self._object(asked, result))
        return Finished(self._fetched(request, files))

    def cancel(self, handle: str) -> None:
        """A request that waits is taken out of the queue. One that runs is told to stop, and may go on: so it
        may be billed all the same."""
        asked = Asked(_PROVIDER, "")
        with suppress(LostError):  # the request is gone, or never existed
            answer = self._call(asked, "PUT", f"{self._request_url(handle)}/cancel")
            if not answer.is_success and answer.status != _ENDED_BEFORE:
                raise refusal(answer, asked, is_start=False)

    def _arguments(
        self, asked: Asked, endpoint: Endpoint, request: ProviderRequest
    ) -> dict[str, Any]:
        """The submission's body. It holds secrets: the addresses lent for the pictures."""

        def lend(picture: ReferenceImage) -> str:
            generation = picture.generation if endpoint.is_pinned else None
            return self._addresses.read_address(picture.path, self._settings.lent_s, generation)

        try:
            return arguments(endpoint, request, lend)
        except BusyError as error:
            raise UnavailableError(*_NOT_LENT, may_have_billed=False, was_asked=False) from error
        except SigningError as error:
            told = ("provider-misconfigured", _NOT_LENT[1])
            raise operators_fault(
                asked, str(error), is_start=True, told=told, was_asked=False
            ) from error

    def _submit(
        self, asked: Asked, endpoint: Endpoint, request: ProviderRequest, body: Mapping[str, Any]
    ) -> dict[str, Any]:
        webhook = {"fal_webhook": request.webhook_url} if request.webhook_url else {}
        query = f"?{urlencode(webhook)}" if webhook else ""
        url = f"{self._settings.queue_url}/{endpoint.id}{query}"
        keep = {"expiration_duration_seconds": self._settings.kept_s}
        headers = {
            "X-Fal-Request-Timeout": str(self._settings.start_within_s),
            "X-Fal-Object-Lifecycle-Preference": json.dumps(keep),
        }
        answer = self._call(asked, "POST", url, headers, body, is_start=True)
        if not answer.is_success:
            raise refusal(answer, asked, is_start=True)
        return self._object(asked, answer)

    def _found(
        self, asked: Asked, endpoint: Endpoint, request: ProviderRequest, body: Mapping[str, Any]
    ) -> str | None:
        """The handle of a request with this body that was sent since the job was begun, and has made
        something that is still there; None also where the history cannot be read: it is a means to save
        money, and no reason to make nothing."""
        query = {
            "endpoint_id": endpoint.id,
            "status": "success",
            "limit": _HISTORY_ITEMS,
            "expand": "payloads",
        }
        url = f"{self._settings.platform_url}/models/requests/by-endpoint?{urlencode(query)}"
        try:
            answer = self._call(asked, "GET", url, bytes_max=_HISTORY_BYTES_MAX)
        except ProviderError as error:
            log.warning("history.unread", provider=_PROVIDER, cause=error.code)
            return None
        listed = (answer.object() or {}).get("items") if answer.is_success else None
        if not isinstance(listed, list):
            log.warning("history.unread", provider=_PROVIDER, cause=str(answer.status))
            return None
        ago_s = min(request.begun_s + _CLOCKS_DIFFER_S, self._settings.kept_s)
        since = datetime.now(UTC) - timedelta(seconds=ago_s)
        for item in listed:
            if isinstance(item, dict) and _is_of(item, body) and _was_sent_since(item, since):
                request_id = item.get("request_id")
                if isinstance(request_id, str) and _ID.fullmatch(request_id):
                    handle = _handle(endpoint, request_id)
                    if handle not in request.failed_handles:
                        return handle
        return None

    def _fetched(self, request: ProviderRequest, files: list[str]) -> Iterator[Asset]:
        """The files, one at a time. One that leads where nothing may be fetched does not cost the others."""
        fetched = 0
        for address in files:
            content = self._content(request, address)
            if content is None:
                continue
            fetched += 1
            known = image_type if request.kind == "image" else video_type
            yield Asset(content, *(known(content) or _USUAL_TYPE[request.kind]))
        if not fetched:
            raise LostError("output-not-ours", "The model named no file that may be fetched.")

    def _content(self, request: ProviderRequest, address: str) -> bytes | None:
        """None for an address that is refused. Raises UnavailableError where nobody answers there: the result
        is asked for again later."""
        if address.startswith("data:"):
            return decoded(address.partition(",")[2]) or None
        try:
            return self._fetch(address, FILE_BYTES_MAX[request.kind]).content
        except AddressRefusedError:
            log.warning("result.refused", job_id=request.job_id)
            return None
        except UnansweredError as error:
            log.warning("result.unreachable", job_id=request.job_id, cause=str(error))
            raise UnavailableError(*_UNFETCHED) from error

    def _request_url(self, handle: str) -> str:
        """The URL of a request has its endpoint's owner and app alone, as in fal.ai's own clients."""
        owner, _, rest = handle.partition("/")
        app, _, request_id = rest.partition("/")
        if not (_NAME.fullmatch(owner) and _NAME.fullmatch(app) and _ID.fullmatch(request_id)):
            raise LostError(*FORGOTTEN)
        return f"{self._settings.queue_url}/{owner}/{app}/requests/{request_id}"

    def _object(self, asked: Asked, answer: Answer) -> dict[str, Any]:
        """The JSON object of the answer to a question or a submission. Raises what its status means."""
        if not answer.is_success:
            raise refusal(answer, asked, is_start=False)
        found = answer.object()
        if found is None:
            raise UnavailableError(*ODD_ANSWER)
        return found

    def _call(
        self,
        asked: Asked,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        *,
        is_start: bool = False,
        bytes_max: int = _ANSWER_BYTES_MAX,
    ) -> Answer:
        """All calls to fal.ai are made here, but for a result's files."""
        try:
            key = as_header(self._settings.api_key())
            return exchange(
                method,
                url,
                {"Authorization": f"Key {key}", **(headers or {})},
                json.dumps(body).encode() if body is not None else None,
                limit_s=self._settings.call_s,
                bytes_max=bytes_max,
            )
        except HTTPX_ERRORS as error:
            raise as_provider_error(error, asked, is_start=is_start) from error


def _handle(endpoint: Endpoint, request_id: str) -> str:
    owner, app = endpoint.id.split("/")[:2]
    return f"{owner}/{app}/{request_id}"


def _files(request: ProviderRequest, result: Mapping[str, Any]) -> list[str]:
    """The addresses of the result's files. Raises LostError where there are none, and RejectedError where
    the safety checker has blackened all of them."""
    urls, blackened = _urls(result), result.get("has_nsfw_concepts")
    if isinstance(blackened, list) and len(blackened) == len(urls):
        if urls and all(flag is True for flag in blackened):
            raise RejectedError(*BLOCKED, may_have_billed=True)
        urls = [url for url, flag in zip(urls, blackened, strict=True) if flag is not True]
    if not urls:
        raise LostError(*NOTHING)
    return urls[: request.count]


def _urls(result: Mapping[str, Any]) -> list[str]:
    """As in `{"images": [{"url"}]}`, `{"image": {"url"}}` or `{"video": {"url"}}`."""
    listed = result.get("images")
    found = listed if isinstance(listed, list) else [result.get("image"), result.get("video")]
    urls = [each.get("url") if isinstance(each, dict) else None for each in found]
    return [url for url in urls if isinstance(url, str) and url]


def _is_of(item: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
    """Whether a request of the history was sent with this body, and has named a file. fal.ai may keep an
    input with its defaults filled in."""
    known, made = item.get("json_input"), item.get("json_output")
    if not isinstance(known, dict) or not isinstance(made, dict):
        return False
    return all(known.get(name) == value for name, value in body.items()) and bool(_urls(made))


def _was_sent_since(item: Mapping[str, Any], since: datetime) -> bool:
    sent_at = item.get("sent_at")
    try:
        moment = datetime.fromisoformat(sent_at) if isinstance(sent_at, str) else None
    except ValueError:
        return False
    return moment is not None and moment.tzinfo is not None and moment >= since


def _poll_in_s(request: ProviderRequest) -> float:
    own = _POLL_S[request.kind]
    return max(own, _POLL_BESIDE_WEBHOOK_S) if request.webhook_url else own
