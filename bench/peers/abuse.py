"""What the platform may do to any function, done to each contender: the same request twice, the same task or
event twice, the worker killed in the middle. What comes of it is counted, at the model and in Storage."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage  # type: ignore[attr-defined, import-untyped, unused-ignore]

from bench.peers.contenders import Contender
from bench.peers.model import ASKED, MADE
from bench.platform import HELD, Platform
from bench.users import TIMEOUT_S, RefusedError, User, database, make_users
from tools.firebase import BUCKET, PROJECT
from tools.ports import HOST

MODEL_S = 2
QUIET_S = 2 * MODEL_S + 1.0  # when nothing has happened for so long, nothing is under way any more
KILL_AFTER_S = MODEL_S / 2
# A job that is not final by then is called lost. Our lease ends after a minute, the longest that any of them
# says a silent worker is waited for.
LOST_AFTER_S = 100.0
POLL_S = 0.1
FINAL = ("completed", "failed", "cancelled")


@dataclass(frozen=True)
class Outcome:
    """What became of one job: how often the model was asked, and how often it answered; the pictures in
    Storage; the last status; the credits charged, where there are any. `final_s`: from the first request to
    the final status as it was seen, None where it never came."""

    asked: int
    made: int
    pictures: int
    status: str
    final_s: float | None
    charged_credits: int | None


@dataclass(frozen=True)
class Stand:
    """Where contenders are served: the platform, what each function is served with, and the file in which the
    model notes its calls."""

    platform: Platform
    environment: Mapping[str, str]
    model_file: Path

    def notes_of(self, key: str) -> Sequence[Mapping[str, Any]]:
        """What the model noted of the job that its caller named `key`."""
        lines = map(json.loads, self.model_file.read_text().splitlines())
        return [line for line in lines if f" {key} " in line["prompt"]]


Abuse = Callable[[Stand, Contender, User, str], None]


def submit_twice(stand: Stand, contender: Contender, user: User, key: str) -> None:
    """A double click: the same request, with the same key, twice at once."""
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda _: _submit(stand, contender, user, key), range(2)))


def deliver_twice(stand: Stand, contender: Contender, user: User, key: str) -> None:
    """Cloud Tasks and Eventarc deliver at least once. Here events come twice, and so does a task."""
    if contender.has_queue:
        stand.platform.make_queue(contender.generator, HELD)
    _submit(stand, contender, user, key)
    if not contender.has_queue:
        return
    url = f"http://{HOST}:{stand.platform.addresses[contender.generates]}/"
    task = {"data": contender.task(user, key, MODEL_S)}
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda _: _deliver(url, task), range(2)))
    contender.make_queue(stand.platform)


def kill_worker(stand: Stand, contender: Contender, user: User, key: str) -> None:
    with ThreadPoolExecutor(1) as thread:
        submitted = thread.submit(_submit, stand, contender, user, key)
        deadline = time.monotonic() + TIMEOUT_S
        while not stand.notes_of(key):
            if time.monotonic() > deadline:
                raise RuntimeError(f"{key}: the model was never asked")
            time.sleep(POLL_S)
        time.sleep(KILL_AFTER_S)
        contender.kill(stand.platform, stand.environment)
        submitted.result()


def abuse(stand: Stand, contenders: Sequence[Contender]) -> dict[str, dict[str, Outcome]]:
    """Abuse → contender → what came of it. A contender is left out where the platform delivers nothing to
    it."""
    delivered = [one for one in contenders if one.has_queue or one.functions[0].trigger]
    stand.platform.deliver_events(2)
    twice = _of_each(stand, delivered, deliver_twice)
    stand.platform.deliver_events(1)
    return {
        "submitted_twice": _of_each(stand, contenders, submit_twice),
        "delivered_twice": twice,
        "worker_killed": _of_each(stand, contenders, kill_worker),
    }


def _of_each(stand: Stand, contenders: Sequence[Contender], act: Abuse) -> dict[str, Outcome]:
    """All at once: most of it is waiting."""

    def outcome(contender: Contender) -> Outcome:
        key = f"{act.__name__}-{contender.name}".replace("_", "-")
        [user] = make_users(1, key)
        started_s = time.time()
        act(stand, contender, user, key)
        return _watch(stand, contender, user, key, started_s)

    with ThreadPoolExecutor(len(contenders)) as threads:
        outcomes = threads.map(outcome, contenders)
        return {one.name: end for one, end in zip(contenders, outcomes, strict=True)}


def _submit(stand: Stand, contender: Contender, user: User, key: str) -> None:
    """A caller who gets no answer is one of the outcomes; the status tells it."""
    with suppress(RefusedError, OSError):
        contender.submit(stand.platform, user, key, MODEL_S)


def _deliver(url: str, task: Mapping[str, Any]) -> None:
    httpx.post(url, json=task, timeout=TIMEOUT_S, trust_env=False)


def _watch(stand: Stand, contender: Contender, user: User, key: str, started_s: float) -> Outcome:
    """Waits until the job is final and nothing is under way any more, or until it is lost."""
    document = database().document(contender.path(user, key))
    final_s: float | None = None
    while True:
        status = contender.status_of(document.get().to_dict() or {})
        now_s = time.time()
        if final_s is None and status in FINAL:
            final_s = round(now_s - started_s, 1)
        notes = stand.notes_of(key)
        is_quiet = now_s - max((note["at_s"] for note in notes), default=started_s) > QUIET_S
        if is_quiet and (final_s is not None or now_s - started_s > LOST_AFTER_S):
            break
        contender.sweep(stand.platform)
        time.sleep(POLL_S)
    if final_s is not None:
        contender.wait_until_done(user, key)
    events = [note["event"] for note in notes]
    return Outcome(
        asked=events.count(ASKED),
        made=events.count(MADE),
        pictures=_pictures(contender.picture(user, key)),
        status=status,
        final_s=final_s,
        charged_credits=contender.charged(user),
    )


def _pictures(prefix: str) -> int:
    anonymous = AnonymousCredentials()  # type: ignore[no-untyped-call, unused-ignore]
    bucket = storage.Client(project=PROJECT, credentials=anonymous).bucket(BUCKET)
    return sum(1 for _ in bucket.list_blobs(prefix=prefix))
