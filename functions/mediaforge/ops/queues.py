"""`queues`: what waits in Cloud Tasks."""

import click

from mediaforge.ops.jobs import job_data
from mediaforge.ops.session import Session
from mediaforge.ops.showing import Shown, Table, age
from mediaforge.ops.verbs import changes, shows, would
from mediaforge.services.operate.audit import audited
from mediaforge.services.operate.unsettled import unsettled_jobs

_LOOKED_AT_MAX = 500


@click.group("queues")
def group() -> None:
    """Queues. The emulators' can be looked at, and neither paused nor purged."""


@shows(group, "list")
def list_(session: Session) -> Shown:
    """Lists the queues, with the oldest job in each that nobody has begun."""
    seen, backend = session.queues.seen(), session.backend
    waiting = [
        job
        for job in unsettled_jobs(backend, _LOOKED_AT_MAX)
        if job.is_dispatched and not job.attempts
    ]
    oldest = {
        queue.name: min(
            (job for job in waiting if job.queue == queue.name),
            key=lambda job: job.slot_at or job.created_at,
            default=None,
        )
        for queue in seen
    }
    now = backend.clock.now()
    rows, data = [], []
    for queue in seen:
        job = oldest[queue.name]
        since = (job.slot_at or job.created_at) if job is not None else None
        rows.append(
            (
                queue.name,
                queue.state,
                queue.tasks,
                age(since, now),
                queue.a_second,
                queue.at_once,
                queue.done_last_minute,
            )
        )
        data.append(
            {
                "name": queue.name,
                "state": queue.state,
                "tasks": queue.tasks,
                "aSecond": queue.a_second,
                "atOnce": queue.at_once,
                "doneLastMinute": queue.done_last_minute,
                "oldest": job_data(job) if job is not None else None,
            }
        )
    columns = ("QUEUE", "STATE", "TASKS", "OLDEST JOB", "A SECOND", "AT ONCE", "LAST MINUTE")
    return Shown({"queues": data}, [Table(columns, rows)])


@changes(group, "pause")
@click.argument("queue")
def pause(session: Session, queue: str, yes: bool, reason: str) -> Shown:
    """Stops a queue until it is resumed. The next deploy resumes it, too."""
    if not yes:
        return would(f"pause {queue}", data={"queue": queue})
    with audited(session.backend, session.operator, "queues pause", queue, reason) as note:
        session.queues.pause(queue)
        note.did(queue, "paused")
    return Shown(
        {"queue": queue, "state": "paused"}, [f"{queue} is paused."], then=f"queues resume {queue}"
    )


@changes(group, "resume")
@click.argument("queue")
def resume(session: Session, queue: str, yes: bool, reason: str) -> Shown:
    """Lets a queue go on."""
    if not yes:
        return would(f"resume {queue}", data={"queue": queue})
    with audited(session.backend, session.operator, "queues resume", queue, reason) as note:
        session.queues.resume(queue)
        note.did(queue, "resumed")
    return Shown({"queue": queue, "state": "running"}, [f"{queue} goes on."])


@changes(group, "purge")
@click.argument("queue")
def purge(session: Session, queue: str, yes: bool, reason: str) -> Shown:
    """Deletes every task of a queue. No job is lost: the sweep makes new tasks for those that are due."""
    if not yes:
        tasks = {each.name: each.tasks for each in session.queues.seen()}.get(queue)
        return would(f"delete {tasks} tasks of {queue}", data={"queue": queue, "tasks": tasks})
    with audited(session.backend, session.operator, "queues purge", queue, reason) as note:
        session.queues.purge(queue)
        note.did(queue, "purged")
    return Shown({"queue": queue}, [f"{queue} is being emptied."])
