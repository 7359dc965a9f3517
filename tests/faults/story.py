"""What a run did with the document or the errand that a finding is about: a long run is not played twice to
find out."""

from collections.abc import Iterator

from tests.faults.record import Fields, Record


def story(record: Record, finding: str) -> Iterator[str]:
    """The lines of the trace that name the document, which have the faults, and then its commits, with the
    fields that each has changed. Of an errand (`direction NAME (why)`) the lines that name it."""
    path = finding.split(":", maxsplit=1)[0]
    name = path.rsplit("/", 1)[-1] if "/" in path else " ".join(path.split()[:2])
    yield finding
    yield from (line for line in record.trace if name in line)
    before: Fields = {}
    for commit in record.commits:
        if path in commit.writes:
            after = commit.writes[path] or {}
            changed = {
                key: after.get(key)
                for key in {**before, **after}
                if before.get(key) != after.get(key)
            }
            yield f"{commit.at:%d %H:%M:%S.%f} {commit.process}: {changed}"
            before = after
