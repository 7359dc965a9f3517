"""One image or video from a prompt, seen as an app would see it: `make demo PROMPT="a lighthouse at dusk"`,
`make demo KIND=video PROMPT="waves at night"`, `make demo MODEL=flux-2-pro`; or a batch from a CSV
(`tools/demo_batch.py`).

Starts the suite, signs a demo user in, submits through the callable, prints each status as a Firestore
listener is sent it, saves the file under `out/`, prints the credits charged, stops. Each line has the seconds
that its step took. Where `make serve` runs, its suite is used, and left running.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import httpx

from tools.client import FINAL, CallError, Client, sign_in
from tools.console import complain, say
from tools.demo_batch import TableError, read_lines, show_batch
from tools.seed import USER, seed
from tools.setup import ROOT
from tools.suite import FAILURES, Suite, SuiteStopped

DEFAULT_PROMPT = "a lighthouse at dusk, oil on canvas"
OUT = ROOT / "out"
SILENCE_S_MAX = 240.0
CALLABLES = {"image": "generateImage", "video": "generateVideo"}
REFERENCE = ROOT / "examples" / "reference-dusk.jpg"
ANSWER_LIMIT_S = 10.0


class AskedError(Exception):
    """What was asked for cannot be shown; the message says why."""


@dataclass(frozen=True)
class Asked:
    """What is shown: a kind, a prompt, and where it was named a model with the references that it needs."""

    kind: str
    prompt: str
    model: str | None = None
    references: list[str] = field(default_factory=list)

    def payload(self) -> dict[str, Any]:
        named = {"model": self.model} if self.model else {}
        pictures = [{"path": path, "mode": "style_and_composition"} for path in self.references]
        return {"prompt": self.prompt, **named, **({"references": pictures} if pictures else {})}


class Stopwatch:
    """Says what has been done, with the seconds since it said something before."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = self._last = clock()

    def say(self, done: str) -> None:
        now = self._clock()
        say(f"{now - self._last:6.1f} s  {done}")
        self._last = now

    def say_total(self) -> None:
        say(f"{self._clock() - self._began:6.1f} s  in all")


def main() -> int:
    prompt = os.environ.get("PROMPT") or DEFAULT_PROMPT
    kind = os.environ.get("KIND") or "image"
    if kind not in CALLABLES:
        complain(f"KIND is {kind!r}; there are {', '.join(CALLABLES)}")
        return 2
    batch = Path(os.environ["BATCH"]) if os.environ.get("BATCH") else None
    try:
        if batch is not None:
            read_lines(batch)  # what is wrong with it is said before anything is started
        watch = Stopwatch()
        with running_suite() as suite:
            watch.say("the emulators are ready")
            os.environ.update(suite.environment())
            seed(suite.addresses)
            with closing(sign_in(suite.addresses, USER)) as client:
                watch.say(f"signed in as {USER}")
                if batch is not None:
                    return show_batch(client, batch, OUT, watch.say, watch.say_total)
                return show(client, asked_for(client, kind, prompt), watch)
    except SuiteStopped as stopped:
        return 128 + stopped.number
    except (TableError, AskedError) as error:
        complain(str(error))
        return 2
    except (*FAILURES, TimeoutError, httpx.HTTPError) as error:
        complain(str(error))
        return 1


@contextmanager
def running_suite() -> Iterator[Suite]:
    """A suite that runs: the one that is there, else one that ends with the block."""
    suite = Suite()
    if is_served(suite):
        yield suite
        return
    with suite:
        yield suite


def is_served(suite: Suite) -> bool:
    """Whether `make serve` of this checkout has brought its functions up at these ports."""
    try:
        answer = httpx.post(
            f"{suite.functions_url}/getCatalog",
            json={"data": {}},
            timeout=ANSWER_LIMIT_S,
            trust_env=False,
        )
    except httpx.HTTPError:
        return False
    return answer.status_code == httpx.codes.OK


def asked_for(client: Client, kind: str, prompt: str) -> Asked:
    """What MODEL names has a kind of its own. A model that works on pictures gets one. Raises AskedError."""
    model = os.environ.get("MODEL")
    if not model:
        return Asked(kind, prompt)
    offers = {each["id"]: each for each in client.call("getCatalog", {})["models"]}
    offer = offers.get(model)
    if offer is None or offer["kind"] not in CALLABLES:
        known = [name for name, each in offers.items() if each["kind"] in CALLABLES]
        raise AskedError(f"MODEL is {model!r}; there are {', '.join(known)}")
    if not offer["available"]:
        raise AskedError(f"{model} is not set up here: start with MEDIAFORGE_PROVIDERS=local")
    pictures = [
        client.upload(f"demo-{number}.jpg", REFERENCE.read_bytes(), "image/jpeg")
        for number in range(offer.get("referencesMin", 0))
    ]
    return Asked(offer["kind"], prompt, model, pictures)


def show(client: Client, asked: Asked, watch: Stopwatch) -> int:
    """Submits what is asked for and follows it to its end; the exit status."""
    kind, prompt = asked.kind, asked.prompt
    with client.listening_to_jobs(f"{kind}s") as states:
        try:
            job = client.call(CALLABLES[kind], asked.payload())
        except CallError as error:
            complain(f"{error} {dict(error.details)}")
            return 1
        watch.say(f"submitted as {job['jobId']}, {job['credits']['estimated']} credits held")
        final = _follow(states, job["jobId"], watch)
    if final["status"] != "completed":
        complain(f"{final['status']}: {final['error']}")
        return 1
    for path in final["generation_data"]["storage_paths"]:
        watch.say(f"saved as {_save(client, path, prompt).as_uri()}")
    if kind == "video":
        video = final["generation_data"]
        say(f"{video['duration_seconds']:g} s at {video['fps']:g} frames a second")
    say(f"{final['credits']['charged']} credits charged")
    watch.say_total()
    return 0


def _follow(states: Queue[dict[str, Any]], job_id: str, watch: Stopwatch) -> dict[str, Any]:
    """Says each status once, as the listener is sent it; a listener is also sent what else changes."""
    said: set[str] = set()
    while True:
        try:
            state = states.get(timeout=SILENCE_S_MAX)
        except Empty:
            raise TimeoutError(f"The job said nothing for {SILENCE_S_MAX:.0f} s.") from None
        if state["file_uid"] != job_id:
            continue
        if state["status"] not in said:
            said.add(state["status"])
            watch.say(state["status"])
        if state["status"] in FINAL:
            return state


def _save(client: Client, path: str, prompt: str) -> Path:
    name = re.sub(r"[^a-z0-9]+", "-", prompt.lower()).strip("-")[:60] or "picture"
    OUT.mkdir(exist_ok=True)
    file = OUT / f"{name}{Path(path).suffix}"
    file.write_bytes(client.download(path))
    return file


if __name__ == "__main__":
    sys.exit(main())
