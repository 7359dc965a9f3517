"""The deployed functions as their emulator lists them, and the addresses that reach them."""

from __future__ import annotations

import ast
import http.client
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.firebase import PROJECT
from tools.ports import HOST

LISTING_TIMEOUT_S = 60.0


BODY_CHARS_MAX = 300


class AnswerError(Exception):
    """An emulator gave an unexpected answer: its `status` and `body`, shortened."""

    def __init__(self, asked: str, status: int, body: bytes) -> None:
        text = body[: BODY_CHARS_MAX + 1].decode(errors="replace")
        self.status = status
        self.body = text if len(text) <= BODY_CHARS_MAX else f"{text[:BODY_CHARS_MAX]}…"
        super().__init__(f"{asked} answered {status}: {self.body or 'nothing'}")


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; `server` names the software that gave it."""

    status: int
    server: str
    body: bytes


@dataclass(frozen=True)
class Function:
    """One deployed function; `has_address` is False for events and schedules."""

    name: str
    region: str
    has_address: bool
    is_scheduled: bool
    is_task: bool

    def path(self, generation: int = 0) -> str:
        """Where the functions emulator lets it be called, whatever triggers it in production.

        Events and schedules are registered as `name-generation`; the generation goes up by one each
        time the hub switches the background triggers on again.
        """
        name = self.name if self.has_address else f"{self.name}-{generation}"
        return f"/{PROJECT}/{self.region}/{name}"

    @classmethod
    def from_listing(cls, trigger: dict[str, Any]) -> Function:
        return cls(
            name=trigger["name"],
            region=trigger["region"],
            has_address="eventTrigger" not in trigger,
            is_scheduled="schedule" in trigger,
            is_task="taskQueueTrigger" in trigger,
        )


def request(port: int, method: str, path: str, *, timeout_s: float, body: bytes = b"") -> Answer:
    """One request, past any proxy; raises OSError or HTTPException when nothing answers."""
    connection = http.client.HTTPConnection(HOST, port, timeout=timeout_s)
    try:
        headers = {"Content-Type": "application/json"} if body else {}
        connection.request(method, path, body=body or None, headers=headers)
        response = connection.getresponse()
        return Answer(response.status, response.getheader("Server", ""), response.read())
    finally:
        connection.close()


def list_functions(functions_port: int) -> list[Function]:
    """Raises AnswerError where the emulator says something else."""
    backends = _listing(functions_port, "/backends").get("backends", [])
    return [
        Function.from_listing(trigger) for one in backends for trigger in one["functionTriggers"]
    ]


def list_queues(tasks_port: int) -> set[str]:
    """The functions that have a task queue. The emulator silently makes none for a name that cannot be a
    queue's id."""
    return {key.rpartition("-")[2] for key in _listing(tasks_port, "/queueStats")}


def _listing(port: int, path: str) -> dict[str, Any]:
    answer = request(port, "GET", path, timeout_s=LISTING_TIMEOUT_S)
    listing = read_object(answer.body)
    if answer.status != http.client.OK or listing is None:
        raise AnswerError(path, answer.status, answer.body)
    return listing


def read_object(body: bytes) -> dict[str, Any] | None:
    """A JSON object; None for anything else."""
    try:
        found = json.loads(body)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def declared_functions(main: Path) -> set[str]:
    """The names that main.py declares for deployment: `@scheduler_fn.on_schedule(…)` above a function, or
    `createTeam = callables.serve("createTeam")`."""
    body = ast.parse(main.read_text(), str(main)).body
    return {name for node in body if (name := _declared(node)) is not None}


def _declared(node: ast.stmt) -> str | None:
    match node:
        case ast.FunctionDef(name=name, decorator_list=decorators) if any(
            map(_deploys, decorators)
        ):
            return name
        case ast.Assign(
            targets=[ast.Name(name)], value=ast.Call(args=[ast.Constant(said), *_])
        ) if said == name:
            return name
    return None


def _deploys(decorator: ast.expr) -> bool:
    """All decorators that deploy are named `on_…`: on_request, on_schedule and so on."""
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(target, ast.Attribute) and target.attr.startswith("on_")
