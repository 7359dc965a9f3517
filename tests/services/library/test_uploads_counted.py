"""What a user may upload: files are counted by listing them, refused in a document that says why, and what a
submission hears of it."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from mediaforge.domain.errors import (
    BusyError,
    ReferenceMissingError,
    ReferenceUnreadableError,
    RequestError,
)
from mediaforge.domain.jobs.job import JobStatus
from mediaforge.domain.library.uploads import StoredFile
from mediaforge.services.library.catalog import describe_catalogue
from mediaforge.services.library.recount import recount_uploads
from mediaforge.services.library.uploads import note_stored
from tests.memory.media import MemoryMedia
from tests.support.faults import Killed, Steps
from tests.support.pictures import picture
from tests.support.uploads import BYTES_MAX, FILES_MAX, GOOD, Bucket, limit_to, new_bucket, note_all
from tests.support.world import logged

# ---- the quota -----------------------------------------------------------------------------------


def test_a_file_too_many_is_deleted_and_said_so(bucket: Bucket) -> None:
    for number in range(FILES_MAX + 2):
        bucket.put(f"{number}.png")
    bucket.deliver()

    assert bucket.files() == ["0.png", "1.png", "2.png"]
    assert bucket.folder() == (FILES_MAX, FILES_MAX * len(GOOD))
    for number in (3, 4):
        told = bucket.told(str(number))
        assert told is not None
        assert told["status"] == "refused"
        assert told["error"] == {
            "code": "quota-exceeded",
            "message": "You may keep 3 uploads of 10 MB together. Delete some, and upload this again.",
            "cause": None,
        }


def test_bytes_too_many_are_deleted_and_a_smaller_file_still_fits(bucket: Bucket) -> None:
    large = picture(size=(1_600, 1_250), compress_level=0)
    bucket.put("a.png", large)
    bucket.put("b.png", large)
    bucket.put("c.png")
    bucket.deliver()

    assert bucket.files() == ["a.png", "c.png"]
    assert bucket.folder() == (2, len(large) + len(GOOD))


def test_room_is_there_again_once_a_file_is_deleted(bucket: Bucket) -> None:
    paths = [bucket.put(f"{number}.png") for number in range(FILES_MAX + 1)]
    bucket.deliver()
    bucket.delete(paths[0])
    bucket.deliver()
    bucket.put("3.png")
    bucket.deliver()

    assert bucket.files() == ["1.png", "2.png", "3.png"]
    told = bucket.told("3")
    assert told is not None
    assert told["status"] == "ready"


def test_a_user_s_quota_is_no_other_s(bucket: Bucket) -> None:
    for number in range(FILES_MAX + 1):
        bucket.put(f"{number}.png")
    bucket.media.save("references/ann2/a.png", GOOD, "image/png", "t")
    bucket.deliver()
    recount_uploads(bucket.world.backend)
    assert bucket.world.documents.peek("references/ann2")[0] is not None
    assert bucket.media.exists("references/ann2/a.png")


def test_the_folder_s_document_says_the_limits_for_the_rules(bucket: Bucket) -> None:
    bucket.put("a.png")
    bucket.deliver()
    fields, _ = bucket.world.documents.peek("references/ann")
    assert fields is not None
    assert (fields["files_max"], fields["bytes_max"]) == (FILES_MAX, BYTES_MAX)


# ---- events ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(12))
def test_whatever_order_the_events_come_in_and_however_often_the_end_is_the_same(
    bucket: Bucket, seed: int
) -> None:
    """Twice each, mixed; what is lost altogether the nightly count finds."""
    dice = random.Random(seed)
    for number in range(FILES_MAX + 1):
        bucket.put(f"{number}.png")
    bucket.put("0.png", b"no picture")
    bucket.put("1.png", picture("WEBP"))
    bucket.delete("references/ann/2.png")
    events = bucket.events * 2
    dice.shuffle(events)
    bucket.deliver(events[: dice.randrange(len(events))])
    for _ in range(2):
        recount_uploads(bucket.world.backend)

    left = [name for name in bucket.files() if name != "3.png"]
    assert left == ["1.png"]
    assert bucket.folder() == (
        len(bucket.files()),
        sum(len(bucket.media.files[f"references/ann/{name}"]) for name in bucket.files()),
    )
    told = bucket.told("0")
    assert told is not None
    assert told["error"]["code"] == "reference-unreadable"
    told = bucket.told("1")
    assert told is not None
    assert (told["status"], told["content_type"]) == ("ready", "image/webp")


def test_an_event_of_an_earlier_writing_says_nothing_of_the_later(bucket: Bucket) -> None:
    bucket.put("a.png", b"no picture")
    bucket.put("a.png")
    early, *late = bucket.events
    bucket.deliver([*late, early])
    told = bucket.told("a")
    assert told is not None
    assert told["status"] == "ready"
    assert bucket.files() == ["a.png"]


def test_two_counts_at_once_end_in_the_later_one(bucket: Bucket) -> None:
    """Another file, and its whole event, come between a count's listing and its commit."""
    listing = bucket.media.stored
    bucket.put("a.png")

    def interrupted(prefix: str, start: str = "") -> Any:
        found = list(listing(prefix, start))
        bucket.media.stored = listing  # type: ignore[method-assign]
        bucket.put("b.png")
        bucket.events[-1]()
        return iter(found)

    first = bucket.events[0]
    bucket.media.stored = interrupted  # type: ignore[method-assign]
    first()
    assert bucket.folder() == (2, 2 * len(GOOD))


def test_a_death_at_any_step_leaves_nothing_that_the_next_delivery_does_not_mend() -> None:
    """A bad file, and one too many: both are refused, said so, deleted and counted in the end."""
    steps = Steps()
    note_all(filled(), steps)
    for die_at in range(1, len(steps.passed) + 1):
        bucket = filled()
        with pytest.raises(Killed):
            note_all(bucket, Steps(die_at))
        note_all(bucket, Steps())
        recount_uploads(bucket.world.backend)
        assert (die_at, bucket.files()) == (die_at, ["0.png", "1.png"])
        assert bucket.folder() == (2, 2 * len(GOOD))
        told = {name: bucket.told(name) for name in ("bad", "0", "1", "2")}
        assert {name: t and t["status"] for name, t in told.items()} == {
            "bad": "refused",
            "0": "ready",
            "1": "ready",
            "2": "refused",
        }


def filled() -> Bucket:
    bucket = new_bucket()
    bucket.put("bad.png", b"no picture")
    for number in range(FILES_MAX):
        bucket.put(f"{number}.png")
    return bucket


def test_a_storage_that_does_not_answer_is_asked_again(bucket: Bucket) -> None:
    """The event is not lost: whoever delivers it hears that it has to come again."""
    path = bucket.put("a.png")

    class BusyMedia(MemoryMedia):
        def load(self, path: str, generation: int | None = None) -> bytes | None:
            raise BusyError(path)

    busy = BusyMedia(bucket.media.files, now=bucket.world.clock.now)
    with pytest.raises(BusyError):
        note_stored(replace(bucket.world.backend, media=busy), path, busy.list(path)[path])
    told = bucket.told("a")
    assert told is not None
    assert (told["status"], told["thumbnail_url"]) == ("processing", None)
    bucket.deliver()
    told = bucket.told("a")
    assert told is not None
    assert told["status"] == "ready"


# ---- a limit that was lowered, and what was there before ------------------------------------------


def test_a_limit_that_is_lowered_takes_nothing_away_and_leaves_no_room(bucket: Bucket) -> None:
    limit_to(bucket, 6)
    paths = [bucket.put(f"p{number}.png") for number in range(6)]
    bucket.deliver()
    job = bucket.world.submit(references=[reference("p5.png")], scheduledAt="2026-11-20T20:00:00Z")
    limit_to(bucket, 4)
    recount_uploads(bucket.world.backend)
    assert [f"references/ann/{name}" for name in bucket.files()] == paths
    assert room(bucket) == (6, 4)

    bucket.put("q.png")
    bucket.deliver()
    told = bucket.told("q")
    assert told is not None
    assert told["error"]["code"] == "quota-exceeded"
    assert [bucket.told(f"p{number}")["status"] for number in range(6)] == ["ready"] * 6  # type: ignore[index]

    for path in paths[:3]:
        bucket.delete(path)
    bucket.deliver()
    for name in ("r.png", "s.png"):
        bucket.put(name)
        bucket.deliver()
    assert bucket.files() == ["p3.png", "p4.png", "p5.png", "r.png"]
    bucket.world.run_until_quiet()
    assert bucket.world.job(job.job.id).status is JobStatus.COMPLETED


def test_a_file_is_replaced_though_the_limit_was_lowered(bucket: Bucket) -> None:
    for name in "abc":
        bucket.put(f"{name}.png")
    bucket.deliver()
    limit_to(bucket, 1)
    bucket.put("a.png", picture("WEBP"))
    bucket.deliver()
    assert bucket.files() == ["a.png", "b.png", "c.png"]
    told = bucket.told("a")
    assert told is not None
    assert (told["status"], told["content_type"]) == ("ready", "image/webp")


def test_what_is_ready_stays_though_the_limit_is_lowered_while_an_earlier_one_goes(
    bucket: Bucket,
) -> None:
    """There is no room for the second, but the third fits. The second's deletion is lost, the first is
    deleted unheard, and the limit lowered: now the second would fit, and the third not."""
    larger = GOOD.ljust(6_000_000 + len(GOOD) // 2, b"\0")
    path = bucket.put("a.png", GOOD.ljust(6_000_000, b"\0"))
    bucket.put("b.png", larger)
    bucket.put("c.png")
    deleting = bucket.media.delete
    bucket.media.delete = lose_deletion  # type: ignore[method-assign, assignment]
    bucket.deliver()
    bucket.media.delete = deleting  # type: ignore[method-assign]
    bucket.delete(path)
    bucket.events.clear()
    limit_to(bucket, FILES_MAX, bytes_max=1_000_000)
    recount_uploads(bucket.world.backend)
    told = bucket.told("c")
    assert told is not None
    assert told["status"] == "ready"
    assert "c.png" in bucket.files()


def lose_deletion(_: Mapping[str, int]) -> None:
    """The answer of a Storage that did nothing."""


def test_what_was_there_before_anybody_counted_stays(bucket: Bucket) -> None:
    """Of a time before there was a limit, and more than one commit could refuse."""
    for number in range(150):
        bucket.media.save(f"references/ann/q{number:03}.png", GOOD, "image/png", "t")
    bucket.world.clock.advance(3 * 86_400)
    recount_uploads(bucket.world.backend)
    assert len(bucket.files()) == 150
    assert room(bucket) == (150, FILES_MAX)
    bucket.put("new.png")
    bucket.deliver()
    assert (len(bucket.files()), bucket.told("new")["status"]) == (150, "refused")  # type: ignore[index]


def test_what_was_there_before_stays_when_an_upload_is_the_first_that_is_counted(
    bucket: Bucket,
) -> None:
    for number in range(5):
        bucket.media.save(f"references/ann/q{number}.png", GOOD, "image/png", "t")
    bucket.world.clock.advance(3 * 86_400)
    bucket.put("new.png")
    bucket.deliver()
    assert bucket.files() == [f"q{number}.png" for number in range(5)]


def test_of_more_than_one_commit_refuses_nothing_is_ready_before_it_is_refused(
    bucket: Bucket,
) -> None:
    """Whoever has no folder's document yet is let in by the rules as often as they like."""
    for number in range(250):
        bucket.put(f"{number:03}.png")
    last = bucket.events[-1]
    last()
    assert bucket.told("249") is None
    assert bucket.folder() == (FILES_MAX, FILES_MAX * len(GOOD))
    bucket.deliver()
    assert bucket.files() == ["000.png", "001.png", "002.png"]


# ---- documents that cannot be read ----------------------------------------------------------------


def test_uploads_are_counted_though_their_user_s_account_cannot_be_read(
    bucket: Bucket, capsys: pytest.CaptureFixture[str]
) -> None:
    bucket.world.documents.overwrite("accounts/user_ann", {"available": "many"})
    for number in range(FILES_MAX + 1):
        bucket.put(f"{number}.png")
    bucket.deliver()
    recount_uploads(bucket.world.backend)
    assert bucket.files() == ["0.png", "1.png", "2.png"]
    assert room(bucket) == (FILES_MAX, FILES_MAX)
    lines = logged(capsys, "document.unreadable")
    assert {(line["severity"], line["document"]) for line in lines} == {
        ("ERROR", "accounts/user_ann")
    }


def test_whoever_is_blocked_has_no_room_though_the_rest_of_their_account_cannot_be_read(
    bucket: Bucket,
) -> None:
    now = bucket.world.clock.now()
    bucket.world.documents.overwrite("accounts/user_ann", {"available": "many", "blocked_at": now})
    bucket.put("a.png")
    bucket.deliver()
    assert room(bucket) == (1, 0)


def test_a_folder_s_document_that_cannot_be_read_is_written_anew(bucket: Bucket) -> None:
    bucket.world.documents.overwrite("references/ann", {"files": "many"})
    bucket.put("a.png")
    bucket.deliver()
    assert room(bucket) == (1, FILES_MAX)


def test_a_file_s_document_that_cannot_be_read_is_written_anew_and_its_name_is_not_logged(
    bucket: Bucket, capsys: pytest.CaptureFixture[str]
) -> None:
    bucket.world.documents.overwrite("references/ann/files/passport", {"status": "odd"})
    bucket.put("passport.png")
    assert recount_uploads(bucket.world.backend) == {"folders": 1, "files": 1}
    told = bucket.told("passport")
    assert told is not None
    assert told["status"] == "ready"
    assert {line["document"] for line in logged(capsys, "document.unreadable")} == {
        "references/ann"
    }


# ---- what a submission hears of it ---------------------------------------------------------------


def reference(name: str) -> dict[str, str]:
    return {"path": f"references/ann/{name}", "mode": "style_only"}


def refusal(bucket: Bucket, **payload: Any) -> RequestError:
    with pytest.raises(RequestError) as refused:
        bucket.world.submit(**payload)
    return refused.value


def test_a_reference_that_was_no_picture_is_refused_before_credits_are_held(bucket: Bucket) -> None:
    bucket.put("a.png")
    bucket.put("b.JPG", b"no picture", "image/jpeg")
    bucket.deliver()
    before = bucket.world.documents.paths()

    refused = refusal(bucket, references=[reference("a.png"), reference("b.JPG")])

    assert isinstance(refused, ReferenceUnreadableError)
    assert refused.details["paths"] == ["references/ann/b.JPG"]
    assert [error["field"] for error in refused.details["fieldErrors"]] == ["references[1].path"]
    assert bucket.world.documents.paths() == before


def test_a_reference_that_there_was_no_room_for_is_missing(bucket: Bucket) -> None:
    for number in range(FILES_MAX + 1):
        bucket.put(f"{number}.png")
    bucket.deliver()

    refused = refusal(bucket, references=[reference("3.png")])

    assert isinstance(refused, ReferenceMissingError)
    assert refused.details["paths"] == ["references/ann/3.png"]


def test_what_was_uploaded_again_since_is_taken(bucket: Bucket) -> None:
    bucket.put("a.png", b"no picture")
    bucket.deliver()
    bucket.put("a.png")
    job = bucket.world.finish(references=[reference("a.png")])
    assert job.status is JobStatus.COMPLETED


def test_what_was_accepted_before_its_reference_was_refused_stays_accepted(bucket: Bucket) -> None:
    bucket.put("a.png", b"no picture")
    payload: dict[str, Any] = {"references": [reference("a.png")], "requestId": "r"}
    first = bucket.world.submit(**payload)
    bucket.deliver()
    again = bucket.world.submit(**payload)
    assert (again.is_replay, again.job.id) == (True, first.job.id)


def test_a_job_says_which_reference_is_no_picture_and_asks_nobody(bucket: Bucket) -> None:
    bucket.put("a.png")
    bucket.put("b.png", b"no picture")  # nobody has looked at it yet
    job = bucket.world.finish(references=[reference("a.png"), reference("b.png")])
    assert job.error is not None
    assert job.error.code == "reference-unreadable"
    assert "references/ann/b.png" in job.error.message
    assert bucket.world.provider.starts == {}


def test_a_job_whose_reference_was_refused_meanwhile_says_why(bucket: Bucket) -> None:
    bucket.put("a.png", b"no picture")
    job = bucket.world.submit(references=[reference("a.png")]).job
    bucket.deliver()
    bucket.world.run_until_quiet()
    error = bucket.world.view(job.id)["error"]
    assert error["code"] == "reference-unreadable"
    assert "references/ann/a.png" in error["message"]


# ---- what a client is told beforehand ------------------------------------------------------------


def test_the_catalogue_says_where_uploads_go_and_what_they_may_be(bucket: Bucket) -> None:
    assert describe_catalogue(bucket.world.backend).uploads.on_the_wire() == {
        "bucket": "memory",
        "prefix": "references/{uid}/",
        "extensions": ["png", "jpg", "jpeg", "webp"],
        "contentTypes": ["image/png", "image/jpeg", "image/webp"],
        "bytesMax": 10 * 1024 * 1024,
        "filesPerUserMax": FILES_MAX,
        "bytesPerUserMax": BYTES_MAX,
    }


# ---- whoever is blocked --------------------------------------------------------------------------


def room(bucket: Bucket) -> tuple[int, int]:
    """Of files: what the rule compares."""
    folder, _ = bucket.world.documents.peek("references/ann")
    assert folder is not None
    return folder["files"], folder["files_max"]


def test_whoever_is_blocked_has_room_for_nothing_and_keeps_what_they_have(bucket: Bucket) -> None:
    world = bucket.world
    path = bucket.put("a.png")
    bucket.deliver()
    world.submit()
    world.control_account("block", accountId="user_ann", reason="abuse")
    assert room(bucket) == (1, 0)
    bucket.put("b.png")  # on its way when the block came
    bucket.deliver()
    assert recount_uploads(world.backend) == {}
    assert room(bucket) == (2, 0)
    assert bucket.files() == ["a.png", "b.png"]
    bucket.delete(path)
    bucket.deliver()
    assert room(bucket) == (1, 0)
    world.control_account("unblock", accountId="user_ann")
    assert room(bucket) == (1, FILES_MAX)


def test_whoever_has_uploaded_nothing_when_they_are_blocked_begins_with_nothing(
    bucket: Bucket,
) -> None:
    bucket.world.control_account("block", accountId="user_ann", reason="abuse")
    assert room(bucket) == (0, 0)


def test_what_a_block_missed_the_nightly_count_does(bucket: Bucket) -> None:
    bucket.put("a.png")
    bucket.deliver()
    bucket.world.submit()
    bucket.world.overwrite("accounts/user_ann", blocked_at=bucket.world.clock.now())
    assert recount_uploads(bucket.world.backend) == {"folders": 1}
    assert room(bucket) == (1, 0)


def test_an_upload_counted_while_its_user_is_blocked_leaves_them_no_room(bucket: Bucket) -> None:
    world = bucket.world
    world.submit()
    bucket.put("a.png")
    world.documents.meanwhile = [
        lambda: world.control_account("block", accountId="user_ann", reason="abuse")
    ]
    bucket.deliver()
    assert room(bucket) == (1, 0)


def test_two_that_differ_in_their_ending_alone_are_refused_in_one_commit(bucket: Bucket) -> None:
    """They share a document, which Firestore lets a commit write once: the user's files were never counted
    again, and a block of theirs left them room."""
    for number in range(FILES_MAX - 1):
        bucket.put(f"{number}.png")
    bucket.deliver()
    for name in ("last.png", "x.png", "x.jpg"):
        bucket.put(name)
    bucket.deliver()
    assert bucket.files() == ["0.png", "1.png", "last.png"]
    assert room(bucket) == (FILES_MAX, FILES_MAX)
    told, _ = bucket.world.documents.peek("references/ann/files/x")
    assert told is not None
    assert told["path"] == "references/ann/x.jpg"


def test_a_block_that_overtakes_an_unblock_s_count_leaves_no_room(bucket: Bucket) -> None:
    """Also where it finds all as it has to be, and no clock has moved since."""
    world = bucket.world
    bucket.put("a.png")
    bucket.deliver()
    world.submit()
    ends: list[tuple[bool, int]] = []
    for before in range(5):  # units of work of the unblock: its own, one for slots, one that counts
        world.control_account("block", accountId="user_ann", reason="abuse")
        again = partial(world.control_account, "block", accountId="user_ann", reason="again")
        world.documents.meanwhile = [*([list] * before), again]
        world.control_account("unblock", accountId="user_ann")
        world.documents.meanwhile = []
        ends.append((world.account().blocked_at is not None, room(bucket)[1]))
    assert set(ends) == {(True, 0), (False, FILES_MAX)}


def test_a_block_counts_though_what_was_counted_cannot_be_read(bucket: Bucket) -> None:
    world = bucket.world
    world.documents.overwrite("references/ann", {"files": "many"})
    account = world.control_account("block", accountId="user_ann", reason="abuse")
    assert account is not None
    assert account.blocked_at is not None
    assert room(bucket)[1] == 0


def test_a_block_stands_though_the_files_cannot_be_listed(
    bucket: Bucket, capsys: pytest.CaptureFixture[str]
) -> None:
    world = bucket.world
    world.backend = replace(world.backend, media=Unlisted())
    world.control_account("block", accountId="user_ann", reason="abuse")
    assert world.account().blocked_at is not None
    assert len(logged(capsys, "uploads.not_counted")) == 1


class Unlisted(MemoryMedia):
    def stored(self, prefix: str, start: str = "") -> Iterator[StoredFile]:
        raise BusyError("Storage: not now")
