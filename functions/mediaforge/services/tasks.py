"""Handing what a commit has decided to its queue."""

from mediaforge import log
from mediaforge.domain.errors import BusyError
from mediaforge.ports.tasks import AnyTask, Task, TeamTask
from mediaforge.services.backend import Backend

ROTATION_QUEUE = "rotateAddresses"


def hand_over(backend: Backend, task: AnyTask) -> None:
    """Never raises: what is not handed over now has a `due_at`, and the sweep finds it."""
    of = {"job_id": task.job_id} if isinstance(task, Task) else {"team_id": task.team_id}
    try:
        backend.tasks.enqueue(task)
    except BusyError as error:
        log.warning("task.delayed", **of, cause=str(error))
    except Exception as error:
        log.bug("task.broke", error, **of)


def send_rotation(backend: Backend, team_id: str) -> None:
    """After a commit that leaves addresses of a team's pictures to be ended."""
    hand_over(backend, TeamTask(ROTATION_QUEUE, backend.new_id(), team_id))
