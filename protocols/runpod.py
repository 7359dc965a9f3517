"""RunPod's queue-based endpoints: what `/run`, `/status`, `/cancel` and `/health` answer, and the webhook.

Source: github.com/runpod/docs, serverless/endpoints. Behind the endpoints is a worker like ours: it reads its
input by our worker's own rules, fetches its pictures, makes a small but real picture or video, and puts it
where it was lent an address, or sends it as base64.

Words in a prompt say what goes wrong (`:N` is how many times; after that all is well):
- at `/run`: `#throttle:N`, `#server-error:N`, `#overloaded:N` (503), `#cancelled-call:N` (499),
  `#no-funds:N` (402), `#bad-request:N`; the job is made, but its id is not told:
  `#not-json:N`, `#no-id:N`, `#reset:N`, `#slow:N`
- at `/status`: `#status-error:N`, `#status-bad-request:N`, `#status-cancelled:N` (499),
  `#status-throttle:N`, `#status-not-json:N`, `#status-reset:N`, `#status-slow:N`, `#status-trickle:N`,
  `#status-header-trickle:N`, `#status-huge:N`; `#gone`
- at `/cancel`: `#cancel-error:N`; nothing is done: `#cancel-bad-request:N`, `#cancel-conflict:N`
- with the job: `#pending:N` statuses until its end, `#failed`, `#failed-in-words`, `#cancelled`,
  `#timed-out`, `#new-state`
- with the worker: `#base64`, `#bad-base64`, `#no-output`, `#odd-type`, `#deliver:N`, `#twice`, `#foreign`,
  `#foreign-bucket`, `#forge` (what it stores is no picture), `#flood` (and is 64 MB), `#unavailable`,
  `#rejected`, `#rejected-by-sdk` (an `error` that the SDK has lifted out of what the handler returned),
  `#large` (2048 pixels square, or 1080p of 30 MB)
"""

import base64
import json
import socket
import struct
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import av
import httpx
from flask import Flask, Response, jsonify, request
from PIL import Image

from protocols.large import large_film, large_png
from protocols.script import Script, read_script

Json = dict[str, Any]


class Lent(Protocol):
    """What a worker can do with the addresses that it was lent. Each begins with one of `origins`."""

    @property
    def origins(self) -> tuple[str, ...]: ...

    def put(self, url: str, headers: Mapping[str, str], content: bytes) -> bool:
        """Whether the file was taken."""
        ...

    def get(self, url: str) -> bytes | None:
        """The file; None where it cannot be read."""
        ...


@dataclass(frozen=True)
class LentByHttp:
    origins: tuple[str, ...]

    def put(self, url: str, headers: Mapping[str, str], content: bytes) -> bool:
        put = httpx.put(url, headers=headers, content=content, timeout=60, trust_env=False)
        return put.is_success

    def get(self, url: str) -> bytes | None:
        answer = httpx.get(url, timeout=60, trust_env=False)
        return answer.content if answer.is_success else None


PAYLOAD_BYTES_MAX = 10_000_000
_WEBHOOK_TRIES = 3
_ENDED = ("COMPLETED", "FAILED", "CANCELLED", "TIMED_OUT")
_RUNS = b'{"status": "IN_PROGRESS"}'
_REFUSED_STATUSES = {
    "status-error": (502, "bad gateway"),
    "status-bad-request": (400, "not like this"),
    "status-cancelled": (499, "cancelled"),
}
_WORKER = Path(__file__).parents[1] / "workers" / "runpod"
_TRACEBACK = 'Traceback (most recent call last):\n  File "/worker.py", line 7\nMemoryError'


@dataclass
class Work:
    """One job: what was sent, and how far it is."""

    id: str
    input: Json
    webhook: str | None
    status: str = "IN_QUEUE"
    output: Any = None
    error: Any = None
    statuses: int = 0

    @property
    def prompt(self) -> str:
        return str(self.input.get("prompt", ""))

    def answer(self) -> Json:
        shown = {"id": self.id, "status": self.status, "output": self.output, "error": self.error}
        return {name: value for name, value in shown.items() if value is not None}


@dataclass
class Journal:
    """What reached the server, and the jobs it holds. `submits` counts jobs by `file_uid`, whether or not the
    answer arrived; `webhooks` are the statuses with which webhook calls were answered."""

    requests: list[tuple[str, str, Json]] = field(default_factory=list)
    submits: Counter[str] = field(default_factory=Counter)
    jobs: dict[str, Work] = field(default_factory=dict)
    webhooks: list[int] = field(default_factory=list)
    script: Script = field(default_factory=Script)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def expire(self) -> None:
        """Forgets all jobs, as RunPod does 30 minutes after their end."""
        with self.lock:
            self.jobs.clear()

    def clear(self) -> None:
        """Forgets everything, like a new server."""
        with self.lock:
            for seen in (self.requests, self.submits, self.jobs, self.webhooks, self.script.played):
                seen.clear()


def create_app(  # a test may set each of these facts of the server
    lent: Lent,
    journal: Journal | None = None,
    *,
    endpoints: tuple[str, ...] = ("images1", "videos1"),
    api_key: str = "runpod-key",
    slow_s: float = 3.0,
    ends_after_s: float | None = None,
    webhook_pause_s: float = 10.0,
) -> Flask:
    """Jobs advance by a step with each `/status`; with `ends_after_s` they also end by themselves, as real
    ones do, unless their prompt says how many statuses they take."""
    server = _Server(lent, journal or Journal(), slow_s, ends_after_s, webhook_pause_s)
    app = Flask(__name__)

    @app.before_request
    def admit() -> Response | None:
        endpoint = (request.view_args or {}).get("endpoint")
        body = request.get_json(silent=True) or {}
        with server.journal.lock:
            server.journal.requests.append((request.method, request.path, body))
        if request.headers.get("Authorization") != f"Bearer {api_key}":
            return _error(401, "unauthorized")
        return None if endpoint in endpoints else _error(404, "endpoint not found")

    app.post("/v2/<endpoint>/run")(server.run)
    app.get("/v2/<endpoint>/status/<job_id>")(server.status)
    app.post("/v2/<endpoint>/cancel/<job_id>")(server.cancel)
    app.get("/v2/<endpoint>/health")(server.health)
    return app


@dataclass
class _Server:
    lent: Lent
    journal: Journal
    slow_s: float
    ends_after_s: float | None
    webhook_pause_s: float
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def run(self, endpoint: str) -> Response:
        body = request.get_json(silent=True)
        wrong = what_is_wrong(body, request.content_length or 0)
        if wrong or not isinstance(body, dict):
            return _error(400, wrong)
        prompt = str(body["input"].get("prompt", ""))
        refusal = self._refuse_run(prompt)
        if refusal:
            return refusal
        work = self._accept(body)
        return self._lose_answer(prompt) or jsonify(id=work.id, status="IN_QUEUE")

    def _refuse_run(self, prompt: str) -> Response | None:
        """The refusal of a `/run`, if one is due: no job is made."""
        due = self.journal.script.is_due
        if due(prompt, "throttle"):
            return _error(429, "too many requests", {"Retry-After": "7"})
        if due(prompt, "server-error"):
            return _error(500, "internal error")
        for word, status in {"overloaded": 503, "cancelled-call": 499, "no-funds": 402}.items():
            if due(prompt, word):
                return _error(status, "not now")
        if due(prompt, "bad-request"):
            return _error(400, "input is not valid\nTraceback of ours")
        return None

    def _accept(self, body: Json) -> Work:
        work = Work(f"{next(self.numbers):08x}-u1", body["input"], body.get("webhook"))
        with self.journal.lock:
            self.journal.jobs[work.id] = work
            self.journal.submits[str(work.input.get("file_uid"))] += 1
        if self.ends_after_s is not None and "pending" not in read_script(work.prompt):
            threading.Timer(self.ends_after_s, self._end, [work]).start()
        return work

    def _lose_answer(self, prompt: str) -> Response | None:
        """An answer that does not tell the job's id, if one is due: the job is made, but the caller does not
        know."""
        due = self.journal.script.is_due
        if due(prompt, "reset"):
            return _reset()
        if due(prompt, "slow"):
            time.sleep(self.slow_s)
        if due(prompt, "not-json"):
            return Response("<html>Bad gateway</html>", 200)
        return jsonify(status="IN_QUEUE") if due(prompt, "no-id") else None

    def status(self, endpoint: str, job_id: str) -> Response:
        with self.journal.lock:
            work = self.journal.jobs.get(job_id)
        if work is None or "gone" in read_script(work.prompt):
            return _error(404, "request does not exist")
        return self._refuse_status(work.prompt) or jsonify(self._advance(work).answer())

    def _refuse_status(self, prompt: str) -> Response | None:
        due = self.journal.script.is_due
        for word, refusal in _REFUSED_STATUSES.items():
            if due(prompt, word):
                return _error(*refusal)
        if due(prompt, "status-throttle"):
            return _error(429, "too many requests", {"Retry-After": "3"})
        if due(prompt, "status-not-json"):
            return Response("<html>", 200)
        if due(prompt, "status-slow"):
            time.sleep(self.slow_s)
        if due(prompt, "status-trickle"):
            return Response(self._trickle())
        if due(prompt, "status-header-trickle"):
            return self._trickle_header()
        if due(prompt, "status-huge"):
            return Response(b" " * 40_000_000 + _RUNS)
        return _reset() if due(prompt, "status-reset") else None

    def _trickle(self) -> Iterator[bytes]:
        """An answer that is never silent for long, but takes long to end."""
        for _ in range(int(self.slow_s * 10)):
            yield b" "
            time.sleep(0.1)
        yield _RUNS

    def _trickle_header(self) -> Response:
        """As `_trickle`, but in the headers, before the body begins."""
        connection = request.environ["werkzeug.socket"]
        with suppress(OSError):  # the caller has gone
            connection.sendall(b"HTTP/1.1 200 OK\r\nX-Filler: ")
            for _ in range(int(self.slow_s * 10)):
                connection.sendall(b".")
                time.sleep(0.1)
            connection.sendall(b"\r\nConnection: close\r\n\r\n" + _RUNS)
            connection.shutdown(socket.SHUT_WR)
        return Response(status=500)  # reaches nobody

    def _advance(self, work: Work) -> Work:
        with self.journal.lock:
            work.statuses += 1
            pending = read_script(work.prompt).get("pending", 1)
            if work.status in _ENDED:
                return work
            if work.statuses > pending:
                return self._end(work)
            if work.statuses > 1:
                work.status = "IN_PROGRESS"
                work.output = {"progress": round((work.statuses - 1) / pending, 3)}
            if "new-state" in read_script(work.prompt):
                work.status = "IN_REPAIR"
            return work

    def _end(self, work: Work) -> Work:
        with self.journal.lock:
            if work.status in _ENDED:
                return work
            work.status, work.output, work.error = self._outcome(work)
        if work.webhook:
            threading.Thread(target=self._call_webhook, args=[work], daemon=True).start()
        return work

    def _outcome(self, work: Work) -> tuple[str, Any, Any]:
        """Status, output and error."""
        told = read_script(work.prompt)
        wrong = _invalid_input(work.input, self.lent.origins) or self._missing(work.input)
        error = {"error_type": "<class 'MemoryError'>", "error_message": "CUDA out of memory"}
        refusal = {"code": "content-blocked", "message": "The prompt is refused."}
        if wrong is not None:
            return "FAILED", None, json.dumps(wrong)
        if "failed" in told:
            return "FAILED", None, json.dumps(error | {"error_traceback": _TRACEBACK})
        if "failed-in-words" in told:
            return "FAILED", None, _TRACEBACK
        if "rejected-by-sdk" in told:
            return "FAILED", None, json.dumps(refusal | {"kind": "rejected"})
        if "cancelled" in told or "timed-out" in told:
            return "CANCELLED" if "cancelled" in told else "TIMED_OUT", None, None
        if "rejected" in told:
            return "COMPLETED", {"error": refusal | {"kind": "rejected"}}, None
        if "unavailable" in told:
            full = {"code": "worker-full", "message": "No room.", "kind": "unavailable"}
            return "COMPLETED", {"error": full}, None
        return "COMPLETED", None if "no-output" in told else self._deliver(work, told), None

    def _missing(self, worker_input: Json) -> Json | None:
        """The error with which our worker would end the job where a picture or the weights cannot be read."""
        frames = [worker_input.get(name) for name in ("first_frame", "last_frame")]
        pictures = [*worker_input.get("references", []), *(frame for frame in frames if frame)]
        wanted = {str(one["address"]): "reference-missing" for one in pictures}
        if "lora_address" in worker_input:
            wanted[worker_input["lora_address"]] = "lora-missing"
        for address, code in wanted.items():
            if self.lent.get(address) is None:
                return {"code": code, "message": "There is no such file.", "kind": "rejected"}
        return None

    def _deliver(self, work: Work, told: dict[str, int]) -> Json:
        files = [make_file(work.input, i) for i in range(told.get("deliver", _count(work)))]
        content_type = "application/x-odd" if "odd-type" in told else content_type_of(work.input)
        inline = [base64.b64encode(content).decode() for content in files]
        if "forge" in told:
            files = [b"<script>alert(1)</script>"] * len(files)
        if "flood" in told:
            files = [bytes(64_000_001)] * len(files)
        if "bad-base64" in told:
            inline = ["no base64!"]
        elif "base64" not in told and self._store(work, files):
            return _named(work, told, len(files)) | {"content_type": content_type}
        return {"files": [{"base64": text, "content_type": content_type} for text in inline]}

    def _store(self, work: Work, files: list[bytes]) -> bool:
        """Whether each file was stored. A file more than was asked for has no address, and is dropped."""
        uploads = work.input["uploads"]
        taken = [
            self.lent.put(upload["address"], upload["headers"], content)
            for upload, content in zip(uploads, files, strict=False)
        ]
        return all(taken)

    def cancel(self, endpoint: str, job_id: str) -> Response:
        with self.journal.lock:
            work = self.journal.jobs.get(job_id)
            if work is None:
                return _error(404, "request does not exist")
            if self.journal.script.is_due(work.prompt, "cancel-error"):
                return _error(500, "internal error")
            if self.journal.script.is_due(work.prompt, "cancel-bad-request"):
                return _error(400, "request is not running")
            if self.journal.script.is_due(work.prompt, "cancel-conflict"):
                return _error(409, "request has ended")
            if work.status not in _ENDED:
                work.status, work.output = "CANCELLED", None
            return jsonify(id=work.id, status=work.status)

    def health(self, endpoint: str) -> Response:
        with self.journal.lock:
            states = Counter(work.status for work in self.journal.jobs.values())
        return jsonify(
            jobs={
                "completed": states["COMPLETED"],
                "failed": states["FAILED"],
                "inProgress": states["IN_PROGRESS"],
                "inQueue": states["IN_QUEUE"],
                "retried": 0,
            },
            workers={"idle": 1, "running": 0},
        )

    def _call_webhook(self, work: Work) -> None:
        """Calls the webhook with all of the job, until it is answered 200: at most three times, 10 s
        apart."""
        envelope = work.answer() | {
            "input": work.input,
            "webhook": work.webhook,
            "delayTime": 1,
            "executionTime": 1,
        }
        for attempt in range(_WEBHOOK_TRIES):
            if attempt:
                time.sleep(self.webhook_pause_s)
            try:
                status = httpx.post(str(work.webhook), json=envelope, timeout=10).status_code
            except httpx.HTTPError:
                continue
            with self.journal.lock:
                self.journal.webhooks.append(status)
            if status == httpx.codes.OK:
                return


def _named(work: Work, told: dict[str, int], files: int) -> Json:
    """The part of the worker's output that names its files."""
    paths = [_path(work, index) for index in range(min(files, _count(work)))]
    if "foreign" in told:
        paths = ["generating/bob/image/job2.png"]
    named: Json = {"storage_paths": paths * 2 if "twice" in told else paths}
    return named | ({"bucket": "theirs"} if "foreign-bucket" in told else {})


# https://docs.runpod.io/serverless/endpoints/send-requests
_BODY = {"input", "webhook", "policy", "s3Config"}
_POLICY = {"executionTimeout", "ttl", "lowPriority"}


def what_is_wrong(body: Any, size_bytes: int) -> str:
    """Why the body of a `/run` is refused; empty where all is right."""
    if size_bytes > PAYLOAD_BYTES_MAX:
        return "payload too large"
    if not isinstance(body, dict) or not isinstance(body.get("input"), dict):
        return "input is missing"
    policy = body.get("policy", {})
    unknown = sorted({*body} - _BODY | {f"policy.{name}" for name in {*policy} - _POLICY})
    if unknown:
        return f"unknown field {unknown[0]}"
    week_ms = 7 * 24 * 3600 * 1000
    if not 5_000 <= policy.get("executionTimeout", 600_000) <= week_ms:
        return "executionTimeout is out of range"
    if not 10_000 <= policy.get("ttl", 86_400_000) <= week_ms:
        return "ttl is out of range"
    return ""


def _error(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps({"error": message}), status, headers, "application/json")


def _reset() -> Response:
    """Ends the connection in the middle. The response that is returned reaches nobody."""
    connection = request.environ["werkzeug.socket"]
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.shutdown(socket.SHUT_RDWR)
    return Response(status=500)


# ---- the worker -----------------------------------------------------------------------------


@cache
def _worker_rules() -> tuple[Callable[[object, tuple[str, ...]], object], type[Exception]]:
    """The function by which our worker reads its input, and the error that it raises. The worker's folder is
    on the path only under pytest, so it is added here; for this its package needs pydantic only."""
    if str(_WORKER) not in sys.path:
        sys.path.append(str(_WORKER))
    # These imports work only when the folder is on the path.
    from mediaforge_worker.errors import WorkerError  # noqa: PLC0415
    from mediaforge_worker.request import read_input  # noqa: PLC0415

    return read_input, WorkerError


def _invalid_input(worker_input: Json, origins: tuple[str, ...]) -> Json | None:
    """The error with which our worker would refuse the input, in the form in which the SDK passes it on; None
    for a valid input."""
    read_input, refusal = _worker_rules()
    try:
        read_input(worker_input, origins)
    except refusal as error:
        return {name: getattr(error, name) for name in ("code", "message", "kind")}
    return None


def _count(work: Work) -> int:
    return int(work.input.get("count", 1))


def _path(work: Work, index: int) -> str:
    number = f"_{index}" if _count(work) > 1 else ""
    extension = "mp4" if work.input.get("media_type") == "video" else "png"
    return f"{work.input['output_path']}{number}.{extension}"


def content_type_of(worker_input: Json) -> str:
    return "video/mp4" if worker_input.get("media_type") == "video" else "image/png"


def make_file(worker_input: Json, index: int) -> bytes:
    """A real PNG or MP4, an eighth of the size asked for; a video is as long as was asked for."""
    is_video = worker_input.get("media_type") == "video"
    if "large" in read_script(str(worker_input.get("prompt", ""))):
        return large_film(1920, 1080, size_mb=30) if is_video else large_png(2048, noise=2.6)
    if is_video:
        return _film(worker_input)
    buffer = BytesIO()
    _paint(worker_input, index).save(buffer, "PNG")
    return buffer.getvalue()


def _paint(worker_input: Json, step: int) -> Image.Image:
    # H.264 takes even numbers only.
    width, height = (max(16, int(worker_input[side]) // 16 * 2) for side in ("width", "height"))
    colour = (37 * step % 256, int(worker_input.get("seed", 0)) % 256, 128)
    return Image.new("RGB", (width, height), colour)


def _film(worker_input: Json) -> bytes:
    fps, duration_s = int(worker_input["fps"]), int(worker_input["duration_seconds"])
    buffer = BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        first = _paint(worker_input, 0)
        stream = container.add_stream("libx264", rate=fps)
        stream.width, stream.height, stream.pix_fmt = first.width, first.height, "yuv420p"
        for step in range(fps * duration_s):
            image = _paint(worker_input, step)
            frame = av.VideoFrame.from_image(image)  # type: ignore[no-untyped-call]
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return buffer.getvalue()
