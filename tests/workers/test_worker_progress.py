"""Progress: told when it has grown and time has passed, and where a job is stopped."""

import pytest

from mediaforge_worker.errors import StoppedError
from mediaforge_worker.progress import Progress


def test_it_is_told_at_most_once_an_interval_and_only_when_it_grows() -> None:
    now, told = [0.0], list[float]()
    progress = Progress([told.append], every_s=2, clock=lambda: now[0])
    for moment, rendered in [(0, 0.1), (1, 0.2), (2, 0.1), (3, 0.5), (3.5, 0.9), (9, 1.0)]:
        now[0] = moment
        progress(rendered)
    assert told == [0.095, 0.475, 0.95]


def test_all_rendered_is_not_yet_done() -> None:
    told: list[float] = []
    Progress([told.append], every_s=0)(7.0)
    assert told == [0.95]


def test_a_stopped_job_ends_where_it_tells_its_progress() -> None:
    def checkpoint() -> None:
        raise StoppedError

    told: list[float] = []
    with pytest.raises(StoppedError):
        Progress([told.append], every_s=0, checkpoint=checkpoint)(0.5)
    assert told == []
