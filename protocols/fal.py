"""fal.ai's queue, as far as MediaForge speaks it: submit, status, result, cancel, the webhook, the history of
an account, and the files of results. Each host is a folder here: /queue.fal.run/…, /api.fal.ai/….

Sources: fal.ai/docs/documentation/model-apis/inference/queue and …/webhooks; the OpenAPI description of
the queue, fal.ai/docs/api-reference/inference-api/openapi/queue.json; …/model-apis/errors.md and
request-errors.md; fal.ai/docs/platform-apis/v1/models/requests/by-endpoint.md; the answers' fields:
github.com/fal-ai/fal, projects/fal_client/src/fal_client/client.py. What a model takes is in
`protocols.fal_models`. As there, the queue takes any body, and the model refuses it: its answer is the
result.

Words in a prompt say what goes wrong (`:N` is how many times; after that all is well):
- at the submission: `#throttle:N`, `#server-error:N`, `#overloaded:N` (503), `#cancelled-call:N` (499),
  `#locked:N` (403, no money left), `#bad-request:N`; the request is queued, but its id is not told:
  `#not-json:N`, `#no-id:N`, `#reset:N`, `#slow:N`
- at a status: `#status-error:N` (502), `#status-bad-request:N`, `#status-cancelled:N` (499),
  `#status-throttle:N`, `#status-not-json:N`, `#status-reset:N`, `#status-slow:N`, `#status-trickle:N`,
  `#status-huge:N`; `#gone`
- at the result: `#result-error:N` (502 of a proxy), `#result-throttle:N`, `#result-not-json:N`
- at a cancel: `#cancel-error:N`, `#cancel-ended:N` (400)
- with the request: `#pending:N` statuses until its end, `#new-state`, `#failed` (500), `#timed-out` (504),
  `#stopped` (499), `#blocked`, `#blocked-in-part` (the model's checker blackens the first picture),
  `#blackened` (all), `#rejected`, `#rejected-in-words`, `#unreadable`, `#nothing-made`, `#retryable`
- with the files: `#deliver:N`, `#no-files`, `#file-away:N` (503), `#file-gone`, `#private`, `#redirect`,
  `#data-uri`, `#forge` (it is no picture), `#flood` (and is 70 MB), `#large` (2048 pixels square, or 1080p of
  30 MB)
- in the history: `#unlisted`, `#history-error:N`
"""

import base64
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
from flask import Flask, Response, jsonify, request

from protocols.fal_models import MODELS, Model, Wrong
from protocols.runpod import make_file
from protocols.script import Script, read_script

Json = dict[str, Any]
Read = Callable[[str], bytes | None]
"""Reads a picture at an address; None where it cannot be read."""

_WEBHOOK_TRIES = 10
_HISTORY_PAGE_MAX = 100
_ENDED = "COMPLETED"
_CHECKED = (
    "The content could not be processed because it contained material flagged by a content checker."
)
_PNG_HEAD = b"\x89PNG"


@dataclass
class Work:
    """One request: what was sent, and how far it is. `result` is the model's answer: status, body and
    headers."""

    id: str
    endpoint: str
    input: Json
    webhook: str | None
    headers: Mapping[str, str]
    status: str = "IN_QUEUE"
    statuses: int = 0
    result: tuple[int, Json, dict[str, str]] | None = None
    sent_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def prompt(self) -> str:
        return str(self.input.get("prompt", ""))

    @property
    def has_failed(self) -> bool:
        return self.result is not None and self.result[0] != httpx.codes.OK


@dataclass
class Journal:
    """What reached the server, and the requests and files that it holds. `submits` counts the requests that
    were queued, whether or not the answer arrived."""

    requests: list[tuple[str, str, Json]] = field(default_factory=list)
    works: dict[str, Work] = field(default_factory=dict)
    files: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    webhooks: list[int] = field(default_factory=list)
    submits: int = 0
    script: Script = field(default_factory=Script)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def of(self, method: str, end: str = "") -> list[str]:
        """The paths of the requests with this method that end like this."""
        return [path for by, path, _ in self.requests if by == method and path.endswith(end)]


def create_app(  # a test may set each of these facts of the server
    read: Read,
    journal: Journal | None = None,
    *,
    api_key: str = "fal-key",
    slow_s: float = 3.0,
    ends_after_s: float | None = None,
    webhook_pause_s: float = 10.0,
) -> Flask:
    """Requests advance by a step with each status; with `ends_after_s` they also end by themselves, as real
    ones do, unless their prompt says how many statuses they take."""
    server = _Server(read, journal or Journal(), slow_s, ends_after_s, webhook_pause_s)
    app = Flask(__name__)

    @app.before_request
    def admit() -> Response | None:
        body = request.get_json(silent=True)
        with server.journal.lock:
            sent = body if isinstance(body, dict) else {}
            server.journal.requests.append((request.method, request.path, sent))
        is_file = request.path.startswith("/v3.fal.media/")  # open to whoever knows the address
        if is_file or request.headers.get("Authorization") == f"Key {api_key}":
            return None
        return _error(401, "Cannot access application. Authentication is required to access this.")

    queue = "/queue.fal.run/<owner>/<name>"
    app.post(f"{queue}")(server.submit)
    app.post(f"{queue}/<path:path>")(server.submit)
    app.get(f"{queue}/requests/<request_id>/status")(server.status)
    app.get(f"{queue}/requests/<request_id>")(server.result)
    app.put(f"{queue}/requests/<request_id>/cancel")(server.cancel)
    app.get("/api.fal.ai/v1/models/requests/by-endpoint")(server.history)
    app.get("/v3.fal.media/files/<name>")(server.file)
    return app


@dataclass
class _Server:
    read: Read
    journal: Journal
    slow_s: float
    ends_after_s: float | None
    webhook_pause_s: float

    # ---- the queue ---------------------------------------------------------------------------

    def submit(self, owner: str, name: str, path: str = "") -> Response:
        body = request.get_json(silent=True)
        endpoint = "/".join(part for part in (owner, name, path) if part)
        if not isinstance(body, dict):
            return _error(400, "Invalid JSON")
        prompt = str(body.get("prompt", ""))
        refusal = self._refuse_submission(prompt)
        if refusal:
            return refusal
        if endpoint not in MODELS:
            return _error(404, f"Path /{path} not found" if path else "Application not found")
        work = self._accept(endpoint, body)
        return self._lose_answer(prompt) or jsonify(
            {**_urls(work), "status": "IN_QUEUE", "queue_position": 0}
        )

    def _refuse_submission(self, prompt: str) -> Response | None:
        """The refusal of a submission, if one is due: nothing is queued."""
        due = self.journal.script.is_due
        if due(prompt, "throttle"):
            return _error(429, "Too many requests", {"Retry-After": "7"})
        if due(prompt, "server-error"):
            return _error(500, "Internal server error")
        for word, status in {"overloaded": 503, "cancelled-call": 499}.items():
            if due(prompt, word):
                return _error(status, "not now")
        if due(prompt, "locked"):
            why = "Exhausted balance. Top up your balance at fal.ai/dashboard/billing."
            return _error(403, f"User is locked. Reason: {why}")
        return _error(400, "Bad request") if due(prompt, "bad-request") else None

    def _accept(self, endpoint: str, body: Json) -> Work:
        work = Work(
            str(uuid4()), endpoint, body, request.args.get("fal_webhook"), dict(request.headers)
        )
        with self.journal.lock:
            self.journal.works[work.id] = work
            self.journal.submits += 1
        if self.ends_after_s is not None and "pending" not in read_script(work.prompt):
            threading.Timer(self.ends_after_s, self._end, [work, request.host_url]).start()
        return work

    def _lose_answer(self, prompt: str) -> Response | None:
        """An answer that does not tell the request's id, if one is due: it is queued, but the caller does not
        know."""
        due = self.journal.script.is_due
        if due(prompt, "reset"):
            return _reset()
        if due(prompt, "slow"):
            time.sleep(self.slow_s)
        if due(prompt, "not-json"):
            return Response("<html>Bad gateway</html>", 200)
        return jsonify(status="IN_QUEUE") if due(prompt, "no-id") else None

    def status(self, owner: str, name: str, request_id: str) -> Response:
        work = self._work(owner, name, request_id)
        if work is None or "gone" in read_script(work.prompt):
            return _error(404, "Request not found")
        refusal = self._refuse_status(work.prompt)
        if refusal:
            return refusal
        self._advance(work)
        said: Json = {**_urls(work), "status": work.status}
        if work.status == "IN_QUEUE":
            said["queue_position"] = 1
        if work.status == _ENDED:
            said |= {"metrics": {"inference_time": 1.4}, "logs": None}
        if work.has_failed and work.result is not None:
            status, _, headers = work.result
            said["error"] = f"Request failed with {status}"
            if "X-Fal-Error-Type" in headers:
                said["error_type"] = headers["X-Fal-Error-Type"]
        answer = jsonify(said)
        answer.status_code = 200 if work.status == _ENDED else 202
        return answer

    def _refuse_status(self, prompt: str) -> Response | None:
        due = self.journal.script.is_due
        refused = {"status-error": 502, "status-bad-request": 400, "status-cancelled": 499}
        for word, status in refused.items():
            if due(prompt, word):
                return Response("<html>nginx</html>", status)
        if due(prompt, "status-throttle"):
            return _error(429, "Too many requests", {"Retry-After": "3"})
        if due(prompt, "status-not-json"):
            return Response("<html>", 200)
        if due(prompt, "status-slow"):
            time.sleep(self.slow_s)
        if due(prompt, "status-trickle"):
            return Response(self._trickle())
        if due(prompt, "status-huge"):
            return Response(b" " * 40_000_000 + b'{"status": "IN_PROGRESS"}')
        return _reset() if due(prompt, "status-reset") else None

    def _trickle(self) -> Iterator[bytes]:
        """An answer that is never silent for long, but takes long to end."""
        for _ in range(int(self.slow_s * 10)):
            yield b" "
            time.sleep(0.1)
        yield b'{"status": "IN_PROGRESS"}'

    def _advance(self, work: Work) -> None:
        with self.journal.lock:
            work.statuses += 1
            if work.status == _ENDED:
                return
            if work.statuses > read_script(work.prompt).get("pending", 1):
                self._end(work, request.host_url)
            elif "new-state" in read_script(work.prompt):
                work.status = "IN_REPAIR"
            elif work.statuses > 1:
                work.status = "IN_PROGRESS"

    def result(self, owner: str, name: str, request_id: str) -> Response:
        work = self._work(owner, name, request_id)
        if work is None:
            return _error(404, "Request not found")
        due = self.journal.script.is_due
        if due(work.prompt, "result-error"):
            return Response("<html>502 nginx</html>", 502)
        if due(work.prompt, "result-throttle"):
            return _error(429, "Too many requests", {"Retry-After": "3"})
        if due(work.prompt, "result-not-json"):
            return Response("<html>", 200)
        if work.result is None:
            return _error(400, "Request is still in progress")
        status, body, headers = work.result
        return Response(
            json.dumps(body),
            status,
            {"X-Fal-Request-Id": work.id, **headers},
            "application/json",
        )

    def cancel(self, owner: str, name: str, request_id: str) -> Response:
        with self.journal.lock:
            work = self._work(owner, name, request_id)
            if work is None:
                return _said(404, "NOT_FOUND")
            if self.journal.script.is_due(work.prompt, "cancel-error"):
                return _error(500, "Internal server error")
            is_late = self.journal.script.is_due(work.prompt, "cancel-ended")
            if is_late or work.status == _ENDED:
                return _said(400, "ALREADY_COMPLETED")
            was_waiting = work.status == "IN_QUEUE"
            work.status, work.result = _ENDED, _stopped()
            return _said(*(200, "OK") if was_waiting else (202, "CANCELLATION_REQUESTED"))

    def _work(self, owner: str, name: str, request_id: str) -> Work | None:
        with self.journal.lock:
            work = self.journal.works.get(request_id)
        is_its_own = work is not None and work.endpoint.split("/")[:2] == [owner, name]
        return work if is_its_own else None

    # ---- the model ---------------------------------------------------------------------------

    def _end(self, work: Work, host_url: str) -> None:
        with self.journal.lock:
            if work.status == _ENDED:
                return
            work.result = self._outcome(work, host_url)
            work.status = _ENDED
        if work.webhook:
            threading.Thread(target=self._call_webhook, args=[work], daemon=True).start()

    def _outcome(self, work: Work, host_url: str) -> tuple[int, Json, dict[str, str]]:
        """The model's answer."""
        told, model = read_script(work.prompt), MODELS[work.endpoint]
        wrong = list(model.wrong(work.input)) or self._unread(work, model)
        if wrong:
            return _refused(wrong)
        if "failed" in told:
            return 500, {"detail": "Internal Server Error"}, _of_type("internal_error")
        if "timed-out" in told:
            said = {"detail": "Request timed out", "error_type": "startup_timeout"}
            return 504, said, _of_type("startup_timeout")
        if "stopped" in told:
            return _stopped()
        if "rejected-in-words" in told:
            return 422, {"detail": f"cannot do: {work.prompt}"}, {}
        if "retryable" in told:
            slow: Wrong = (["body"], "Generation timed out", "generation_timeout")
            return _refused([slow], {"X-Fal-Retryable": "true"})
        for word, (message, kind) in _REFUSALS.items():
            if word in told:
                return _refused([(["body", "prompt"], message, kind)])
        return 200, self._made(work, model, host_url), {}

    def _unread(self, work: Work, model: Model) -> list[Wrong]:
        """What is wrong with the pictures that were named."""
        named = [(name, work.input.get(name)) for name in model.pictures]
        for name, said in named:
            for address in said if isinstance(said, list) else [said] if said else []:
                if self.read(str(address)) is None:
                    where: list[str | int] = ["body", name]
                    return [(where, "Failed to download the file.", "file_download_error")]
        return []

    def _made(self, work: Work, model: Model, host_url: str) -> Json:
        told, count = read_script(work.prompt), int(work.input.get("num_images", 1))
        if "no-files" in told:
            return {model.makes: [] if model.makes == "images" else None}
        files = [
            self._stored(work, model, host_url, index)
            for index in range(told.get("deliver", count))
        ]
        made: Json = {model.makes: files if model.makes == "images" else files[0]}
        if model.tells_seed:
            made["seed"] = work.input.get("seed", 1)
        if "blackened" in told or "blocked-in-part" in told:
            made["has_nsfw_concepts"] = ["blackened" in told or n == 0 for n in range(len(files))]
        return made

    def _stored(self, work: Work, model: Model, host_url: str, index: int) -> Json:
        told = read_script(work.prompt)
        content = make_file(_drawing(work.input, model), index)
        content_type = "video/mp4" if model.makes == "video" else "image/png"
        if "forge" in told:
            content = b"<script>alert(1)</script>"
        if "flood" in told:
            content = bytes(70_000_000)
        name = f"{uuid4().hex}.{content_type.rpartition('/')[2]}"
        with self.journal.lock:
            self.journal.files[name] = content, work.prompt
        url = f"{host_url}v3.fal.media/files/{name}"
        if "private" in told:
            url = "http://169.254.169.254/computeMetadata/v1/"
        if "data-uri" in told:
            url = f"data:{content_type};base64,{base64.b64encode(content).decode()}"
        return {
            "url": url,
            "content_type": content_type,
            "file_name": name,
            "file_size": len(content),
        }

    def file(self, name: str) -> Response:
        with self.journal.lock:
            content, prompt = self.journal.files.get(name, (b"", "#file-gone"))
        if self.journal.script.is_due(prompt, "file-away"):
            return Response("not now", 503)
        told = read_script(prompt)
        if "file-gone" in told:
            return Response("gone", 404)
        if "redirect" in told:
            return Response("", 302, {"Location": "http://127.0.0.1:1/"})
        is_picture = content.startswith(_PNG_HEAD)
        return Response(content, 200, content_type="image/png" if is_picture else "video/mp4")

    # ---- what an account may ask of its past, and what it is told ----------------------------

    def history(self) -> Response:
        """Requests that have ended, the last first."""
        with self.journal.lock:
            works = list(self.journal.works.values())[::-1]
        wanted = {part for each in request.args.getlist("endpoint_id") for part in each.split(",")}
        limit = int(request.args.get("limit", 50))
        if not wanted or limit > _HISTORY_PAGE_MAX:
            return _error(422, "endpoint_id is missing, or limit is over 100")
        found = [work for work in works if work.endpoint in wanted and work.status == _ENDED]
        if any(self.journal.script.is_due(work.prompt, "history-error") for work in found):
            return _error(500, "Internal server error")
        if request.args.get("status") == "success":
            found = [work for work in found if not work.has_failed]
        listed = [work for work in found if "unlisted" not in read_script(work.prompt)]
        items = [_listed(work, request.args.get("expand")) for work in listed[:limit]]
        return jsonify(items=items, next_cursor=None, has_more=len(listed) > limit)

    def _call_webhook(self, work: Work) -> None:
        """Calls the webhook with the result, until it is answered with success: at most ten times."""
        assert work.result is not None
        _, body, _ = work.result
        envelope = {
            "request_id": work.id,
            "gateway_request_id": work.id,
            "status": "ERROR" if work.has_failed else "OK",
            "payload": body,
        }
        for attempt in range(_WEBHOOK_TRIES):
            if attempt:
                time.sleep(self.webhook_pause_s)
            try:
                status = httpx.post(str(work.webhook), json=envelope, timeout=15).status_code
            except httpx.HTTPError:
                continue
            with self.journal.lock:
                self.journal.webhooks.append(status)
            if httpx.codes.is_success(status):
                return


_REFUSALS = {
    "blocked": (_CHECKED, "content_policy_violation"),
    "rejected": ("Value error", "value_error"),
    "unreadable": ("Failed to load the image.", "image_load_error"),
    "nothing-made": ("No media was generated.", "no_media_generated"),
}


def _refused(
    wrong: list[Wrong], headers: dict[str, str] | None = None
) -> tuple[int, Json, dict[str, str]]:
    detail = [
        {
            "loc": where,
            "msg": message,
            "type": kind,
            "url": f"https://docs.fal.ai/errors#{kind}",
            "input": "what was sent",
        }
        for where, message, kind in wrong
    ]
    return 422, {"detail": detail}, {"X-Fal-Retryable": "false"} | (headers or {})


def _stopped() -> tuple[int, Json, dict[str, str]]:
    said = {"detail": "Request was cancelled", "error_type": "client_cancelled"}
    return 499, said, _of_type("client_cancelled")


def _of_type(error_type: str) -> dict[str, str]:
    return {"X-Fal-Error-Type": error_type}


def _urls(work: Work) -> Json:
    """The URLs have the owner and the app alone."""
    app = "/".join(work.endpoint.split("/")[:2])
    base = f"https://queue.fal.run/{app}/requests/{work.id}"
    return {
        "request_id": work.id,
        "response_url": base,
        "status_url": f"{base}/status",
        "cancel_url": f"{base}/cancel",
    }


def _listed(work: Work, expand: str | None) -> Json:
    status = work.result[0] if work.result else 0
    sent_at = work.sent_at
    item: Json = {
        "request_id": work.id,
        "endpoint_id": work.endpoint,
        "sent_at": _told(sent_at),
        "started_at": _told(sent_at + timedelta(seconds=4)),
        "ended_at": _told(sent_at + timedelta(seconds=7)),
        "status_code": status,
        "duration": 3.0,
    }
    if expand == "payloads":
        item |= {
            "json_input": work.input | {"enable_safety_checker": True},
            "json_output": work.result[1] if work.result else None,
        }
    return item


def _told(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _drawing(body: Json, model: Model) -> Json:
    """What `make_file` reads: the edges and, of a film, its length and rate."""
    size = body.get("image_size")
    width, height = (size["width"], size["height"]) if isinstance(size, dict) else (1024, 1024)
    if model.makes == "video":
        width, height = (720, 1280) if body.get("aspect_ratio") == "9:16" else (1280, 720)
    return {
        "media_type": "video" if model.makes == "video" else "image",
        "prompt": body.get("prompt", ""),
        "width": width,
        "height": height,
        "seed": body.get("seed", 1),
        "fps": 24,
        "duration_seconds": int(body.get("duration", 5)),
    }


def _said(status: int, word: str) -> Response:
    return Response(json.dumps({"status": word}), status, content_type="application/json")


def _error(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps({"detail": message}), status, headers, "application/json")


def _reset() -> Response:
    """Ends the connection in the middle. The response that is returned reaches nobody."""
    connection = request.environ["werkzeug.socket"]
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.shutdown(socket.SHUT_RDWR)
    return Response(status=500)
