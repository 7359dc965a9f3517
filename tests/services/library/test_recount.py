"""The nightly count of uploads: it finds what no event told of, one user after the other, in as many
runs as it takes."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle

import pytest

from mediaforge.contract import documents as at
from mediaforge.domain.errors import BusyError
from mediaforge.domain.library.uploads import StoredFile, UploadStatus
from mediaforge.services.backend import Backend
from mediaforge.services.library.recount import recount_uploads
from mediaforge.services.library.uploads import note_stored
from tests.support.faults import Killed, Steps, UnheardDocuments, mortal
from tests.support.uploads import FILES_MAX, GOOD, Bucket, busy, limit_to, new_bucket
from tests.support.world import logged

# ---- the nightly count ---------------------------------------------------------------------------


def test_files_that_no_event_told_of_are_counted_looked_at_and_refused(bucket: Bucket) -> None:
    for number in range(FILES_MAX + 1):
        bucket.put(f"{number}.png", GOOD if number else b"no picture")
    bucket.events.clear()
    recount_uploads(bucket.world.backend)
    recount_uploads(bucket.world.backend)

    assert bucket.files() == ["1.png", "2.png"]
    assert [bucket.told(n)["status"] for n in "0123"] == [  # type: ignore[index]
        "refused",
        "ready",
        "ready",
        "refused",
    ]
    assert bucket.folder() == (2, 2 * len(GOOD))
    assert not recount_uploads(bucket.world.backend)


def test_a_folder_that_was_emptied_unheard_is_counted(bucket: Bucket) -> None:
    path = bucket.put("a.png")
    bucket.put("b.png", b"no picture")
    bucket.deliver()
    bucket.delete(path)
    bucket.events.clear()
    recount_uploads(bucket.world.backend)
    assert bucket.folder() is None
    assert bucket.told("a") is None
    assert bucket.told("b") is not None


def test_a_limit_that_was_changed_reaches_every_folder(bucket: Bucket) -> None:
    bucket.put("a.png")
    bucket.deliver()
    limit_to(bucket, 9)
    recount_uploads(bucket.world.backend)
    fields, _ = bucket.world.documents.peek("references/ann")
    assert fields is not None
    assert fields["files_max"] == 9


def test_what_cannot_be_counted_stops_no_other(bucket: Bucket) -> None:
    bucket.put("a.png")
    bucket.media.save("references/bob/a.png", GOOD, "image/png", "t")
    bucket.events.clear()
    listing = bucket.media.stored

    def refusing(prefix: str, start: str = "") -> Iterator[StoredFile]:
        if prefix == "references/ann/":
            raise BusyError("Storage: not now")
        return listing(prefix, start)

    bucket.media.stored = refusing  # type: ignore[method-assign]
    done = recount_uploads(bucket.world.backend)
    assert done["failed"] == 1
    assert bucket.world.documents.get(at.upload("bob", "a")).status is UploadStatus.READY  # type: ignore[union-attr]


def test_a_file_that_breaks_stops_no_other_of_its_user(bucket: Bucket) -> None:
    for name in "abc":
        bucket.put(f"{name}.png")
    loading = bucket.media.load

    def refusing(path: str, generation: int | None = None) -> bytes | None:
        if path == "references/ann/a.png":
            raise BusyError("Storage: not now")
        return loading(path, generation)

    bucket.media.load = refusing  # type: ignore[method-assign]
    done = recount_uploads(bucket.world.backend)
    assert (done["failed"], done["files"]) == (1, 2)
    statuses = [bucket.told(name)["status"] for name in "abc"]  # type: ignore[index]
    assert statuses == ["processing", "ready", "ready"]


# ---- the round of the nightly count --------------------------------------------------------------


def crowd(bucket: Bucket, *uids: str) -> None:
    """A picture of each, which nobody has heard of."""
    for uid in uids:
        bucket.media.save(f"references/{uid}/a.png", GOOD, "image/png", "t")


def looked_at(bucket: Bucket, *uids: str) -> list[str]:
    told = {uid: bucket.world.documents.peek(f"references/{uid}/files/a")[0] for uid in uids}
    return [uid for uid, fields in told.items() if fields and fields["status"] == "ready"]


def slow_to_load(bucket: Bucket, seconds: float) -> None:
    loading = bucket.media.load

    def slow(path: str, generation: int | None = None) -> bytes | None:
        bucket.world.clock.advance(seconds)
        return loading(path, generation)

    bucket.media.load = slow  # type: ignore[method-assign]


def test_a_run_that_has_taken_its_time_leaves_the_rest_to_the_next(bucket: Bucket) -> None:
    """A page is 200 users: what was looked at of the second is not looked at again."""
    uids = [f"u{number:03}" for number in range(450)]
    crowd(bucket, *uids)
    slow_to_load(bucket, 1.5)
    nights = []
    for _ in range(2):
        began_at = bucket.world.clock.now()
        recount_uploads(bucket.world.backend)
        assert (bucket.world.clock.now() - began_at).total_seconds() < 540
        nights.append(looked_at(bucket, *uids))
        bucket.world.clock.advance(86_400)
    assert nights == [uids[:240], uids]


def test_a_page_that_takes_a_whole_run_holds_up_nobody_behind_it(bucket: Bucket) -> None:
    uids = [f"u{number:03}" for number in range(201)]
    crowd(bucket, *uids)
    slow_to_load(bucket, 100)
    recount_uploads(bucket.world.backend)
    recount_uploads(bucket.world.backend)
    assert looked_at(bucket, *uids) == [*uids[:4], uids[-1]]


def test_one_user_s_many_files_keep_no_other_s_from_being_looked_at(bucket: Bucket) -> None:
    for number in range(FILES_MAX):
        bucket.media.save(f"references/ann/{number}.png", GOOD, "image/png", "t")
    crowd(bucket, "bob")
    slow_to_load(bucket, 200)  # there is time for two
    recount_uploads(bucket.world.backend)
    assert looked_at(bucket, "bob") == ["bob"]


def test_a_user_over_whom_two_runs_have_died_is_left_for_the_next_round(
    bucket: Bucket, capsys: pytest.CaptureFixture[str]
) -> None:
    uids = [f"u{number:03}" for number in range(201)]
    crowd(bucket, *uids)
    kills = "references/u000/a.png"
    loading = bucket.media.load

    def deadly(path: str, generation: int | None = None) -> bytes | None:
        if path == kills:
            raise Killed
        return loading(path, generation)

    bucket.media.load = deadly  # type: ignore[method-assign]
    for _ in range(2):
        with pytest.raises(Killed):
            recount_uploads(bucket.world.backend)
    recount_uploads(bucket.world.backend)
    assert looked_at(bucket, *uids) == uids[1:]
    assert [each["user_id"] for each in logged(capsys, "recount.left_out")] == ["u000"]


def test_a_user_who_was_left_out_is_looked_at_as_far_back_by_the_next_round(bucket: Bucket) -> None:
    crowd(bucket, "ann", "bob")
    loading = bucket.media.load

    def deadly(path: str, generation: int | None = None) -> bytes | None:
        if path == "references/ann/a.png":
            raise Killed
        return loading(path, generation)

    bucket.media.load = deadly  # type: ignore[method-assign]
    for _ in range(2):
        with pytest.raises(Killed):
            recount_uploads(bucket.world.backend)
    recount_uploads(bucket.world.backend)
    bucket.media.load = loading  # type: ignore[method-assign]
    bucket.world.clock.advance(3 * 86_400)
    recount_uploads(bucket.world.backend)
    assert looked_at(bucket, "ann", "bob") == ["ann", "bob"]


def test_a_run_that_ends_with_the_last_page_has_ended_the_round(bucket: Bucket) -> None:
    crowd(bucket, "ann")
    slow_to_load(bucket, 400)
    recount_uploads(bucket.world.backend)
    mark = bucket.world.documents.get(at.recount())
    assert mark is not None
    assert mark.is_over


def test_a_round_of_several_nights_looks_at_what_came_before_it(bucket: Bucket) -> None:
    """What came after the last round had passed its user, and the one under way took days to come there."""
    recount_uploads(bucket.world.backend)
    crowd(bucket, "zoe")
    bucket.world.clock.advance(3 * 86_400)
    recount_uploads(bucket.world.backend)
    assert looked_at(bucket, "zoe") == ["zoe"]


@pytest.mark.parametrize("number", range(1, 10))
def test_whatever_answer_is_lost_a_run_comes_to_the_end_of_its_round(
    bucket: Bucket, number: int
) -> None:
    """The commits: the page begun, Ann and Bob counted, of each a look begun and told of, the page done, the
    round over."""
    crowd(bucket, "ann", "bob")
    backend, steps = bucket.world.backend, Steps()
    documents = UnheardDocuments(backend.documents, steps, number)
    recount_uploads(replace(backend, documents=documents))
    assert looked_at(bucket, "ann", "bob") == ["ann", "bob"]
    mark = bucket.world.documents.get(at.recount())
    assert mark is not None
    assert (mark.is_over, mark.runs) == (True, 0)


def test_what_could_not_be_looked_at_is_looked_at_the_night_after(bucket: Bucket) -> None:
    recount_uploads(bucket.world.backend)
    crowd(bucket, "zoe")
    bucket.world.clock.advance(10 * 3600)
    loading = bucket.media.load
    bucket.media.load = busy  # type: ignore[method-assign]
    recount_uploads(bucket.world.backend)
    bucket.media.load = loading  # type: ignore[method-assign]
    bucket.world.clock.advance(86_400)
    recount_uploads(bucket.world.backend)
    assert looked_at(bucket, "zoe") == ["zoe"]


def test_a_death_at_any_step_of_the_nightly_count_is_mended_by_the_next() -> None:
    steps = Steps()
    bucket, backend = unheard(steps)
    recount_uploads(backend)
    for die_at in range(1, len(steps.passed) + 1):
        bucket, backend = unheard(Steps(die_at))
        with pytest.raises(Killed):
            recount_uploads(backend)
        for _ in range(2):
            recount_uploads(bucket.world.backend)
        paths = bucket.world.documents.paths()
        assert sorted(path for path in paths if path.startswith("references/")) == [
            "references/ann",
            "references/ann/files/0",
            "references/ann/files/1",
            "references/ann/files/2",
            "references/ann/files/3",
            "references/ann/files/bad",
            "references/bob-2",
            "references/bob-2/files/a",
        ]
        assert bucket.files() == ["0.png", "1.png"], die_at
        assert bucket.folder() == (2, 2 * len(GOOD))


def unheard(steps: Steps) -> tuple[Bucket, Backend]:
    """A picture that is none, two too many, and somebody who has deleted both of theirs."""
    bucket = new_bucket()
    for name in "ab":
        bucket.media.save(f"references/bob/{name}.png", GOOD, "image/png", "t")
        note_stored(bucket.world.backend, f"references/bob/{name}.png", int("ab".index(name)) + 2)
    for name in "ab":
        bucket.media.delete(bucket.media.list(f"references/bob/{name}.png"))
    crowd(bucket, "bob-2")
    bucket.put("bad.png", b"no picture")
    for number in range(FILES_MAX + 1):
        bucket.put(f"{number}.png")
    bucket.events.clear()
    return bucket, mortal(bucket.world.backend, steps)


@pytest.mark.parametrize("others", range(196, 201))
def test_users_whose_names_begin_alike_are_counted_wherever_a_run_ends(
    bucket: Bucket, others: int
) -> None:
    """Storage has "bob-2/" before "bob/", Firestore "bob" before "bob-2". Each run ends with its first
    page."""
    documents, clock = bucket.world.documents, bucket.world.clock
    takes_s = cycle((0.0, 400.0))  # a run notes that it has begun, and then its first page
    documents.on_commit = lambda paths: clock.advance(
        next(takes_s) if "system/recount" in paths else 0.0
    )
    uids = [f"a{number:03}" for number in range(others)] + ["bob-2", "bob-3", "bob", "bobby"]
    crowd(bucket, *uids)
    for _ in range(2):
        recount_uploads(bucket.world.backend)
    assert looked_at(bucket, *uids) == uids

    for uid in ("bob-2", "bob", "bobby"):
        bucket.media.delete(bucket.media.list(f"references/{uid}/"))
    crowd(bucket, "bob-2", "bob-4")
    for _ in range(4):
        recount_uploads(bucket.world.backend)
    assert [uid for uid in uids if documents.peek(f"references/{uid}")[0]] == uids[:-2]
    assert looked_at(bucket, *uids, "bob-4") == [*uids[:-2], "bob-4"]


def test_two_runs_at_once_leave_the_round_to_one(bucket: Bucket) -> None:
    crowd(bucket, "ann", "bob")
    backend, listing = bucket.world.backend, bucket.media.stored

    def interrupted(prefix: str, start: str = "") -> Iterator[StoredFile]:
        bucket.media.stored = listing  # type: ignore[method-assign]
        recount_uploads(backend)
        return listing(prefix, start)

    bucket.media.stored = interrupted  # type: ignore[method-assign]
    recount_uploads(backend)
    assert looked_at(bucket, "ann", "bob") == ["ann", "bob"]
    mark = bucket.world.documents.get(at.recount())
    assert mark is not None
    assert mark.is_over


def test_a_quiet_night_costs_two_reads_a_user_and_nothing_of_who_keeps_nothing(
    bucket: Bucket,
) -> None:
    documents, uids = bucket.world.documents, [f"u{number:03}" for number in range(250)]
    crowd(bucket, *uids)
    for _ in range(2):
        recount_uploads(bucket.world.backend)
        bucket.world.clock.advance(2 * 86_400)
    documents.reads = documents.writes = 0
    assert recount_uploads(bucket.world.backend) == {}
    per_run = 1 + 1 + 5  # the mark when it began, the end of the documents, each time it moved on
    assert (documents.reads, documents.writes) == (2 * len(uids) + per_run, 5)

    for path, generation in bucket.media.list("references/").items():
        bucket.media.delete({path: generation})
    recount_uploads(bucket.world.backend)
    documents.reads = 0
    assert recount_uploads(bucket.world.backend) == {}
    assert documents.reads <= 4


def test_the_nightly_count_reads_nothing_of_what_was_refused(bucket: Bucket) -> None:
    for number in range(50):
        bucket.put(f"bad{number}.png", b"no picture")
        bucket.deliver()
    path = bucket.put("a.png")
    bucket.deliver()
    bucket.delete(path)
    bucket.events.clear()
    bucket.world.documents.reads = 0
    recount_uploads(bucket.world.backend)
    assert bucket.told("a") is None
    assert bucket.world.documents.reads < 20
