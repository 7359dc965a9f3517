"""The rows of a batch are counted by one sum."""

from collections import Counter
from dataclasses import replace

import pytest

from mediaforge.domain.jobs.job import JobStatus
from mediaforge.domain.library.batches import BatchStatus, counts_as, counts_of
from tests.support.world import World


@pytest.mark.parametrize("number", [0, 1, 33, 100])
@pytest.mark.parametrize("many", list(JobStatus))
def test_a_sum_says_how_many_rows_have_each_status(number: int, many: JobStatus) -> None:
    batch = World().submit_batch(3)
    batch = replace(batch, counts=replace(batch.counts, total=100))
    others = [status for status in JobStatus if status is not many]
    statuses = [many] * number + [others[each % len(others)] for each in range(100 - number)]
    counts = counts_of(batch, sum(map(counts_as, statuses)))
    said = Counter({status: getattr(counts, status.value) for status in JobStatus})
    assert said == Counter({status: statuses.count(status) for status in JobStatus})


def test_what_is_missing_of_a_cancelled_batch_counts_as_cancelled() -> None:
    world = World()
    batch = world.submit_batch(3)
    world.control_batch(batch.id, "cancel")
    counts = counts_of(world.batch(batch.id), counts_as(JobStatus.COMPLETED))
    assert world.batch(batch.id).status is BatchStatus.CANCELLED
    assert (counts.completed, counts.cancelled, counts.queued) == (1, 2, 0)
