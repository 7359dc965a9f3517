"""One job's life on the real adapters, in processes that kill themselves: each at another step.

Run as `python -m tests.support.mortal_process <name> <prompt>`. First one lives, which tells how many steps
there are; then for each step one dies there, as the user `<name>-killed-at-<step>`. Prints the exit codes of
those. They are forks of this process, which imports what each of them needs, and opens no connection.
"""

import importlib
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace

from mediaforge import bootstrap
from mediaforge.contract.requests import GenerateImage, parse
from mediaforge.ports.tasks import Task
from mediaforge.services.backend import Backend
from mediaforge.services.jobs.run import run_job
from mediaforge.services.jobs.settle import settle_account
from mediaforge.services.jobs.submit import submit_job
from tests.support.faults import Steps, mortal
from tests.support.world import user

KILLED, BROKEN = 137, 255
AT_ONCE = 3
LOADED_LATE = ("mediaforge.assembly", "mediaforge.providers.local.provider", "painter")


class LostTasks:
    """A queue that loses every task: no other worker may be faster than this process."""

    def enqueue(self, task: Task) -> None:
        pass


def live(backend: Backend, uid: str, prompt: str) -> None:
    request = parse(GenerateImage, {"prompt": prompt, "width": 64, "height": 64, "count": 2})
    job = submit_job(backend, user(uid), request).job
    run_job(backend, job.id)
    settle_account(backend, job.account_id)


def live_and_die_at(step: int, uid: str, prompt: str) -> int:
    """How many steps were passed. At 0 it lives."""
    steps = Steps(step, die=lambda: os._exit(KILLED))
    backend = replace(bootstrap.backend(), tasks=LostTasks())
    live(mortal(backend, steps), uid, prompt)
    return len(steps.passed)


def forked(work: Callable[[], int]) -> int:
    """The process that does the work and exits with its number."""
    pid = os.fork()
    if pid == 0:
        try:
            os._exit(work())
        finally:
            os._exit(BROKEN)
    return pid


def exits_of(pids: Iterator[int]) -> dict[int, int]:
    """The exit code of each process, by its place; a few are alive at once."""
    places: dict[int, int] = {}
    exits: dict[int, int] = {}
    for place, pid in enumerate(pids):
        places[pid] = place
        if len(places) - len(exits) == AT_ONCE:
            note_one(places, exits)
    while len(exits) < len(places):
        note_one(places, exits)
    return exits


def note_one(places: dict[int, int], exits: dict[int, int]) -> None:
    pid, status = os.wait()
    exits[places[pid]] = os.waitstatus_to_exitcode(status)


def main() -> None:
    name, prompt = sys.argv[1:]
    for module in LOADED_LATE:
        importlib.import_module(module)
    unharmed = forked(lambda: live_and_die_at(0, f"{name}-unharmed", prompt))
    steps = exits_of(iter([unharmed]))[0]
    if steps in (0, BROKEN):
        sys.exit("the first one did not live")

    def dies_at(step: int) -> int:
        return forked(lambda: live_and_die_at(step, f"{name}-killed-at-{step}", prompt))

    exits = exits_of(map(dies_at, range(1, steps + 1)))
    print(*(exits[place] for place in range(steps)))  # noqa: T201


if __name__ == "__main__":
    main()
