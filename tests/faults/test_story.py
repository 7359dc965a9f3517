"""A finding comes with what happened to its document."""

from tests.faults.harness import Settings, play
from tests.faults.story import story


def test_a_story_has_the_commits_of_the_document_in_their_order() -> None:
    record = play(Settings(1, jobs=5, accounts=2)).record
    job = next(path for path in record.last if path.startswith("jobs/"))
    first, *rest = story(record, f"{job}: expected to be run in time")
    assert first == f"{job}: expected to be run in time"
    assert any(job in line and " commits " in line for line in rest)
    written = [line for line in rest if "'status': " in line]
    assert "'queued'" in written[0]
    assert record.last[job]["status"] in written[-1]


def test_the_story_of_an_errand_has_its_lines() -> None:
    record = play(Settings(1, jobs=5, accounts=2)).record
    errand = next(line for line in record.trace if " submission " in line).split(" submission ")[1]
    name = f"submission {errand.split()[0]}"
    _, *rest = story(record, f"{name} (no answer): was never answered")
    assert rest
    assert all(name in line for line in rest)
