"""A batch, or some jobs, leave as one file: made by a worker, taken up again after any loss, gone in time."""

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from mediaforge.contract import documents as at
from mediaforge.contract.requests import parse
from mediaforge.domain.errors import BusyError, RequestError
from mediaforge.domain.library.exports import Export, ExportStatus
from mediaforge.services.library.deletion import DeleteGeneration, delete_generation
from mediaforge.services.library.export_work import make_export
from mediaforge.services.watch.sweep import sweep_jobs
from tests.memory.media import MemoryMedia
from tests.support.pictures import PICTURE
from tests.support.world import ANN, World, user

BOB = user("bob")
DAYS = timedelta(days=1).total_seconds()


@pytest.fixture
def world() -> World:
    world = World()
    world.set_tier("pro")
    world.grant(900)
    return world


def batch_of(world: World, *rows: dict[str, Any], **fields: Any) -> str:
    """The id of a batch that has ended; by default of one picture."""
    batch = world.submit_batch(rows or [{"prompt": "a lighthouse"}], **fields)
    world.run_until_quiet()
    return batch.id


def made(world: World, **fields: Any) -> Export:
    export = world.export(**fields)
    world.make_exports()
    return world.exported(export)


def content(world: World, export: Export) -> bytes:
    assert export.storage_path is not None
    return world.media.files[export.storage_path]


def opened(world: World, export: Export) -> zipfile.ZipFile:
    found = zipfile.ZipFile(io.BytesIO(content(world, export)))
    assert found.testzip() is None
    return found


def table(raw: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))


def refusal(world: World, caller: Any = ANN, **fields: Any) -> RequestError:
    before = world.contents()
    with pytest.raises(RequestError) as refused:
        world.export(caller, **fields)
    assert world.contents() == before
    return refused.value


# ---- the three formats -------------------------------------------------------------------------------


def test_a_zip_has_every_file_under_a_readable_name_and_both_lists(world: World) -> None:
    rows = {"prompt": "a lighthouse"}, {"prompt": "a fox", "count": 2}, {"prompt": "[[blocked]]"}
    export = made(world, batchId=batch_of(world, *rows))
    folder = opened(world, export)
    names = ["000_a-lighthouse_1.png", "001_a-fox_1.png", "001_a-fox_2.png"]
    assert folder.namelist() == [*names, "rows.csv", "rows.json"]
    assert {folder.read(name) for name in names} == {PICTURE}
    lines = table(folder.read("rows.csv"))
    assert [line["files"].split("\n") for line in lines] == [names[:1], names[1:], [""]]
    assert [line["status"] for line in lines] == ["completed", "completed", "failed"]
    assert lines[2]["error"].startswith("content-blocked: ")
    assert [line["credits"] for line in lines] == ["2", "4", "0"]
    told = json.loads(folder.read("rows.json"))
    assert [each["index"] for each in told["rows"]] == [0, 1, 2]


def test_an_export_that_was_made_says_where_its_file_is(world: World) -> None:
    export = made(world, batchId=batch_of(world), format="json")
    assert (export.status, export.progress) == (ExportStatus.COMPLETED, 1.0)
    assert export.storage_path == f"exports/ann/{export.id}.json"
    assert export.size_bytes == len(content(world, export))
    assert world.media.answer(export.url or "") == content(world, export)
    assert export.expires_at == world.at(7 * DAYS)


def test_a_csv_names_the_files_by_their_paths(world: World) -> None:
    batch_id = batch_of(world)
    [line] = table(content(world, made(world, batchId=batch_id, format="csv")))
    job = world.job(world.batch_rows(batch_id)[0].job_id or "")
    assert job.output is not None
    assert line["files"] == job.output.storage_paths[0]
    assert (line["jobId"], line["seed"], line["width"]) == (job.id, str(job.seed), "1024")


def test_jobs_are_exported_in_the_order_in_which_they_are_named(world: World) -> None:
    first, second = world.finish("first"), world.finish("second")
    export = made(world, jobIds=[second.id, first.id, second.id], format="json")
    told = json.loads(content(world, export))
    assert [row["jobId"] for row in told["rows"]] == [second.id, first.id]
    assert [row["requestData"]["prompt"] for row in told["rows"]] == ["second", "first"]


def test_a_batch_that_still_runs_is_exported_as_it_is(world: World) -> None:
    batch = world.submit_batch(2)
    lines = table(content(world, made(world, batchId=batch.id, format="csv")))
    assert [line["status"] for line in lines] == ["queued", "queued"]
    assert [line["jobId"] for line in lines] == ["", ""]


def test_a_file_that_is_gone_is_left_out_and_the_list_says_so(world: World) -> None:
    batch_id = batch_of(world, {"prompt": "a", "count": 2})
    job = world.job(world.batch_rows(batch_id)[0].job_id or "")
    assert job.output is not None
    gone = job.output.storage_paths[0]
    del world.media.files[gone]
    folder = opened(world, made(world, batchId=batch_id))
    assert folder.namelist() == ["000_a_2.png", "rows.csv", "rows.json"]
    [line] = table(folder.read("rows.csv"))
    assert (line["files"], line["gone"]) == ("000_a_2.png", gone)


@pytest.mark.parametrize("format_", ["zip", "csv"])
def test_of_a_job_that_was_deleted_only_the_row_is_left(world: World, format_: str) -> None:
    batch_id = batch_of(world)
    job_id = world.batch_rows(batch_id)[0].job_id
    delete_generation(world.backend, ANN, parse(DeleteGeneration, {"jobId": job_id}))
    export = made(world, batchId=batch_id, format=format_)
    raw = opened(world, export).read("rows.csv") if format_ == "zip" else content(world, export)
    [line] = table(raw)
    assert (line["status"], line["files"], line["gone"]) == ("completed", "", "deleted")


# ---- who may -----------------------------------------------------------------------------------------


def test_a_stranger_gets_nothing_of_a_batch_or_a_job(world: World) -> None:
    batch_id, job = batch_of(world), world.finish()
    for fields, name in (({"batchId": batch_id}, batch_id), ({"jobIds": [job.id]}, job.id)):
        theirs = refusal(world, BOB, **fields)
        assert theirs.reason == "not-found"
        nowhere = {"batchId": "nowhere"} if "batchId" in fields else {"jobIds": ["nowhere"]}
        assert str(refusal(world, BOB, **nowhere)) == str(theirs).replace(name, "nowhere")


def test_an_administrator_reads_nobody_s_work(world: World) -> None:
    root = user("root")
    refused = refusal(world, type(root)("root", is_admin=True), batchId=batch_of(world))
    assert refused.reason == "not-found"


def test_one_job_that_may_not_be_seen_is_named_and_nothing_is_made(world: World) -> None:
    own = world.finish()
    refused = refusal(world, jobIds=[own.id, "nowhere"])
    assert str(refused) == "There is no job nowhere."


def test_a_job_whose_view_was_deleted_is_not_exported(world: World) -> None:
    job = world.finish()
    world.documents.transact(lambda tx: tx.delete(at.view(job)))
    assert refusal(world, jobIds=[job.id]).reason == "not-found"


def test_a_viewer_of_the_team_exports_the_team_s(world: World) -> None:
    team_id = world.found_team(bob="viewer")
    batch_id = batch_of(world, teamId=team_id)
    export = world.export(BOB, batchId=batch_id)
    job_id = world.batch_rows(batch_id)[0].job_id
    other = world.export(BOB, jobIds=[job_id])
    assert world.make_exports() == ["completed", "completed"]
    assert world.exported(export).storage_path == f"exports/bob/{export.id}.zip"
    assert world.exported(other).status is ExportStatus.COMPLETED


def test_who_leaves_the_team_before_the_file_is_made_gets_none(world: World) -> None:
    team_id = world.found_team(bob="viewer")
    export = world.export(BOB, batchId=batch_of(world, teamId=team_id))
    world.control_team(ANN, team_id, "remove", uid="bob")
    assert world.make_exports() == ["failed"]
    failed = world.exported(export)
    assert failed.error is not None
    assert failed.error.code == "not-found"
    assert world.media.list("exports/") == {}


def test_who_is_blocked_gets_no_export(world: World) -> None:
    batch_id = batch_of(world)
    world.control_account("block", accountId="user_ann", reason="abuse")
    assert refusal(world, batchId=batch_id).reason == "account-blocked"


def test_a_blocked_team_s_work_is_not_exported_and_not_by_a_task_that_was_queued(
    world: World,
) -> None:
    team_id = world.found_team(bob="viewer")
    batch_id = batch_of(world, teamId=team_id)
    job_id = world.batch_rows(batch_id)[0].job_id
    export = world.export(BOB, batchId=batch_id)
    world.control_account("block", accountId=f"team_{team_id}", reason="abuse")
    for fields in ({"batchId": batch_id}, {"jobIds": [job_id]}):
        assert refusal(world, BOB, **fields).reason == "account-blocked"
    assert world.make_exports() == ["failed"]
    assert world.exported(export).status is ExportStatus.FAILED


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({}, "batchId"),
        ({"batchId": "b", "jobIds": ["j"]}, "jobIds"),
        ({"jobIds": []}, "jobIds"),
        ({"jobIds": ["j"] * 101}, "jobIds"),
        ({"jobIds": ["j", "a/b"]}, "jobIds[1]"),
        ({"batchId": "b", "format": "pdf"}, "format"),
    ],
)
def test_bad_input_names_the_field(world: World, fields: dict[str, Any], named: str) -> None:
    refused = refusal(world, **fields)
    assert [each["field"] for each in refused.details["fieldErrors"]] == [named]


# ---- once, and not too often -------------------------------------------------------------------------


def test_the_same_request_is_the_same_export_and_another_is_refused(world: World) -> None:
    batch_id = batch_of(world)
    export = made(world, batchId=batch_id, requestId="r")
    assert world.export(batchId=batch_id, requestId="r") == export
    assert world.account().usage.exports == 1
    refused = refusal(world, batchId=batch_id, format="csv", requestId="r")
    assert (refused.reason, refused.details["exportId"]) == ("request-id-reused", export.id)
    other = made(world, caller=BOB, jobIds=[world.submit(caller=BOB).job.id], requestId="r")
    assert other.id != export.id


def test_a_repeat_is_answered_also_where_the_batch_is_gone_and_the_day_is_used_up(
    world: World,
) -> None:
    batch_id = batch_of(world)
    export = made(world, batchId=batch_id, requestId="r")
    world.documents.transact(lambda tx: tx.delete(at.batch(batch_id)))
    world.overwrite("accounts/user_ann", usage={"day": "2026-11-20", "exports": 50})
    assert world.export(batchId=batch_id, requestId="r") == export


def test_a_day_has_so_many_exports_and_a_minute_so_many_submissions(world: World) -> None:
    batch_id, available = batch_of(world), world.account().available
    day = world.clock.now().date().isoformat()
    world.overwrite("accounts/user_ann", usage={"day": day, "exports": 49})
    world.export(batchId=batch_id)
    refused = refusal(world, batchId=batch_id)
    assert (refused.reason, refused.details["of"]) == ("quota-exceeded", "exports")
    assert world.account().available == available
    world.clock.advance(DAYS)
    world.export(batchId=batch_id)
    assert world.account().usage.exports == 1
    limit = world.backend.catalogue.tiers["pro"].submissions_a_minute
    while sum(world.account().rate.seconds.values()) < limit:
        world.submit()
    assert refusal(world, batchId=batch_id).reason == "rate-limited"


# ---- losses ------------------------------------------------------------------------------------------


def sweep_after(world: World, seconds: float) -> None:
    world.clock.advance(seconds)
    sweep_jobs(world.backend)


def test_a_lost_task_is_made_again(world: World) -> None:
    export = world.export(batchId=batch_of(world))
    world.tasks.of_exports.clear()
    sweep_after(world, 60)
    assert world.tasks.of_exports == []
    sweep_after(world, 61)
    assert world.make_exports() == ["completed"]
    assert world.exported(export).attempts == 1


def test_a_task_that_comes_twice_makes_one_file(world: World) -> None:
    export = made(world, batchId=batch_of(world))
    assert make_export(world.backend, "ann", export.id) == "not-waiting"
    assert make_export(world.backend, "ann", "nowhere") == "not-waiting"
    assert world.exported(export) == export


class DyingError(BaseException):
    """The worker's process ends here."""


@dataclass
class Trouble(MemoryMedia):
    """Fails with `error` whenever a picture is to be read."""

    error: type[BaseException] | None = None

    def chunks(self, path: str) -> Iterator[bytes] | None:
        if self.error is not None:
            raise self.error(path)
        return super().chunks(path)


@pytest.fixture
def troubled() -> World:
    world = World(media=Trouble())
    world.set_tier("pro")
    return world


def test_a_worker_that_dies_is_followed_by_another_and_the_third_death_is_the_end(
    troubled: World,
) -> None:
    export = troubled.export(batchId=batch_of(troubled))
    troubled.media.error = DyingError  # type: ignore[attr-defined]
    for attempt in (1, 2, 3):
        with pytest.raises(DyingError):
            troubled.make_exports()
        assert make_export(troubled.backend, "ann", export.id) == "not-waiting"
        assert troubled.exported(export).attempts == attempt
        sweep_after(troubled, 10)
        assert troubled.tasks.of_exports == []
        sweep_after(troubled, 631)
    failed = troubled.exported(export)
    assert (failed.status, failed.error and failed.error.code) == (
        ExportStatus.FAILED,
        "export-failed",
    )
    assert troubled.media.list("exports/") == {}


@pytest.mark.parametrize("error", [BusyError, ZeroDivisionError])
def test_an_attempt_that_fails_waits_for_the_sweep(troubled: World, error: type[Exception]) -> None:
    export = troubled.export(batchId=batch_of(troubled))
    troubled.media.error = error  # type: ignore[attr-defined]
    assert troubled.make_exports() == ["queued"]
    troubled.media.error = None  # type: ignore[attr-defined]
    sweep_after(troubled, 121)
    assert troubled.make_exports() == ["completed"]
    assert troubled.exported(export).attempts == 2


def test_an_attempt_that_was_overtaken_leaves_the_file_of_the_one_that_followed(
    world: World,
) -> None:
    """The first one stands still before its last commit, for so long that another has made the file."""
    export = world.export(batchId=batch_of(world))

    def follow() -> None:
        world.clock.advance(700)
        sweep_jobs(world.backend)
        assert world.make_exports() == ["completed"]

    task = world.tasks.of_exports.pop(0)
    world.documents.meanwhile = [lambda: None, follow]
    outcome = make_export(world.backend, task.body["uid"], task.body["exportId"])
    assert outcome == "overtaken"
    after = world.exported(export)
    assert (after.status, after.attempts) == (ExportStatus.COMPLETED, 2)
    assert world.media.answer(after.url or "") == content(world, after)
    assert opened(world, after).namelist()[0] == "000_a-lighthouse_1.png"


def test_where_the_answer_of_the_last_commit_is_lost_the_file_is_written_over(
    troubled: World,
) -> None:
    """A file lies there that an attempt has saved and not told of."""
    export = troubled.export(batchId=batch_of(troubled))
    troubled.media.save(f"exports/ann/{export.id}.zip", b"half", "application/zip", "t")
    assert troubled.make_exports() == ["completed"]
    after = troubled.exported(export)
    assert opened(troubled, after).namelist()[-1] == "rows.json"
    assert troubled.media.answer(after.url or "") == content(troubled, after)


# ---- its end -----------------------------------------------------------------------------------------


def test_a_file_is_gone_after_seven_days_and_its_document_says_so(world: World) -> None:
    export = made(world, batchId=batch_of(world))
    sweep_after(world, 7 * DAYS - 1)
    assert world.media.list("exports/") != {}
    sweep_after(world, 2)
    assert world.media.list("exports/") == {}
    after = world.exported(export)
    assert (after.status, after.url, after.storage_path) == (ExportStatus.COMPLETED, None, None)
    assert world.documents.get(at.export_due(export.id)) is None
    assert after.forget_at > world.clock.now() + timedelta(days=20)


class KeepingMedia(MemoryMedia):
    """Deletes nothing, and does not answer, once."""

    def __init__(self) -> None:
        super().__init__()
        self.is_busy = True

    def delete(self, files: Any) -> None:
        if files and self.is_busy and any(path.startswith("exports/") for path in files):
            self.is_busy = False
            raise BusyError("storage")
        super().delete(files)


def test_a_deletion_that_is_lost_comes_again_also_where_the_document_is_gone() -> None:
    world = World(media=KeepingMedia())
    world.set_tier("pro")
    export = made(world, batchId=batch_of(world))
    world.clock.advance(8 * DAYS)
    world.documents.transact(lambda tx: tx.delete(at.export("ann", export.id)))
    sweep_jobs(world.backend)
    assert world.media.list("exports/") != {}
    sweep_jobs(world.backend)
    assert world.media.list("exports/") == {}
    assert world.documents.get(at.export_due(export.id)) is None


def test_what_a_failed_export_left_behind_is_deleted_at_once(world: World) -> None:
    team_id = world.found_team(bob="viewer")
    export = world.export(BOB, batchId=batch_of(world, teamId=team_id))
    world.media.save(f"exports/bob/{export.id}.zip", b"half", "application/zip", "t")
    world.control_team(ANN, team_id, "remove", uid="bob")
    world.make_exports()
    sweep_after(world, 1)
    assert world.media.list("exports/") == {}
    assert world.exported(export).status is ExportStatus.FAILED
