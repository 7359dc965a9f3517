"""Uploads after they were stored: looked at, counted by listing them, refused in a document that says why;
whatever events come twice, late, in another order or never."""

import hashlib
import io
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from itertools import cycle
from typing import Any

import pytest
from PIL import Image

from mediaforge.contract import documents as at
from mediaforge.domain.errors import (
    BusyError,
    ReferenceMissingError,
    ReferenceUnreadableError,
    RequestError,
)
from mediaforge.domain.jobs.job import JobStatus
from mediaforge.domain.library.uploads import StoredFile, UploadStatus
from mediaforge.ports.media import Preview
from mediaforge.providers.preview import preview
from mediaforge.providers.upload_check import checked_upload
from mediaforge.services.backend import Backend
from mediaforge.services.library.catalog import describe_catalogue
from mediaforge.services.library.recount import recount_uploads
from mediaforge.services.library.uploads import note_deleted, note_stored
from tests.memory.media import MemoryMedia
from tests.support import bombs
from tests.support.faults import Killed, Steps, UnheardDocuments, mortal
from tests.support.pictures import PICTURE, picture
from tests.support.world import World, logged

FILES_MAX, BYTES_MAX = 3, 10_000_000
GOOD = picture()


@dataclass
class Bucket:
    """What clients do in Storage, and the events that come of it: `events` holds those not delivered yet."""

    world: World
    media: MemoryMedia
    events: list[Callable[[], None]] = field(default_factory=list)

    def put(self, name: str, content: bytes = GOOD, content_type: str = "image/png") -> str:
        """Over whatever lies there; the path."""
        path = f"references/ann/{name}"
        before = self.media.list(path).get(path, 0)
        self.media.save(path, content, content_type, "t", over=before)
        generation = self.media.list(path)[path]
        self.events.append(lambda: note_stored(self.world.backend, path, generation))
        if before:
            self.events.append(lambda: note_deleted(self.world.backend, path, before))
        return path

    def delete(self, path: str) -> None:
        generation = self.media.list(path)[path]
        self.media.delete({path: generation})
        self.events.append(lambda: note_deleted(self.world.backend, path, generation))

    def deliver(self, events: Sequence[Callable[[], None]] | None = None) -> None:
        """Each once, in the order in which they came, and those of what the backend deletes."""
        due = list(self.events if events is None else events)
        self.events.clear()
        for event in due:
            event()

    def told(self, file_id: str) -> dict[str, Any] | None:
        fields, _ = self.world.documents.peek(f"references/ann/files/{file_id}")
        return fields

    def folder(self) -> tuple[int, int] | None:
        fields, _ = self.world.documents.peek("references/ann")
        return None if fields is None else (fields["files"], fields["size_bytes"])

    def files(self) -> list[str]:
        return [path.removeprefix("references/ann/") for path in self.media.list("references/ann/")]


def as_deployed(content: bytes, content_type: str) -> Preview:
    """But for what the world's own provider makes."""
    return Preview(b"small") if content == PICTURE else preview(content, content_type)


def opened(content: bytes | None) -> Image.Image:
    assert content is not None
    return Image.open(io.BytesIO(content))


@pytest.fixture
def bucket() -> Bucket:
    return new_bucket()


def new_bucket() -> Bucket:
    world = World()
    world.media = MemoryMedia(now=world.clock.now)
    catalogue = world.backend.catalogue
    limits = catalogue.limits.model_copy(
        update={"uploads_files_max": FILES_MAX, "uploads_bytes_max": BYTES_MAX}
    )
    world.backend = replace(
        world.backend,
        media=world.media,
        preview=as_deployed,
        check_upload=checked_upload,
        catalogue=catalogue.model_copy(update={"limits": limits}),
    )
    return Bucket(world, world.media)


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


def note_all(bucket: Bucket, steps: Steps) -> None:
    """In the order in which they were stored: the last has no room while the bad one is there."""
    backend = mortal(bucket.world.backend, steps)
    files = sorted(bucket.media.list("references/ann/").items(), key=lambda file: file[1])
    for path, generation in files:
        note_stored(backend, path, generation)


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


def busy(path: str, generation: int | None = None) -> bytes | None:
    raise BusyError("storage")


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


# ---- a limit that was lowered, and what was there before ------------------------------------------


def limit_to(bucket: Bucket, files_max: int, bytes_max: int = BYTES_MAX) -> None:
    catalogue = bucket.world.backend.catalogue
    limits = catalogue.limits.model_copy(
        update={"uploads_files_max": files_max, "uploads_bytes_max": bytes_max}
    )
    bucket.world.backend = replace(
        bucket.world.backend, catalogue=catalogue.model_copy(update={"limits": limits})
    )


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
