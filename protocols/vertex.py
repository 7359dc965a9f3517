"""Vertex AI's protocol, as far as MediaForge speaks it: Gemini images and texts, Veo, Interactions. And the
Gemini API's, which is the same for images and texts, with a key in place of a project.

What the real services refuse is refused here, too (`protocols.bodies`).

A prompt's words say what goes wrong (`protocols.script`). At a submission, with `:N` for how often:
`#throttle` 429 · `#server-error` 500 · `#overloaded` 503 · `#cancelled` 499 · `#proxy-error` 503 that
comes from a proxy · `#rate` 429 that names a limit a minute · `#no-capacity` 429 because there is no
machine · `#quota` 429 that names a limit · `#slow` answers later than the client waits ·
`#reset` no answer · `#not-json` 200 that is no JSON. `#throttle` has
no `Retry-After`, as is usual; `#throttle-told` has one. Always: `#no-quota` 429 with a limit of 0 ·
`#no-billing` `#wrong-region` 400 FAILED_PRECONDITION · `#bad-request` 400 · `#bad-prompt` 400 with
a support code · `#forbidden` 403 · `#file-refused` 400 while files are named by address · `#odd-number`
`#odd-list` `#odd-null` `#odd-text` 200 with such JSON, and the same for a poll: `#poll-odd-number` ….
Images: `#prompt-blocked` `#image-safety` `#text-only` `#thought-only` `#blank-text` `#no-parts` `#no-content`
`#no-candidates` `#no-image` `#image-other` `#other`
`#malformed` `#new-reason` `#number-reason` `#too-long` · `#continued:N` asks for another call ·
`#partial:N` only the first N seeds that were seen · `#by-address:N` that many files by address, and no
more · `#inline` sends what it should store · `#jpeg` sends a JPEG and calls it a PNG · `#draft` sends a
draft before the image · `#large` 4096 pixels square · `#html` calls something else an image.
All outputs that are stored: `#elsewhere` names an address that is for browsers.
Videos: `#pending:N` polls · `#veo-filtered` `#operation-empty` `#operation-lost` `#operation-error:CODE` ·
`#poll-throttle:N` `#poll-error:N` `#poll-forbidden:N` `#poll-cancelled:N` 499 `#poll-bad-request:N` 400
`#poll-no-billing:N` 400 FAILED_PRECONDITION · Veo: `#large` 4k, 60 MB · `#html` · Omni: `#silent` stores
without saying · `#data` `#data-for-urls` `#data-in-lines` sends what it should store, after a thought ·
`#text-only` · `#prohibited` · `#failed` `#filtered` `#incomplete` `#over-budget` `#odd-errors` ·
`#forbidden-amid` `#refused-amid` with codes that are numbers · a status that is no end, N times:
`#no-status:N` `#new-status:N` `#continues:N` · `#needs-action` until it is cancelled ·
`#cancel-conflict` the cancel of an ended interaction is answered 409, and not 400.
Texts: `#bad-json:N` `#truncated-json:N` `#unknown-model-in-concept:N` `#too-few:N`.
"""

import base64
import io
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from socket import SHUT_RDWR
from threading import Lock
from typing import Any
from uuid import uuid4

import av
from flask import Flask, Response, jsonify, request
from PIL import Image

from protocols.bodies import RefusedError, check_content, check_interaction, check_veo
from protocols.large import large_film, large_png
from protocols.models import read_facts
from protocols.script import Script, read_script

Store = Callable[[str, bytes, str], None]
"""Puts (gs uri, content, content type) where the project's Storage is."""

_FACTS = read_facts()
IMAGE_MODELS = _FACTS.named("image")
TEXT_MODELS = _FACTS.named("text")
VIDEO_MODELS = _FACTS.named("veo")
OMNI_MODELS = _FACTS.named("omni")
SUBMITS = ("generateContent", "predictLongRunning", "interactions")
RETRY_AFTER_S = 7
GEMINI_KEY = "gemini-emulator"
"""The key that the Gemini API takes."""
_GEMINI = "/v1beta/models/<model>"
_PUBLISHED = "/v1beta1/projects/<project>/locations/<location>/publishers/google/models/<model>"
_INTERACTIONS = "/v1beta1/projects/<project>/locations/<location>/interactions"

Json = dict[str, Any]


# ---- the journal ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Received:
    """One request. `verb` is `generateContent`, `predictLongRunning`, `fetchPredictOperation`,
    `interactions`, `getInteraction` or `cancelInteraction`; `body` has snake_case keys and bytes.
    `server_timeout_s` is how long the caller says it will wait."""

    verb: str
    method: str
    path: str
    model: str
    prompt: str
    body: Json
    authorization: str
    server_timeout_s: str = ""
    api_key: str = ""


@dataclass
class Journal:
    """Everything that was received. Many threads may write at once."""

    requests: list[Received] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def add(self, received: Received) -> None:
        with self.lock:
            self.requests.append(received)

    def submits(self, prompt_part: str = "", model: str | None = None) -> int:
        """How many calls that may cost something had a prompt that contains `prompt_part`."""
        return len(self.of(*SUBMITS, prompt_part=prompt_part, model=model))

    def of(self, *verbs: str, prompt_part: str = "", model: str | None = None) -> list[Received]:
        with self.lock:
            return [
                received
                for received in self.requests
                if received.verb in verbs
                and prompt_part in received.prompt
                and model in (None, received.model)
            ]


def normalised(value: Any, key: str = "") -> Any:
    """The value with all keys in snake_case, and with bytes in place of base64 under the keys that have it.
    Callers mix camelCase and snake_case, and use both alphabets of base64."""
    if isinstance(value, Mapping):
        return {_snake(name): normalised(item, _snake(name)) for name, item in value.items()}
    if isinstance(value, list):
        return [normalised(item, key) for item in value]
    if key in ("data", "bytes_base64_encoded") and isinstance(value, str):
        return base64.b64decode(value.replace("-", "+").replace("_", "/"))
    return value


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda found: f"_{found[1].lower()}", name)


# ---- the server ----------------------------------------------------------------------------------


class _Answer(Exception):  # noqa: N818 - it ends the handling of a request, well or badly
    def __init__(self, response: Response) -> None:
        self.response = response


@dataclass
class _Started:
    """An operation or interaction that was started, and how often it was polled. `stored` is what it has
    written: once, at its end, however often it is polled afterwards."""

    model: str
    prompt: str
    body: Json
    is_cancelled: bool = False
    has_ended: bool = False
    polls: int = 0
    stored: set[str] = field(default_factory=set)


@dataclass
class _Vertex:
    store: Store
    journal: Journal
    slow_s: float
    script: Script = field(default_factory=Script)
    started: dict[str, _Started] = field(default_factory=dict)
    seeds: dict[str, list[int]] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)


def create_app(
    store: Store | None = None, journal: Journal | None = None, slow_s: float = 1.5
) -> Flask:
    """`#slow` answers after `slow_s` seconds."""
    vertex = _Vertex(store or (lambda *_: None), journal or Journal(), slow_s)
    app = Flask(__name__)

    @app.errorhandler(_Answer)
    def _end(answer: _Answer) -> Response:
        return answer.response

    @app.post(f"{_PUBLISHED}:<verb>")
    def _call(project: str, location: str, model: str, verb: str) -> Response:
        return _published(vertex, model, verb, location)

    @app.post(f"{_GEMINI}:<verb>")
    def _call_with_key(model: str, verb: str) -> Response:
        return _called_with_key(vertex, model, verb)

    @app.post(_INTERACTIONS)
    def _interact(project: str, location: str) -> Response:
        return _start_interaction(vertex, location)

    @app.get(f"{_INTERACTIONS}/<name>")
    def _ask(project: str, location: str, name: str) -> Response:
        return _interaction(vertex, "getInteraction", name)

    @app.post(f"{_INTERACTIONS}/<name>/cancel")
    def _cancel(project: str, location: str, name: str) -> Response:
        return _interaction(vertex, "cancelInteraction", name)

    return app


def _published(vertex: _Vertex, model: str, verb: str, location: str) -> Response:
    body = normalised(request.get_json())
    if verb == "fetchPredictOperation":
        return _operation(vertex, model, body)
    prompt = _prompt(body, verb)
    _receive(vertex, verb, model, prompt, body)
    known = _FACTS.models.get(model)
    does = {"generateContent": ("image", "text"), "predictLongRunning": ("veo",)}.get(verb, ())
    if known is None or known.does not in does or location not in known.locations:
        raise _refusal(404, "NOT_FOUND", _not_found(model))
    if verb == "predictLongRunning":
        _check(lambda: check_veo(body, known))
        _play_faults(vertex, prompt)
        return _start_video(vertex, model, prompt, body)
    _check(lambda: check_content(body, known))
    return _content(vertex, model, prompt, body)


def _called_with_key(vertex: _Vertex, model: str, verb: str) -> Response:
    body = normalised(request.get_json())
    prompt = _prompt(body, verb)
    _receive(vertex, verb, model, prompt, body)
    known = _FACTS.models.get(model)
    if known is None or not known.has_gemini_api or verb != "generateContent":
        message = (
            f"models/{model} is not found for API version v1beta, or is not supported for {verb}."
        )
        raise _refusal(404, "NOT_FOUND", message)
    _check(lambda: check_content(body, known, with_key=True))
    return _content(vertex, model, prompt, body)


def _content(vertex: _Vertex, model: str, prompt: str, body: Json) -> Response:
    _play_faults(vertex, prompt)
    is_text = model in TEXT_MODELS
    answer = _text(vertex, prompt) if is_text else _image(vertex, prompt, body)
    usage = {"usageMetadata": _usage(answer, "TEXT" if is_text else "IMAGE")}
    return jsonify(usage | answer | {"modelVersion": model, "responseId": uuid4().hex})


def _usage(answer: Json, modality: str) -> Json:
    """What an answer has used, as the service counts it: an answer without content has no output tokens."""
    made = 1120 if any("content" in each for each in answer.get("candidates", ())) else 0
    output = {"candidatesTokenCount": made} if made else {}
    details = [{"modality": modality, "tokenCount": made}]
    return {
        "promptTokenCount": 50,
        "totalTokenCount": 50 + made + 240,
        "thoughtsTokenCount": 240,
        "trafficType": "ON_DEMAND",
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 50}],
        **output,
        **({"candidatesTokensDetails": details} if made else {}),
    }


def _check(checked: Callable[[], None]) -> None:
    """Answers what the service does not take as it answers that."""
    try:
        checked()
    except RefusedError as refused:
        violation = {"field": refused.unknown.rpartition(".")[0], "description": refused.message}
        detail = {
            "@type": "type.googleapis.com/google.rpc.BadRequest",
            "fieldViolations": [violation],
        }
        details = [detail] if refused.unknown else None
        raise _refusal(400, "INVALID_ARGUMENT", refused.message, details) from None


def _not_found(model: str) -> str:
    name = f"{request.path.removeprefix('/v1beta1/').rpartition('/')[0]}/{model}"
    return (
        f"Publisher Model `{name}` was not found or your project does not have access to it. "
        "Please ensure you are using a valid model version."
    )


def _prompt(body: Json, verb: str) -> str:
    """The user's prompt, or the text that contains it: the first text with a word of the script, else the
    last. "" in a body of another shape, which is refused later."""
    try:
        if verb == "predictLongRunning":
            return str(body["instances"][0].get("prompt", ""))
        parts = body["contents"][0]["parts"]
        texts = [part["text"] for part in parts if "text" in part]
    except (KeyError, IndexError, TypeError, AttributeError):
        return ""
    return next((text for text in texts if read_script(text)), texts[-1] if texts else "")


def _receive(vertex: _Vertex, verb: str, model: str, prompt: str, body: Json) -> None:
    authorization = request.headers.get("Authorization", "")
    limit = request.headers.get("X-Server-Timeout", "")
    key = request.headers.get("X-Goog-Api-Key", "")
    vertex.journal.add(
        Received(verb, request.method, request.path, model, prompt, body, authorization, limit, key)
    )
    if request.path.startswith("/v1beta/"):
        _check_key(key)
    elif not authorization.startswith("Bearer "):
        raise _refusal(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.")


def _check_key(key: str) -> None:
    if not key:
        message = "Method doesn't allow unregistered callers. Please use API Key."
        raise _refusal(403, "PERMISSION_DENIED", message)
    if key != GEMINI_KEY:
        detail = {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "API_KEY_INVALID",
            "domain": "googleapis.com",
            "metadata": {"service": "generativelanguage.googleapis.com"},
        }
        message = "API key not valid. Please pass a valid API key."
        raise _refusal(400, "INVALID_ARGUMENT", message, [detail])


def _refusal(
    status: int, name: str, message: str, details: list[Json] | None = None, **headers: str
) -> _Answer:
    error: Json = {"code": status, "message": message, "status": name}
    response = jsonify({"error": error | ({"details": details} if details else {})})
    response.status_code = status
    response.headers.update({key.replace("_", "-"): value for key, value in headers.items()})
    return _Answer(response)


def _play_faults(vertex: _Vertex, prompt: str) -> None:
    """Raises the answer of a fault that comes before the submission is looked at."""
    script, is_due = read_script(prompt), vertex.script.is_due
    if is_due(prompt, "throttle"):
        raise _throttled()
    if is_due(prompt, "throttle-told"):
        raise _throttled(Retry_After=str(RETRY_AFTER_S))
    if is_due(prompt, "server-error"):
        raise _refusal(500, "INTERNAL", "Internal error encountered.")
    if is_due(prompt, "overloaded"):
        raise _refusal(503, "UNAVAILABLE", "The model is overloaded. Please try again later.")
    if is_due(prompt, "cancelled"):
        raise _cancelled()
    if is_due(prompt, "proxy-error"):
        raise _Answer(Response("upstream connect error or disconnect/reset before headers", 503))
    _play_limits(vertex, prompt)
    if is_due(prompt, "slow"):
        time.sleep(vertex.slow_s)
    if is_due(prompt, "reset"):
        _hang_up()
    if is_due(prompt, "not-json"):
        raise _Answer(Response("<html>Welcome</html>", content_type="text/html"))
    _answer_oddly(script, "odd")
    for word, refusal in _REFUSALS.items():
        if word in script:
            raise _refusal(*refusal)


_REFUSALS = {
    "bad-request": (400, "INVALID_ARGUMENT", "Request contains an invalid argument."),
    "bad-prompt": (
        400,
        "INVALID_ARGUMENT",
        "The prompt could not be submitted. Support codes: 90789179",
    ),
    "no-billing": (
        400,
        "FAILED_PRECONDITION",
        "This API method requires billing to be enabled. Please enable billing on project #1.",
    ),
    "wrong-region": (
        400,
        "FAILED_PRECONDITION",
        "User location is not supported for the API use.",
    ),
    "forbidden": (
        403,
        "PERMISSION_DENIED",
        "Permission 'aiplatform.endpoints.predict' denied on resource.",
    ),
}


def _play_limits(vertex: _Vertex, prompt: str) -> None:
    """Raises a 429 in one of its three meanings: too fast, no machine now, or a quota reached. It has no
    `Retry-After`, as is usual."""
    due, script, exhausted = vertex.script.is_due, read_script(prompt), "RESOURCE_EXHAUSTED"
    if due(prompt, "rate"):
        metric = "aiplatform.googleapis.com/online_prediction_requests_per_base_model"
        message = f"Quota exceeded for {metric} with base model: gemini-3-image."
        raise _refusal(429, exhausted, message, [_quota_info(metric, "60")])
    if due(prompt, "no-capacity"):
        message = "Resources are insufficient in region: us-central1. Please try another region."
        raise _refusal(429, exhausted, message)
    metric = "aiplatform.googleapis.com/concurrent_media_operations"
    message = f"The following quota metrics exceed quota limits: {metric}"
    if due(prompt, "quota"):
        raise _refusal(429, exhausted, message, [_quota_info(metric, "3")])
    if "no-quota" in script:
        raise _refusal(429, exhausted, message, [_quota_info(metric, "0")])


def _quota_info(metric: str, limit: str) -> Json:
    return {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "RATE_LIMIT_EXCEEDED",
        "domain": "googleapis.com",
        "metadata": {"quota_metric": metric, "quota_limit_value": limit},
    }


def _cancelled() -> _Answer:
    return _refusal(499, "CANCELLED", "The operation was cancelled.")


def _answer_oddly(script: Mapping[str, int], prefix: str) -> None:
    """Raises an answer that is JSON, but of a shape that no answer has."""
    for name, text in _ODD_ANSWERS.items():
        if f"{prefix}-{name}" in script:
            raise _Answer(Response(text, content_type="application/json"))


_ODD_ANSWERS = {"number": "5", "list": "[]", "null": "null", "text": '"x"'}


def _throttled(**headers: str) -> _Answer:
    message = (
        "Resource exhausted. Please try again later. Please refer to "
        "https://cloud.google.com/vertex-ai/generative-ai/docs/error-code-429 for more details."
    )
    return _refusal(429, "RESOURCE_EXHAUSTED", message, None, **headers)


def _hang_up() -> None:
    request.environ["werkzeug.socket"].shutdown(SHUT_RDWR)
    raise ConnectionResetError


# ---- images --------------------------------------------------------------------------------------


def _image(vertex: _Vertex, prompt: str, body: Json) -> Json:
    script, config = read_script(prompt), body.get("generation_config", {})
    if _file_addresses(body) and _is_file_refused(vertex, prompt, config.get("seed", 0)):
        message = f"Cannot fetch content from the provided URL: {_file_addresses(body)[0]}"
        raise _refusal(400, "INVALID_ARGUMENT", message)
    if vertex.script.is_due(prompt, "continued"):
        return {"candidates": [{"finishReason": "CONTINUATION", "continuationToken": "bW9yZQ=="}]}
    for word, answer in _WITHOUT_IMAGE.items():
        if word in script:
            return answer
    if "partial" in script and not _is_early(
        vertex, prompt, config.get("seed", 0), script["partial"]
    ):
        return _WITHOUT_IMAGE["image-safety"]
    png = large_png(4096, noise=1.5) if "large" in script else paint(prompt, config.get("seed", 0))
    folder = body.get("output_config", {}).get("output_uri_prefix")
    if folder is None or "inline" in script:
        content = as_jpeg(png) if "jpeg" in script else png
        said = "image/png"
        if "html" in script:
            content, said = b"<script></script>", "text/html"
        image = {"inlineData": {"mimeType": said, "data": _base64(content)}}
        draft = {"inlineData": {"mimeType": "image/png", "data": _base64(paint("draft", 0))}}
        return _candidate(*([draft] if "draft" in script else []), image)
    uri = f"{folder}sample_0.png"
    vertex.store(uri, png, "image/png")
    named = _elsewhere(uri) if "elsewhere" in script else uri
    return _candidate({"fileData": {"mimeType": "image/png", "fileUri": named}})


def _file_addresses(body: Json) -> list[str]:
    return [p["file_data"]["file_uri"] for p in body["contents"][0]["parts"] if "file_data" in p]


def _is_file_refused(vertex: _Vertex, prompt: str, seed: int) -> bool:
    script = read_script(prompt)
    if "by-address" in script:
        return not _is_early(vertex, prompt, seed, script["by-address"])
    return "file-refused" in script


def _is_early(vertex: _Vertex, prompt: str, seed: int, count: int) -> bool:
    """Whether a seed is among the first `count` that came with this prompt."""
    with vertex.lock:
        seeds = vertex.seeds.setdefault(prompt, [])
        if seed not in seeds:
            seeds.append(seed)
        return seeds.index(seed) < count


def _candidate(*parts: Json, reason: str = "STOP") -> Json:
    """A candidate that begins with a thought, as of the models that think: it must not be taken for the
    answer."""
    thought = {"text": "A plan.", "thought": True}
    content = {"role": "model", "parts": [thought, *parts]}
    return {"candidates": [{"content": content, "finishReason": reason}]}


def _filtered(reason: str, message: str = "") -> Json:
    return {"candidates": [{"finishReason": reason, "finishMessage": message}]}


_WITHOUT_IMAGE: dict[str, Json] = {
    "prompt-blocked": {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}},
    "image-safety": _filtered(
        "IMAGE_SAFETY", "Unable to show the generated image. Support codes: 15236754"
    ),
    "text-only": _candidate({"text": "I would rather not draw that."}),
    "thought-only": _candidate(),
    "blank-text": _candidate({"text": " "}),
    "no-parts": {
        "candidates": [{"content": {"role": "model", "parts": []}, "finishReason": "STOP"}]
    },
    "no-content": {"candidates": [{"finishReason": "STOP"}]},
    "no-candidates": {"candidates": []},
    "no-image": _filtered("NO_IMAGE"),
    "image-other": _filtered("IMAGE_OTHER"),
    "other": _filtered("OTHER"),
    "malformed": _filtered("MALFORMED_RESPONSE"),
    "new-reason": _filtered("REASON_OF_TOMORROW"),
    "number-reason": {"candidates": [{"finishReason": 5}]},
    "too-long": _candidate({"text": "Once upon a time"}, reason="MAX_TOKENS"),
}


def paint(prompt: str, seed: int) -> bytes:
    """A PNG in the prompt's colour."""
    red, green, blue = sha256(f"{prompt} {seed}".encode()).digest()[:3]
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), (red, green, blue)).save(buffer, "PNG")
    return buffer.getvalue()


def as_jpeg(png: bytes) -> bytes:
    buffer = io.BytesIO()
    Image.open(io.BytesIO(png)).save(buffer, "JPEG")
    return buffer.getvalue()


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


_ENCODINGS: dict[str, Callable[[bytes], str]] = {
    "data": _base64,
    "data-for-urls": lambda content: base64.urlsafe_b64encode(content).decode().rstrip("="),
    "data-in-lines": lambda content: base64.encodebytes(content).decode(),
}


# ---- Veo -----------------------------------------------------------------------------------------


def _start_video(vertex: _Vertex, model: str, prompt: str, body: Json) -> Response:
    model_path = request.path.removeprefix("/v1beta1/").removesuffix(":predictLongRunning")
    name = f"{model_path}/operations/{uuid4()}"
    _video_content(prompt)  # a large one takes longer to make than a poll may
    with vertex.lock:
        vertex.started[name] = _Started(model, prompt, body)
    return jsonify({"name": name})


def _operation(vertex: _Vertex, model: str, body: Json) -> Response:
    name = body["operation_name"]
    started = vertex.started.get(name)
    prompt = started.prompt if started else ""
    _receive(vertex, "fetchPredictOperation", model, prompt, body)
    expected = f"/v1beta1/{name.partition('/operations/')[0]}:fetchPredictOperation"
    if started is None or request.path != expected or "operation-lost" in read_script(prompt):
        raise _refusal(404, "NOT_FOUND", f"Operation {name} was not found.")
    _play_poll_faults(vertex, prompt)
    if _is_pending(vertex, started):
        return jsonify({"name": name})
    return jsonify({"name": name, "done": True} | _video_result(vertex, name, started))


def _play_poll_faults(vertex: _Vertex, prompt: str) -> None:
    if vertex.script.is_due(prompt, "poll-throttle"):
        raise _throttled()
    if vertex.script.is_due(prompt, "poll-error"):
        raise _refusal(503, "UNAVAILABLE", "The service is currently unavailable.")
    if vertex.script.is_due(prompt, "poll-forbidden"):
        raise _refusal(403, "PERMISSION_DENIED", "Permission denied on resource.")
    if vertex.script.is_due(prompt, "poll-cancelled"):
        raise _cancelled()
    if vertex.script.is_due(prompt, "poll-bad-request"):
        raise _refusal(400, "INVALID_ARGUMENT", "Request contains an invalid argument.")
    if vertex.script.is_due(prompt, "poll-no-billing"):
        raise _refusal(*_REFUSALS["no-billing"])
    _answer_oddly(read_script(prompt), "poll-odd")


def _is_pending(vertex: _Vertex, started: _Started) -> bool:
    with vertex.lock:
        started.polls += 1
        return started.polls <= read_script(started.prompt).get("pending", 0)


def _video_result(vertex: _Vertex, name: str, started: _Started) -> Json:
    script = read_script(started.prompt)
    if "operation-error" in script:
        return {"error": {"code": script["operation-error"], "message": "It did not work out."}}
    if "operation-empty" in script:
        return {}
    response: Json = {
        "@type": "type.googleapis.com/cloud.ai.large_models.vision.GenerateVideoResponse"
    }
    if "veo-filtered" in script:
        reasons = ["The video was filtered. Support codes: 63429089"]
        return {
            "response": response | {"raiMediaFilteredCount": 1, "raiMediaFilteredReasons": reasons}
        }
    parameters = started.body["parameters"]
    count = parameters.get("sample_count", 1)
    folder = parameters.get("storage_uri")
    content = _video_content(started.prompt)
    if folder is None:
        inline = {"bytesBase64Encoded": _base64(content), "mimeType": "video/mp4"}
        return {"response": response | {"videos": [inline] * count}}
    uris = [f"{folder}{name.rpartition('/')[2]}/sample_{index}.mp4" for index in range(count)]
    for uri in uris:
        _store_once(vertex, started, uri, content)
    named = [_elsewhere(uri) if "elsewhere" in script else uri for uri in uris]
    said = "text/html" if "html" in script else "video/mp4"
    videos = [{"gcsUri": uri, "mimeType": said} for uri in named]
    return {"response": response | {"videos": videos}}


def _store_once(vertex: _Vertex, started: _Started, uri: str, content: bytes) -> None:
    with vertex.lock:
        if uri not in started.stored:
            started.stored.add(uri)
            vertex.store(uri, content, "video/mp4")


def _video_content(prompt: str) -> bytes:
    return large_film(3840, 2160, size_mb=60) if "large" in read_script(prompt) else film()


@cache
def film() -> bytes:
    """A second of MP4 that plays."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=8)
        stream.width, stream.height, stream.pix_fmt = 64, 36, "yuv420p"
        for number in range(8):
            picture = Image.new("RGB", (64, 36), (number * 30, 90, 160))
            frame = av.VideoFrame.from_image(picture)  # type: ignore[no-untyped-call]  # as shipped
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return buffer.getvalue()


# ---- Omni ----------------------------------------------------------------------------------------


def _start_interaction(vertex: _Vertex, location: str) -> Response:
    body = normalised(request.get_json())
    prompt, model = _interaction_prompt(body), str(body.get("model"))
    _receive(vertex, "interactions", model, prompt, body)
    known = _FACTS.models.get(model)
    if known is None or known.does != "omni" or location not in known.locations:
        raise _refusal(404, "NOT_FOUND", _not_found(model))
    _check(lambda: check_interaction(body, known))
    _play_faults(vertex, prompt)
    name = uuid4().hex
    with vertex.lock:
        vertex.started[name] = _Started(model, prompt, body)
    return jsonify({"id": name, "object": "interaction", "status": "queued"})


def _interaction_prompt(body: Json) -> str:
    """ "" in a body of another shape, which is refused later."""
    try:
        content = body["input"][0]["content"]
        return str(next(part["text"] for part in content if part["type"] == "text"))
    except (KeyError, IndexError, TypeError, StopIteration):
        return ""


def _interaction(vertex: _Vertex, verb: str, name: str) -> Response:
    started = vertex.started.get(name)
    prompt = started.prompt if started else ""
    _receive(vertex, verb, started.model if started else "", prompt, {})
    if started is None or "operation-lost" in read_script(prompt):
        raise _refusal(404, "NOT_FOUND", f"Interaction {name} was not found.")
    if verb == "cancelInteraction":
        _refuse_the_end(started)
        started.is_cancelled = True
    else:
        _play_poll_faults(vertex, prompt)
    return jsonify({"id": name, "model": started.model} | _interaction_state(vertex, name, started))


def _refuse_the_end(started: _Started) -> None:
    if started.has_ended and "cancel-conflict" in read_script(started.prompt):
        raise _refusal(409, "ABORTED", "The interaction is not in a state to be cancelled.")
    if started.has_ended:
        raise _refusal(400, "FAILED_PRECONDITION", "The interaction has ended.")


def _interaction_state(vertex: _Vertex, name: str, started: _Started) -> Json:
    script = read_script(started.prompt)
    if started.is_cancelled:
        return {"status": "cancelled"}
    if _is_pending(vertex, started):
        return {"status": "in_progress"}
    for word, state in _NO_END.items():
        if vertex.script.is_due(started.prompt, word):
            return state
    if "needs-action" in script:
        return {"status": "requires_action"}
    started.has_ended = True
    for word, state in _WITHOUT_VIDEO.items():
        if word in script:
            return state
    uri = f"{started.body['response_format']['gcs_uri']}{name}.mp4"
    address = {"uri": _elsewhere(uri)} if "elsewhere" in script else {}
    for word, encode in _ENCODINGS.items():
        if word in script:
            data = encode(film())
            return _completed({"type": "video", "mime_type": "video/mp4", "data": data} | address)
    _store_once(vertex, started, uri, film())
    if "silent" in script:
        return {"status": "completed", "steps": []}
    return _completed({"type": "video", "mime_type": "video/mp4", "uri": uri} | address)


def _elsewhere(uri: str) -> str:
    """The file's address for a browser."""
    return uri.replace("gs://", "https://storage.googleapis.com/")


def _completed(content: Json) -> Json:
    """A completed interaction as the service answers it: a thought, then the output."""
    thought = {"type": "thought", "signature": "c2lnbmVk"}
    output = {"type": "model_output", "content": [content]}
    usage = {
        "total_tokens": 6465,
        "total_input_tokens": 18,
        "total_output_tokens": 6166,
        "output_tokens_by_modality": [{"modality": "video", "tokens": 5793}],
        "total_thought_tokens": 281,
    }
    told = {"object": "interaction", "service_tier": "standard", "usage": usage}
    return told | {"status": "completed", "steps": [thought, output]}


_NO_END: dict[str, Json] = {
    "no-status": {},
    "new-status": {"status": "status_of_tomorrow"},
    "continues": {"status": "requires_continuation"},
}
_WITHOUT_VIDEO: dict[str, Json] = {
    "failed": {"status": "failed", "errors": [{"code": "internal", "message": "It broke."}]},
    "filtered": {
        "status": "failed",
        "errors": [{"code": "content_blocked", "message": "Filtered. Support codes: 63429089"}],
    },
    "prohibited": {
        "status": "failed",
        "errors": [{"code": "PROHIBITED_CONTENT", "message": "It violates our policies."}],
    },
    "text-only": _completed({"type": "text", "text": "I would rather not film that."}),
    "incomplete": {"status": "incomplete"},
    "over-budget": {"status": "budget_exceeded"},
    "forbidden-amid": {"status": "failed", "errors": [{"code": 7, "message": "no"}]},
    "refused-amid": {"status": "failed", "errors": [{"code": 3, "message": "no"}]},
    "odd-errors": {"status": "failed", "errors": ["It broke."]},
    "operation-empty": {"status": "completed", "steps": []},
}


# ---- texts ---------------------------------------------------------------------------------------


def _text(vertex: _Vertex, prompt: str) -> Json:
    """Concepts for the brief that is in the prompt, between `<brief>` and `</brief>`."""
    for word in ("prompt-blocked", "no-candidates", "number-reason"):
        if word in read_script(prompt):
            return _WITHOUT_IMAGE[word]
    if vertex.script.is_due(prompt, "bad-json"):
        return _candidate({"text": "Certainly! Here are your concepts."})
    found = re.search(r"<brief>(.*)</brief>", prompt, re.DOTALL)
    assert found, "a director sends its brief between tags"
    sheet = _sheet(vertex, prompt, json.loads(found[1]))
    text = json.dumps(sheet)
    if vertex.script.is_due(prompt, "truncated-json"):
        return _candidate({"text": text[: len(text) // 2]}, reason="MAX_TOKENS")
    return _candidate({"text": text})


def _sheet(vertex: _Vertex, prompt: str, brief: Json) -> Json:
    count = brief["count"] - (1 if vertex.script.is_due(prompt, "too-few") else 0)
    models = brief["models"]
    concepts = [_concept(brief["text"], models[i % len(models)], i) for i in range(count)]
    if vertex.script.is_due(prompt, "unknown-model-in-concept"):
        concepts[0]["model"] = "imagen-9"
    return {"rationale": "They differ in what they show.", "concepts": concepts}


def _concept(text: str, model: Json, index: int) -> Json:
    return {
        "title": f"Idea {index + 1}",
        "prompt": f"View {index + 1} of {text}",
        "negative_prompt": "",
        "kind": model["kind"],
        "aspect_ratio": model["aspect_ratios"][0],
        "model": model["id"],
    }
