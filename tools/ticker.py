"""Calls the scheduled functions, which the emulator loads but never fires.

Run as `python -m tools.ticker <port of the functions emulator>` beside a suite. Each schedule has a
thread of its own, so that calls of one never overlap and a slow one does not hold up another.
"""

from __future__ import annotations

import http.client
import sys
import threading
import time

from tools.console import say, time_of_day
from tools.functions import Answer, Function, list_functions, request

# On a developer's machine a minute is long to wait for a sweep; production uses the schedule of the manifest.
INTERVALS_S = {"sweepJobs": 1.0}
INTERVAL_S = 60.0
CALL_TIMEOUT_S = 120.0
BODY_BYTES_MAX = 500
NOT_HERE = (204, 404)  # statuses for a function that is disabled, or unknown
GENERATIONS_AHEAD = 20


class Schedule:
    """One scheduled function, called again and again until the process ends."""

    def __init__(self, port: int, function: Function) -> None:
        self._port = port
        self._function = function
        self._generation = 0
        self._interval_s = INTERVALS_S.get(function.name, INTERVAL_S)

    def run(self) -> None:
        """The first call comes after an interval, like Cloud Scheduler's: nothing is due in a new suite."""
        due = time.monotonic() + self._interval_s
        while True:
            time.sleep(max(0.0, due - time.monotonic()))
            due = time.monotonic() + self._interval_s
            self.call()

    def call(self) -> None:
        """A failed call is reported and no more: the next one is never far."""
        try:
            answer = self._post()
        except (OSError, http.client.HTTPException) as error:
            self._report(f"did not answer: {error}")
            return
        if answer.status >= http.HTTPStatus.BAD_REQUEST and answer.status not in NOT_HERE:
            text = answer.body[:BODY_BYTES_MAX].decode(errors="replace")
            self._report(f"answered {answer.status}: {text}")

    def _post(self) -> Answer:
        """Every "disable, enable background triggers" of the hub gives the function a new generation,
        not always the next one; while they are disabled, none takes the call."""
        known = self._generation
        answer = self._post_to(known)
        for generation in (*range(known + 1, known + GENERATIONS_AHEAD), *range(known)):
            if answer.status not in NOT_HERE:
                break
            answer = self._post_to(generation)
            if answer.status not in NOT_HERE:
                self._generation = generation
        return answer

    def _post_to(self, generation: int) -> Answer:
        path = self._function.path(generation)
        return request(self._port, "POST", path, timeout_s=CALL_TIMEOUT_S, body=b"{}")

    def _report(self, problem: str) -> None:
        say(f"{time_of_day()} {self._function.name} {problem}")


def main() -> None:
    port = int(sys.argv[1])
    schedules = [Schedule(port, one) for one in list_functions(port) if one.is_scheduled]
    threads = [threading.Thread(target=schedule.run, daemon=True) for schedule in schedules]
    for thread in threads:
        thread.start()
    threading.Event().wait()  # until a signal: a ticker with no schedule has to stay, too


if __name__ == "__main__":
    main()
