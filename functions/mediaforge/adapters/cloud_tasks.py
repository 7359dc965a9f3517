"""The Tasks port on Cloud Tasks, through the Admin SDK's task queue functions."""

import os
from datetime import UTC, datetime
from functools import cache
from typing import Any

from firebase_admin import App, _http_client, exceptions, functions
from google.auth.exceptions import GoogleAuthError, RefreshError
from urllib3.util.retry import Retry

from mediaforge.domain.errors import BusyError
from mediaforge.ports.clock import Clock
from mediaforge.ports.tasks import Task

# Limit of one enqueue with its repeat: a caller waits for both. A repeat is safe because the task is named:
# the second request creates no second task.
LIMIT_S = 10.0
_TRIES = 2
_EXISTS = (exceptions.AlreadyExistsError, exceptions.ConflictError)  # production, emulator


class CloudTasks:
    """`region` is where the functions run; `dispatch_deadline_s` is how long a worker may take; `limit_s` is
    how long an enqueue may take. `app` is the Admin SDK's app; None means its default app."""

    def __init__(
        self,
        region: str,
        clock: Clock,
        dispatch_deadline_s: int,
        limit_s: float = LIMIT_S,
        app: App | None = None,
    ) -> None:
        self._limit_s = limit_s
        self._app = app
        self._region = region
        self._clock = clock
        self._deadline_s = dispatch_deadline_s
        self._is_emulated = "CLOUD_TASKS_EMULATOR_HOST" in os.environ

    def enqueue(self, task: Task) -> None:
        if self._is_emulated and self._is_early(task):
            # The tasks emulator ignores delays: it would deliver now, and again, and again. The job's
            # due_at is the same moment, so the sweep (every second there) delivers it then.
            return
        try:
            self._queue(task.queue).enqueue({"data": dict(task.body)}, self._options(task))
        except _EXISTS:
            return
        except exceptions.FirebaseError as error:
            raise BusyError(f"Cloud Tasks: {error.code}") from error
        except GoogleAuthError as error:
            raise BusyError(f"Cloud Tasks: {type(error).__name__}") from error
        except ValueError as error:
            if isinstance(error.__cause__, RefreshError):
                # The SDK fetches a token before it sends the request, and raises this ValueError when it gets
                # none.
                raise BusyError("Cloud Tasks: RefreshError") from error
            # On the emulator the SDK queues a named task and then fails to read the answer.
            if not (self._is_emulated and "resource name" in str(error)):
                raise

    def _is_early(self, task: Task) -> bool:
        return task.not_before is not None and task.not_before > self._clock.now()

    def _options(self, task: Task) -> functions.TaskOptions:
        # The SDK appends "Z" to the time without converting it, so the time has to be UTC.
        at: datetime | None = task.not_before.astimezone(UTC) if task.not_before else None
        return functions.TaskOptions(
            task_id=task.id, schedule_time=at, dispatch_deadline_seconds=self._deadline_s
        )

    @cache  # noqa: B019 - one adapter a process
    def _queue(self, name: str) -> functions.TaskQueue:
        queue = functions.task_queue(f"locations/{self._region}/functions/{name}", app=self._app)
        # The SDK reads `httpTimeout` for other services but not for task queues, whose client waits for two
        # minutes, twice. So the queue gets another HTTP client of the SDK, with our limit.
        queue._http_client = self._http_client(queue._credential)
        return queue

    @cache  # noqa: B019 - one credential a process
    def _http_client(self, credential: Any) -> _http_client.JsonHttpClient:
        again = Retry(
            total=_TRIES - 1,
            status_forcelist=[500, 503],
            allowed_methods=None,
            raise_on_status=False,
            respect_retry_after_header=False,  # the server's wait could exceed `limit_s`
        )
        return _http_client.JsonHttpClient(
            credential=credential, retries=again, timeout=self._limit_s / _TRIES
        )
