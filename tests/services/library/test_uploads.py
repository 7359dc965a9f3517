"""Uploads after they were stored: what is said of a file, its rewriting and its thumbnail; whatever
events come twice, late, in another order or never."""

import hashlib
import io
import random
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from PIL import Image

from mediaforge.domain.errors import ReferenceUnreadableError
from mediaforge.domain.jobs.job import JobStatus
from mediaforge.services.library.recount import recount_uploads
from mediaforge.services.library.uploads import note_deleted, note_stored
from tests.support import bombs
from tests.support.faults import Killed, Steps
from tests.support.pictures import picture
from tests.support.uploads import (
    GOOD,
    Bucket,
    new_bucket,
    note_all,
    opened,
)

# ---- what is said of a file ----------------------------------------------------------------------


def test_an_upload_that_is_a_picture_is_ready_as_what_it_is(bucket: Bucket) -> None:
    stored_at = bucket.world.clock.now()
    content = picture("JPEG")
    path = bucket.put("IMG_0001.PNG", content)
    bucket.world.clock.advance(2)
    bucket.deliver()

    told = bucket.told("IMG_0001")
    assert told is not None
    assert told.pop("generation") == bucket.media.list(path)[path]
    address = told.pop("thumbnail_url")
    assert address == bucket.media.address(
        "thumbnails/ann/IMG_0001.webp", told.pop("thumbnail_token")
    )
    assert opened(bucket.media.answer(address)).size == (24, 16)
    assert told == {
        "id": "IMG_0001",
        "path": path,
        "status": "ready",
        "size_bytes": len(content),
        "content_type": "image/jpeg",
        "created_at": stored_at,
        "modified": stored_at + timedelta(seconds=2),
        "error": None,
        "forget_at": None,
        "width": 24,
        "height": 16,
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    assert bucket.folder() == (1, len(content))
    assert bucket.media.files[path] is content


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", id="heic"),
        pytest.param(picture("TIFF"), id="tiff"),
        pytest.param(picture("GIF"), id="gif"),
        pytest.param(b'<svg xmlns="http://www.w3.org/2000/svg"/>', id="svg"),
        pytest.param(picture(size=(640, 480))[:300], id="truncated"),
        pytest.param(bombs.png(13_300, bombs.PALETTE), id="bomb"),
        pytest.param(bombs.webp(16_383), id="bomb-webp"),
        pytest.param(bombs.png_without_palette(), id="png-without-palette"),
        pytest.param(bombs.thin_jpeg((1, 65_500), 12_000), id="scans"),
        pytest.param(bombs.thin_jpeg((64, 48), 2, frame=0xCA), id="arithmetic"),
    ],
)
def test_what_is_no_picture_is_deleted_and_said_so(bucket: Bucket, content: bytes) -> None:
    bucket.put("a.jpg", content, "image/jpeg")
    bucket.deliver()

    told = bucket.told("a")
    assert told is not None
    assert (told["status"], told["path"]) == ("refused", "references/ann/a.jpg")
    assert told["error"]["code"] == "reference-unreadable"
    assert told["forget_at"] == told["modified"] + timedelta(days=30)
    assert bucket.files() == []
    recount_uploads(bucket.world.backend)
    assert bucket.folder() is None
    assert bucket.told("a") == told


def test_a_good_file_of_a_refused_one_s_name_is_ready(bucket: Bucket) -> None:
    bucket.put("a.png", b"no picture")
    bucket.deliver()
    bucket.put("a.png")
    bucket.deliver()
    told = bucket.told("a")
    assert told is not None
    assert (told["status"], told["error"]) == ("ready", None)


@pytest.mark.parametrize("good", ["a.jpg", "a.webp"])
def test_what_is_no_picture_does_not_hide_behind_a_later_file_of_the_same_document(
    bucket: Bucket, good: str
) -> None:
    """Events come in any order: the document tells of the good one when the other is heard of."""
    bucket.put("a.png", b"<script>")
    bucket.put(good)
    bucket.deliver(bucket.events[::-1])

    assert bucket.files() == [good]
    told = bucket.told("a")
    assert told is not None
    assert (told["path"], told["status"]) == (f"references/ann/{good}", "ready")


def test_a_deleted_file_s_document_goes_and_a_refused_one_s_stays(bucket: Bucket) -> None:
    path = bucket.put("a.png")
    bucket.put("b.png", b"no picture")
    bucket.deliver()
    bucket.delete(path)
    bucket.deliver()
    note_deleted(bucket.world.backend, "references/ann/b.png", 10**9)

    assert bucket.told("a") is None
    told = bucket.told("b")
    assert told is not None
    assert told["status"] == "refused"
    assert bucket.folder() == (0, 0)


@pytest.mark.parametrize("path", ["generating/ann/image/a.png", "references/ann/..png", "a.png"])
def test_what_is_no_upload_is_left_alone(bucket: Bucket, path: str) -> None:
    bucket.media.save(path, b"no picture", "image/png", "t")
    before = bucket.world.documents.paths()
    note_stored(bucket.world.backend, path, bucket.media.list(path)[path])
    note_deleted(bucket.world.backend, path, bucket.media.list(path)[path])
    assert bucket.media.exists(path)
    assert bucket.world.documents.paths() == before


# ---- the file is written anew -----------------------------------------------------------------------


def photo(orientation: int = 6, colour: str = "teal") -> bytes:
    """As a phone writes it: on its side, and it says where it was taken."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = orientation, "Ann's phone"
    buffer = io.BytesIO()
    Image.new("RGB", (24, 16), colour).save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


def deliver_all(bucket: Bucket) -> int:
    """Each event, and those of what the backend writes and deletes meanwhile; how many there were."""
    for count in range(100):
        if not bucket.events:
            return count
        before = dict(bucket.media.list("references/ann/"))
        bucket.events.pop(0)()
        after = dict(bucket.media.list("references/ann/"))
        for path, generation in after.items() - before.items():
            bucket.events.append(partial(note_stored, bucket.world.backend, path, generation))
        for path, generation in before.items() - after.items():
            bucket.events.append(partial(note_deleted, bucket.world.backend, path, generation))
    raise AssertionError("the events never end")


def test_what_lies_on_its_side_is_written_anew_once(bucket: Bucket) -> None:
    path = bucket.put("a.jpg", photo(), "image/jpeg")
    assert deliver_all(bucket) == 3  # stored; written anew, and the generation before deleted

    kept = bucket.media.files[path]
    assert opened(kept).size == (16, 24)
    assert b"phone" not in kept
    told = bucket.told("a")
    assert told is not None
    assert (told["status"], told["width"], told["height"]) == ("ready", 16, 24)
    assert (told["generation"], told["size_bytes"]) == (bucket.media.list(path)[path], len(kept))
    assert told["sha256"] == hashlib.sha256(kept).hexdigest()
    assert bucket.folder() == (1, len(kept))
    assert bucket.media.loads == 1


def test_a_file_keeps_the_addresses_that_its_user_has_made(bucket: Bucket) -> None:
    path = bucket.put("a.jpg", photo(), "image/jpeg")
    deliver_all(bucket)
    assert bucket.media.answer(bucket.media.address(path, "t")) == bucket.media.files[path]


def test_the_event_of_the_rewriting_may_come_before_its_document(bucket: Bucket) -> None:
    """It looks at a file in which nothing is left to do."""
    path = bucket.put("a.jpg", photo(), "image/jpeg")
    replacing = bucket.media.replace

    def overtaken(of: str, *args: Any) -> int:
        generation = replacing(of, *args)
        if of == path:
            bucket.media.replace = replacing  # type: ignore[method-assign]
            note_stored(bucket.world.backend, path, generation)
        return generation

    bucket.media.replace = overtaken  # type: ignore[assignment,method-assign]
    deliver_all(bucket)
    assert_is_told(bucket, path)


def assert_is_told(bucket: Bucket, path: str) -> None:
    """What lies there is ready, upright, and has a thumbnail, whose address opens."""
    told = bucket.told(path.rpartition("/")[2].rpartition(".")[0])
    assert told is not None
    assert (told["status"], told["path"]) == ("ready", path)
    assert told["generation"] == bucket.media.list(path)[path]
    assert told["sha256"] == hashlib.sha256(bucket.media.files[path]).hexdigest()
    assert (told["width"], told["height"]) == opened(bucket.media.files[path]).size
    assert opened(bucket.media.answer(told["thumbnail_url"])).size == (
        told["width"],
        told["height"],
    )
    shown = opened(bucket.media.answer(told["thumbnail_url"])).convert("RGB").getpixel((5, 5))
    kept = opened(bucket.media.files[path]).convert("RGB").getpixel((5, 5))
    assert isinstance(shown, tuple)
    assert isinstance(kept, tuple)
    assert all(abs(one - other) < 12 for one, other in zip(shown, kept, strict=True))


@pytest.mark.parametrize("newer", [photo(colour="red"), picture(), photo(1, "blue")])
@pytest.mark.parametrize("meets", ["thumbnail", "file"])
def test_a_newer_upload_of_the_name_is_never_overwritten(
    bucket: Bucket, meets: str, newer: bytes
) -> None:
    path = bucket.put("a.jpg", photo(), "image/jpeg")
    replacing, is_first = bucket.media.replace, iter((True,))

    def met(of: str, *args: Any) -> int:
        if of.startswith("references/") == (meets == "file") and next(is_first, False):
            bucket.put("a.jpg", newer, "image/jpeg")
        return replacing(of, *args)

    bucket.media.replace = met  # type: ignore[assignment,method-assign]
    bucket.deliver(bucket.events[:1])
    assert bucket.media.files[path] == newer

    generation = bucket.media.list(path)[path]
    note_stored(bucket.world.backend, path, generation)
    deliver_all(bucket)
    assert_is_told(bucket, path)


@pytest.mark.parametrize("seed", range(20))
def test_two_looks_at_once_end_as_one(seed: int) -> None:
    """At the same file, at a later one of its name, at one that differs in its ending: whichever is at its
    next step first."""
    bucket, dice = new_bucket(), random.Random(seed)
    paths = [bucket.put("a.jpg", photo(colour="red"), "image/jpeg")]
    if dice.random() < 0.5:
        paths.append(
            bucket.put(dice.choice(["a.jpg", "a.png"]), photo(colour="lime"), "image/jpeg")
        )
    events, bucket.events = [*bucket.events, bucket.events[0]], []
    replacing = bucket.media.replace

    def interrupted(of: str, *args: Any) -> int:
        if events and dice.random() < 0.5:
            events.pop()()
        generation = replacing(of, *args)
        bucket.events.append(partial(note_stored, bucket.world.backend, of, generation))
        if events and dice.random() < 0.5:
            events.pop()()
        return generation

    bucket.media.replace = interrupted  # type: ignore[assignment,method-assign]
    while events:
        events.pop(0)()
    deliver_all(bucket)
    recount_uploads(bucket.world.backend)

    told = bucket.told("a")
    assert told is not None
    assert_is_told(bucket, told["path"])
    assert all(b"phone" not in bucket.media.files[path] for path in paths)


@pytest.mark.parametrize("is_alone", [True, False])
def test_a_death_at_any_step_of_a_rewriting_is_mended(is_alone: bool) -> None:
    """By the same event, delivered again, or by the nightly count alone."""
    steps = Steps()
    note_all(with_photo(), steps)
    for die_at in range(1, len(steps.passed) + 1):
        bucket = with_photo()
        with pytest.raises(Killed):
            note_all(bucket, Steps(die_at))
        if is_alone:
            recount_uploads(bucket.world.backend)
        else:
            note_all(bucket, Steps())
        recount_uploads(bucket.world.backend)
        assert_is_told(bucket, "references/ann/a.jpg")
        assert b"phone" not in bucket.media.files["references/ann/a.jpg"]


def with_photo() -> Bucket:
    bucket = new_bucket()
    bucket.put("a.jpg", photo(), "image/jpeg")
    return bucket


def test_a_deletion_in_the_middle_of_a_look_leaves_nothing() -> None:
    """Wherever it comes, and whichever of the two events is handled first."""
    steps = Steps()
    note_all(with_photo(), steps)
    for at_step in range(1, len(steps.passed) + 1):
        bucket = with_photo()

        def delete(bucket: Bucket = bucket) -> None:
            files = dict(bucket.media.list("references/ann/"))
            bucket.media.delete(files)
            for path, generation in files.items():
                note_deleted(bucket.world.backend, path, generation)

        note_all(bucket, Steps(at_step, delete))
        assert bucket.told("a") is None, at_step
        assert bucket.media.list("thumbnails/") == {}
        assert bucket.files() == []


# ---- thumbnails ----------------------------------------------------------------------------------


def test_an_upload_s_thumbnail_goes_with_it(bucket: Bucket) -> None:
    path = bucket.put("a.png")
    bucket.put("ab.png")
    deliver_all(bucket)
    bucket.delete(path)
    deliver_all(bucket)
    assert list(bucket.media.list("thumbnails/")) == ["thumbnails/ann/ab.webp"]


def test_of_a_file_that_was_deleted_no_other_of_its_name_keeps_the_thumbnail(
    bucket: Bucket,
) -> None:
    bucket.put("a.jpg", photo(colour="red"), "image/jpeg")
    deliver_all(bucket)
    later = bucket.put("a.png", photo(colour="lime"), "image/png")
    deliver_all(bucket)
    assert_is_told(bucket, later)
    bucket.delete(later)
    deliver_all(bucket)
    assert (bucket.files(), bucket.told("a")) == (["a.jpg"], None)
    assert bucket.media.list("thumbnails/") == {}


def test_a_thumbnail_stays_when_an_earlier_file_of_its_name_is_deleted(bucket: Bucket) -> None:
    earlier = bucket.put("a.jpg", photo(colour="red"), "image/jpeg")
    deliver_all(bucket)
    later = bucket.put("a.png", photo(colour="lime"), "image/png")
    deliver_all(bucket)
    bucket.delete(earlier)
    deliver_all(bucket)
    assert_is_told(bucket, later)


def test_a_bad_file_in_a_good_one_s_place_has_no_thumbnail(bucket: Bucket) -> None:
    bucket.put("a.png")
    deliver_all(bucket)
    bucket.put("a.png", b"no picture")
    deliver_all(bucket)
    told = bucket.told("a")
    assert told is not None
    assert (told["status"], told["thumbnail_url"]) == ("refused", None)
    assert bucket.media.list("thumbnails/") == {}


def test_thumbnails_are_not_counted(bucket: Bucket) -> None:
    bucket.put("a.png")
    deliver_all(bucket)
    assert bucket.media.list("thumbnails/ann/")
    assert bucket.folder() == (1, len(GOOD))


def test_a_thumbnail_that_nobody_was_told_of_goes_with_the_nightly_count(bucket: Bucket) -> None:
    for name in "ab":
        bucket.put(f"{name}.png")
    deliver_all(bucket)
    bucket.media.delete(bucket.media.list("references/ann/a.png"))
    bucket.world.documents.overwrite("references/ann/files/a", None)
    recount_uploads(bucket.world.backend)
    assert list(bucket.media.list("thumbnails/")) == ["thumbnails/ann/b.webp"]


NAMES = [
    "IMG 0001 (1).JPG",
    "100%.jpg",
    "50%25.jpg",
    "a#1.jpg",
    "what?.jpg",
    "Käse.jpg",
    "Ka\u0308se.jpg",
    'it\'s "it".jpg',
    "a.b.c.JpEg",
    "猫.WebP",
    "-_~!$&()*+,;=:@.png",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_file_may_have_any_name(bucket: Bucket, name: str) -> None:
    path = bucket.put(name, photo(), "image/jpeg")
    deliver_all(bucket)
    assert_is_told(bucket, path)
    assert list(bucket.media.list("thumbnails/")) == [
        f"thumbnails/ann/{name.rpartition('.')[0]}.webp"
    ]
    reference = {"path": path, "mode": "style_only"}
    assert bucket.world.finish(references=[reference]).status is JobStatus.COMPLETED
    bucket.delete(path)
    deliver_all(bucket)
    assert bucket.told(name.rpartition(".")[0]) is None
    assert bucket.media.list("thumbnails/") == {}


def test_two_spellings_of_an_umlaut_are_two_files(bucket: Bucket) -> None:
    for name in ("Käse.jpg", "Ka\u0308se.jpg"):
        bucket.put(name, photo(), "image/jpeg")
    deliver_all(bucket)
    assert bucket.folder() is not None
    assert len(bucket.media.list("thumbnails/")) == 2


def test_a_name_as_long_as_storage_allows_has_no_thumbnail(bucket: Bucket) -> None:
    name = "x" * (1024 - len("references/ann/.jpg"))
    bucket.put(f"{name}.jpg", photo(), "image/jpeg")
    deliver_all(bucket)
    told = bucket.told(name)
    assert told is not None
    assert (told["status"], told["thumbnail_url"]) == ("ready", None)


@pytest.mark.parametrize(
    ("content", "cause", "says"),
    [
        (b"", "empty", "The file is empty; upload it again."),
        (
            b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
            "heic",
            "This is an HEIC picture; export it as JPEG.",
        ),
    ],
)
def test_a_refusal_says_why_and_costs_nothing(
    bucket: Bucket, content: bytes, cause: str, says: str
) -> None:
    path = bucket.put("IMG_1.jpg", content, "image/jpeg")
    reference = {"path": path, "mode": "style_only"}
    early = bucket.world.finish(references=[reference])
    assert early.error is not None
    assert (early.error.code, early.charged_credits) == ("reference-unreadable", 0)
    assert says in early.error.message
    deliver_all(bucket)
    told = bucket.told("IMG_1")
    assert told is not None
    assert told["error"] == {"code": "reference-unreadable", "cause": cause, "message": says}

    before = bucket.world.account()
    with pytest.raises(ReferenceUnreadableError) as refused:
        bucket.world.submit(references=[reference])
    assert says in str(refused.value)
    assert bucket.world.account() == before
