"""One job's life on the real adapters, in a process that kills itself at a chosen step.

Run as `python -m tests.support.mortal_process <uid> <die at step> <prompt>`; prints how many steps
there were if it lived.
"""

import os
import sys
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

KILLED = 137


class LostTasks:
    """A queue that loses every task: no other worker may be faster than this process."""

    def enqueue(self, task: Task) -> None:
        pass


def live(backend: Backend, uid: str, prompt: str) -> None:
    request = parse(GenerateImage, {"prompt": prompt, "width": 64, "height": 64, "count": 2})
    job = submit_job(backend, user(uid), request).job
    run_job(backend, job.id)
    settle_account(backend, job.account_id)


def main() -> None:
    uid, die_at, prompt = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    steps = Steps(die_at, die=lambda: os._exit(KILLED))
    backend = replace(bootstrap.backend(), tasks=LostTasks())
    live(mortal(backend, steps), uid, prompt)
    print(len(steps.passed))  # noqa: T201


if __name__ == "__main__":
    main()
