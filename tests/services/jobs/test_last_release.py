"""What the release before this wrote: jobs with all their fields on top. They are read, go on to their end,
and are written in parts by whoever writes them next.

`last_release.json` has whole databases as that release left them, each at one moment of a job's life.
"""

import json
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from mediaforge.contract import documents as at
from mediaforge.domain.jobs.job import PARTS, Job
from mediaforge.ports.documents import Transaction
from mediaforge.services.jobs.transitions import write
from mediaforge.services.watch.invariants import check_invariants
from tests.support.operations import LongProvider
from tests.support.pictures import PICTURE, PNG_HEAD
from tests.support.stored import row
from tests.support.world import InstantProvider, World

Documents = dict[str, dict[str, Any]]


def _moment(fields: dict[str, Any]) -> Any:
    return datetime.fromisoformat(fields["__at__"]) if "__at__" in fields else fields


DATABASES: dict[str, Documents] = json.loads(
    (Path(__file__).parent / "last_release.json").read_text(encoding="utf-8"), object_hook=_moment
)
MOMENTS = pytest.mark.parametrize("name", DATABASES)


def jobs_of(documents: Documents) -> Documents:
    return {path: f for path, f in documents.items() if path.startswith("jobs/")}


def opened(name: str) -> World:
    """A world with that database, and the files that it names."""
    is_long = name.startswith(("video", "training"))
    world = World(provider=LongProvider() if is_long else InstantProvider())
    for path, fields in DATABASES[name].items():
        world.documents.overwrite(path, fields)
    for number in range(5):
        world.media.save(f"references/ann/{number}.png", PNG_HEAD, "image/png", "t")
        world.media.save(f"brands/id0000/references/{number}.png", PNG_HEAD, "image/png", "t")
    for job in world.jobs():
        for path in job.output.storage_paths if job.output else ():
            world.media.save(path, PICTURE, "image/png", "t")
    return world


def assert_in_parts(fields: dict[str, Any]) -> None:
    """Every field once: in its part, or on top."""
    within = {name for names in PARTS.values() for name in names}
    assert PARTS.keys() <= fields.keys()
    assert not within & fields.keys()
    for part, names in PARTS.items():
        assert fields[part].keys() <= set(names)


def be_due(job_id: str, moment: datetime, tx: Transaction) -> None:
    job = tx.get(at.job(job_id))
    assert job is not None
    write(tx, job, replace(job, due_at=moment))


@MOMENTS
def test_every_field_of_it_is_read(name: str) -> None:
    for path, written in jobs_of(DATABASES[name]).items():
        job = at.load(Job, written, path.removeprefix("jobs/"))
        read = row(path, at.dump(job))
        if written.get("output") is not None:
            assert read["output"].pop("urls") is None  # it is newer
        if written.get("video") is not None:
            assert read["video"].pop("extend_of") is None  # so is this
        assert {n: read[n] for n in written} == written
        assert all(read[n] in (None, False, 0, "", []) for n in read.keys() - written.keys())


@MOMENTS
def test_its_next_write_puts_every_field_where_it_belongs(name: str) -> None:
    world = opened(name)
    for before in world.jobs():
        world.documents.transact(partial(be_due, before.id, world.at(7)))
        stored, _ = world.documents.peek(f"jobs/{before.id}")
        assert_in_parts(stored or {})
        assert world.job(before.id) == replace(before, due_at=world.at(7))


@MOMENTS
def test_it_goes_on_to_its_end(name: str) -> None:
    world = opened(name)
    world.run_until_quiet()
    world.assert_promises()
    assert check_invariants(world.backend) == []
    for path, before in jobs_of(DATABASES[name]).items():
        stored, _ = world.documents.peek(path)
        if stored != before:
            assert_in_parts(stored or {})


def test_a_job_that_has_lost_a_part_is_not_believed() -> None:
    world = World()
    job = world.submit().job
    stored, _ = world.documents.peek(f"jobs/{job.id}")
    for part in PARTS:
        for broken in (None, "lost"):
            world.documents.overwrite(f"jobs/{job.id}", {**(stored or {}), part: broken})
            assert world.jobs() == []
