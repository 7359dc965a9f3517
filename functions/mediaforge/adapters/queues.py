"""The Queues port on Cloud Tasks' REST interface, and on the statistics of its emulator."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import requests
from google.auth.exceptions import GoogleAuthError

from mediaforge.domain.errors import BusyError, IllegalStateError, NotFoundError
from mediaforge.ports.queues import QueueSeen

# v2 does not say how many tasks a queue has (https://cloud.google.com/tasks/docs/reference/rest).
_ORIGIN = "https://cloudtasks.googleapis.com"
_VERSION = "v2beta3"
_READ = "name,state,rateLimits,stats"
_LIMIT_S = 20.0
_PAGE = 100


class CloudQueues:
    """`session` adds the credentials to each request: google.auth's AuthorizedSession."""

    def __init__(
        self, session: requests.Session, project: str, region: str, origin: str = _ORIGIN
    ) -> None:
        self._session = session
        self._parent = f"{origin}/{_VERSION}/projects/{project}/locations/{region}/queues"

    def seen(self) -> Sequence[QueueSeen]:
        found: list[QueueSeen] = []
        page = ""
        while True:
            sent = {"readMask": _READ, "pageSize": str(_PAGE), "pageToken": page}
            answer = self._ask("GET", self._parent, params=sent)
            found += map(_seen, answer.get("queues", ()))
            page = answer.get("nextPageToken", "")
            if not page:
                return sorted(found, key=lambda each: each.name)

    def pause(self, name: str) -> None:
        self._do(name, "pause")

    def resume(self, name: str) -> None:
        self._do(name, "resume")

    def purge(self, name: str) -> None:
        self._do(name, "purge")

    def _do(self, name: str, verb: str) -> None:
        self._ask("POST", f"{self._parent}/{name}:{verb}", json={})

    def _ask(self, method: str, url: str, **sent: Any) -> Mapping[str, Any]:
        try:
            answer = self._session.request(method, url, timeout=_LIMIT_S, **sent)
        except (requests.RequestException, GoogleAuthError) as error:
            raise BusyError(f"Cloud Tasks: {type(error).__name__}") from error
        if answer.status_code == HTTPStatus.NOT_FOUND:
            raise NotFoundError("There is no such queue.")
        if answer.status_code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise IllegalStateError(
                "These credentials may not do that: roles/cloudtasks.queueAdmin is needed, or "
                "roles/cloudtasks.viewer to look."
            )
        if answer.status_code in (HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT):
            raise IllegalStateError(f"Cloud Tasks refused that ({answer.status_code}).")
        if answer.status_code != HTTPStatus.OK:
            raise BusyError(f"Cloud Tasks: {answer.status_code}")
        found: Mapping[str, Any] = answer.json()
        return found


def _seen(queue: Mapping[str, Any]) -> QueueSeen:
    limits, stats = queue.get("rateLimits", {}), queue.get("stats", {})
    # JSON has 64-bit numbers as text, and leaves out what is 0.
    return QueueSeen(
        name=queue["name"].rpartition("/")[2],
        state=queue.get("state", "").lower(),
        tasks=int(stats.get("tasksCount", 0)),
        a_second=limits.get("maxDispatchesPerSecond"),
        at_once=limits.get("maxConcurrentDispatches"),
        done_last_minute=int(stats.get("executedLastMinuteCount", 0)),
    )


class EmulatedQueues:
    """The emulator counts, and neither pauses nor purges."""

    def __init__(self, host: str) -> None:
        self._url = f"http://{host}/queueStats"

    def seen(self) -> Sequence[QueueSeen]:
        try:
            with requests.Session() as session:
                session.trust_env = False  # a proxy does not lead to this machine
                answer = session.get(self._url, timeout=_LIMIT_S)
                answer.raise_for_status()
        except requests.RequestException as error:
            raise BusyError(f"the tasks emulator: {type(error).__name__}") from error
        found = [_seen_on_emulator(key, stats) for key, stats in answer.json().items()]
        return sorted(found, key=lambda each: each.name)

    def pause(self, name: str) -> None:
        raise _not_there(name)

    def resume(self, name: str) -> None:
        raise _not_there(name)

    def purge(self, name: str) -> None:
        raise _not_there(name)


def _not_there(name: str) -> IllegalStateError:
    return IllegalStateError(f"The emulator neither pauses nor purges a queue; {name} goes on.")


def _seen_on_emulator(key: str, stats: Mapping[str, Any]) -> QueueSeen:
    """`key` is `queue:{project}-{region}-{function}`; a function's name has no hyphen."""
    return QueueSeen(
        name=key.rpartition("-")[2],
        state="running",
        tasks=stats.get("numberOfTasks"),
        a_second=stats.get("maxRate"),
        at_once=stats.get("maxConcurrent"),
        done_last_minute=stats.get("completedLastMin"),
    )
