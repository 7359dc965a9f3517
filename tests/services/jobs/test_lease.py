"""A lease is kept while its worker works, and not a moment longer than a worker may."""

import threading
from dataclasses import replace

from mediaforge.services.jobs import lease
from tests.support.faults import MortalDocuments, Steps
from tests.support.world import TIMING, World

QUICK = replace(TIMING, lease_s=0.03, attempt_s=0.3)


def test_a_worker_that_hangs_is_let_go() -> None:
    world = World()
    job_id = world.submit().job.id
    backend = replace(world.backend, timing=QUICK)
    renewals: list[int] = []

    def hang() -> None:
        job = world.job(job_id)
        before = world.documents.writes
        lease._keep(backend, job, threading.Event())  # returns, though nobody says "done"
        renewals.append(world.documents.writes - before)

    world.provider.meanwhile.append(hang)
    world.deliver_all()
    assert renewals
    assert 0 < renewals[0] <= 30


def test_a_renewal_that_breaks_is_tried_again() -> None:
    world = World()
    job_id = world.submit().job.id
    tries: list[int] = []

    class Breaking(MortalDocuments):
        def transact(self, work, after=None):  # type: ignore[no-untyped-def]
            tries.append(1)
            if len(tries) < 3:
                raise TypeError("a token could not be refreshed")
            return super().transact(work, after)

    def keep() -> None:
        documents = Breaking(world.documents, Steps())
        backend = replace(world.backend, documents=documents, timing=QUICK)
        lease._keep(backend, world.job(job_id), threading.Event())

    world.provider.meanwhile.append(keep)
    world.deliver_all()
    assert len(tries) > 3


def test_a_lease_that_was_taken_away_is_not_renewed() -> None:
    world = World()
    job_id = world.submit().job.id
    answers: list[bool] = []

    def cancelled() -> None:
        job = world.job(job_id)
        world.cancel(job_id)
        answers.append(lease.renew(world.backend, job))

    world.provider.meanwhile.append(cancelled)
    world.deliver_all()
    assert answers == [False]
