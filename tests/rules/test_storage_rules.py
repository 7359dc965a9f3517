"""storage.rules: for each folder, what each caller may do and, all else, may not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from http import HTTPStatus

import httpx
import pytest

from tests.rules.callers import ADMIN, BACKEND, CALLERS, OTHER, OWNER, RUN, SIGNED_OUT, Caller
from tests.rules.rest import Emulators, Fields, Storage, typed
from tests.support.pictures import picture

READS = ("get", "download", "list")
ONE_BY_ONE = ("get", "download")
WRITES = ("create", "overwrite", "update", "delete")
UPLOAD_BYTES_MAX = 10 * 1024 * 1024
PNG = picture()  # a real one: what is no picture is deleted after its upload


@dataclass(frozen=True)
class Subject:
    """An object, and what its owner may do with it; nobody else may do anything."""

    name: str
    path: str
    allowed: tuple[str, ...] = ()

    @property
    def folder(self) -> str:
        return self.path.rpartition("/")[0]

    def is_allowed(self, caller: Caller, action: str) -> bool:
        return caller is OWNER and action in self.allowed


REFERENCE = Subject("reference", f"references/{OWNER.uid}/cat.png", READS + WRITES)
SUBJECTS = [
    REFERENCE,
    Subject("thumbnail-of-an-upload", f"thumbnails/{OWNER.uid}/cat.webp", ONE_BY_ONE),
    Subject("below-the-thumbnails", f"thumbnails/{OWNER.uid}/a/cat.webp"),
    Subject("image", f"generating/{OWNER.uid}/image/j_0.png", ONE_BY_ONE),
    Subject("thumbnail", f"generating/{OWNER.uid}/image/j_0_thumb.webp", ONE_BY_ONE),
    Subject("video", f"generating/{OWNER.uid}/video/j.mp4", ONE_BY_ONE),
    Subject("image-of-no-view", f"generating/{OWNER.uid}/image/i.png"),
    Subject("image-not-listed", f"generating/{OWNER.uid}/image/j_1.png"),
    Subject("thumbnail-not-listed", f"generating/{OWNER.uid}/image/j_1_thumb.webp"),
    Subject("export", f"exports/{OWNER.uid}/e.csv", READS),
    Subject("unknown-kind", f"generating/{OWNER.uid}/audio/j.mp3"),
    Subject("copy-of-a-brand", f"brands/rules-{RUN}/references/0.png"),
    Subject("unknown-folder", f"rules-{RUN}/{OWNER.uid}/f.png"),
    Subject("at-the-root", f"rules-{RUN}.png"),
]

VIEWS = {
    f"generations/{OWNER.uid}/images/j": [f"generating/{OWNER.uid}/image/j_0.png"],
    f"generations/{OWNER.uid}/videos/j": [f"generating/{OWNER.uid}/video/j.mp4"],
}

CASES = [
    pytest.param(
        subject,
        caller,
        action,
        id=f"{subject.name}-{caller.name}-{action}-"
        + ("allowed" if subject.is_allowed(caller, action) else "denied"),
    )
    for subject in SUBJECTS
    for caller in CALLERS
    for action in READS + WRITES
]


@pytest.fixture(scope="module", autouse=True)
def objects(emulators: Emulators) -> Iterator[None]:
    for subject in SUBJECTS:
        put(emulators, subject)
    for view, paths in VIEWS.items():
        show(emulators, view, view_of(paths))
    yield
    for view in VIEWS:
        emulators.firestore(BACKEND).delete(view)
    for path in [*(subject.path for subject in SUBJECTS), new_path(REFERENCE)]:
        emulators.storage(BACKEND).delete(path)


def put(emulators: Emulators, subject: Subject) -> None:
    emulators.storage(BACKEND).upload(subject.path, PNG, "image/png").raise_for_status()


def show(emulators: Emulators, view: str, fields: Fields) -> None:
    emulators.firestore(BACKEND).update(view, fields).raise_for_status()


def view_of(paths: list[str] | None) -> Fields:
    """Of a job that was completed with these files, or is under way."""
    data = None if paths is None else {"storage_paths": paths}
    return {"generated": typed(paths is not None), "generation_data": typed(data)}


def new_path(subject: Subject) -> str:
    return f"{subject.folder}/new.png".lstrip("/")


def call(storage: Storage, action: str, subject: Subject) -> httpx.Response:
    calls = {
        "get": lambda: storage.get(subject.path),
        "download": lambda: storage.download(subject.path),
        "list": lambda: storage.list(subject.folder),
        "create": lambda: storage.upload(new_path(subject), PNG, "image/png"),
        "overwrite": lambda: storage.upload(subject.path, PNG, "image/png"),
        "update": lambda: storage.update(subject.path, {"cacheControl": "no-store"}),
        "delete": lambda: storage.delete(subject.path),
    }
    return calls[action]()


@pytest.mark.parametrize(("subject", "caller", "action"), CASES)
def test_caller_may_do_only_what_the_table_says(
    emulators: Emulators, subject: Subject, caller: Caller, action: str
) -> None:
    allowed = subject.is_allowed(caller, action)
    if allowed:
        put(emulators, subject)  # an earlier case may have deleted it, as it was allowed to

    answer = call(emulators.storage(caller), action, subject)

    assert answer.is_success == allowed, answer.text
    assert allowed or answer.status_code == HTTPStatus.FORBIDDEN, answer.text


@pytest.mark.parametrize(
    ("file_name", "content_type", "size_bytes", "is_allowed"),
    [
        pytest.param("a.png", "image/png", 8, True, id="png-allowed"),
        pytest.param("a.jpg", "image/jpeg", 8, True, id="jpg-allowed"),
        pytest.param("a.jpeg", "image/jpeg", 8, True, id="jpeg-allowed"),
        pytest.param("a.webp", "image/webp", 8, True, id="webp-allowed"),
        pytest.param("IMG_0001.JPG", "image/jpeg", 8, True, id="a-camera-s-name-allowed"),
        pytest.param("a b ü.v2.png", "image/png", 8, True, id="any-file-id-allowed"),
        pytest.param("a.png", "image/png", UPLOAD_BYTES_MAX, True, id="10-mib-allowed"),
        pytest.param("a.png", "image/png", UPLOAD_BYTES_MAX + 1, False, id="one-byte-more-denied"),
        pytest.param("a.png", "text/html", 8, False, id="html-type-denied"),
        pytest.param("a.png", "image/", 8, False, id="no-subtype-denied"),
        pytest.param("a.png", "image/svg+xml", 8, False, id="svg-type-denied"),
        pytest.param("a.png", "image/x", 8, False, id="unknown-type-denied"),
        pytest.param("a.png", "image/png; x=text/html", 8, False, id="type-parameter-denied"),
        pytest.param("a.png", "image/png\ttext/html", 8, False, id="type-tab-denied"),
        pytest.param("a\n.png", "image/png", 8, False, id="line-feed-in-name-denied"),
        pytest.param("__a__.png", "image/png", 8, False, id="no-document-s-name-denied"),
        pytest.param("a.png", "text/image/png", 8, False, id="image-within-type-denied"),
        pytest.param("a.svg", "image/svg+xml", 8, False, id="svg-name-denied"),
        pytest.param("a.png.exe", "image/png", 8, False, id="ending-not-last-denied"),
        pytest.param("apng", "image/png", 8, False, id="no-dot-denied"),
        pytest.param(".png", "image/png", 8, False, id="no-file-id-denied"),
        pytest.param("below/a.png", "image/png", 8, False, id="deeper-folder-denied"),
        pytest.param("../a.png", "image/png", 8, False, id="climbing-name-denied"),
    ],
)
def test_upload_of_a_reference(
    emulators: Emulators, file_name: str, content_type: str, size_bytes: int, is_allowed: bool
) -> None:
    name = f"references/{OWNER.uid}/{file_name}"

    answer = emulators.storage(OWNER).upload(name, b"\0" * size_bytes, content_type)
    emulators.storage(BACKEND).delete(name)

    expected = HTTPStatus.OK if is_allowed else HTTPStatus.FORBIDDEN
    assert answer.status_code == expected, answer.text


def test_a_reference_cannot_become_a_page_by_its_metadata(emulators: Emulators) -> None:
    put(emulators, REFERENCE)

    answer = emulators.storage(OWNER).update(REFERENCE.path, {"contentType": "text/html"})

    assert answer.status_code == HTTPStatus.FORBIDDEN, answer.text


@pytest.mark.parametrize(
    "said", [{"contentEncoding": "gzip"}, {"contentDisposition": "attachment"}]
)
def test_how_a_reference_is_served_is_not_the_client_s_to_say(
    emulators: Emulators, said: Fields
) -> None:
    put(emulators, REFERENCE)

    answer = emulators.storage(OWNER).update(REFERENCE.path, said)

    assert answer.status_code == HTTPStatus.FORBIDDEN, answer.text


@pytest.mark.parametrize(
    ("files", "size_bytes", "is_allowed"),
    [
        pytest.param(4, 100, True, id="has-room-allowed"),
        pytest.param(5, 100, False, id="full-of-files-denied"),
        pytest.param(4, 1000 - len(PNG) + 1, False, id="full-of-bytes-denied"),
    ],
)
def test_an_upload_needs_room_in_its_folder(
    emulators: Emulators, files: int, size_bytes: int, is_allowed: bool
) -> None:
    """A user of this test's own: the backend writes the count of one whose upload was taken."""
    uid = f"{OTHER.uid}-{files}-{size_bytes}"
    caller = replace(OTHER, name=uid, uid=uid)
    count = {"files": files, "size_bytes": size_bytes, "files_max": 5, "bytes_max": 1000}
    fields = {
        "counted_at": {"timestampValue": "2026-01-01T00:00:00Z"},
        **{name: {"integerValue": str(value)} for name, value in count.items()},
    }
    emulators.firestore(BACKEND).update(f"references/{uid}", fields).raise_for_status()

    name = f"references/{uid}/a.png"
    answer = emulators.storage(caller).upload(name, PNG, "image/png")
    emulators.storage(BACKEND).delete(name)

    assert answer.status_code == (HTTPStatus.OK if is_allowed else HTTPStatus.FORBIDDEN)


def test_a_denied_write_changes_nothing(emulators: Emulators) -> None:
    image = f"generating/{OWNER.uid}/image/j_0.png"

    emulators.storage(OWNER).upload(image, b"forged", "image/png")

    assert emulators.storage(OWNER).download(image).content == PNG


@pytest.mark.parametrize("caller", [OTHER, ADMIN, SIGNED_OUT], ids=lambda caller: caller.name)
def test_whether_an_object_exists_is_not_told(emulators: Emulators, caller: Caller) -> None:
    answer = emulators.storage(caller).get(f"generating/{OWNER.uid}/image/none.png")

    assert answer.status_code == HTTPStatus.FORBIDDEN, answer.text


@pytest.mark.parametrize("folder", ["references", "thumbnails", "generating", "exports"])
@pytest.mark.parametrize("caller", CALLERS, ids=lambda caller: caller.name)
def test_nobody_lists_who_has_files(emulators: Emulators, caller: Caller, folder: str) -> None:
    answer = emulators.storage(caller).list(folder)

    assert answer.status_code == HTTPStatus.FORBIDDEN, answer.text


def test_listing_answers_the_owners_objects(emulators: Emulators) -> None:
    answer = emulators.storage(OWNER).list(f"exports/{OWNER.uid}")

    assert [item["name"] for item in answer.json()["items"]] == [f"exports/{OWNER.uid}/e.csv"]


def test_a_file_is_readable_from_the_commit_that_lists_it_until_its_view_is_gone(
    emulators: Emulators,
) -> None:
    path, view = f"generating/{OWNER.uid}/image/k.png", f"generations/{OWNER.uid}/images/k"
    backend, owner = emulators.firestore(BACKEND), emulators.storage(OWNER)
    found: list[int] = []

    show(emulators, view, view_of(None))
    emulators.storage(BACKEND).upload(path, PNG, "image/png").raise_for_status()
    found.append(owner.download(path).status_code)
    show(emulators, view, view_of([path]))
    found.append(owner.download(path).status_code)
    backend.delete(view).raise_for_status()
    found.append(owner.download(path).status_code)
    emulators.storage(BACKEND).delete(path)

    assert found == [HTTPStatus.FORBIDDEN, HTTPStatus.OK, HTTPStatus.FORBIDDEN]


def test_the_backend_s_download_token_is_told_to_nobody_before_the_view_lists_the_file(
    emulators: Emulators,
) -> None:
    answer = emulators.storage(OWNER).get(f"generating/{OWNER.uid}/image/i.png")

    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert "downloadTokens" not in answer.text
