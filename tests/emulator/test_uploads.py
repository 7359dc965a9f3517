"""Uploads through the Storage emulator: the trigger hears of each, its document says what became of it."""

from __future__ import annotations

import hashlib
import io
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx
from PIL import Image

from tests.emulator.conftest import Inside, NewUser, refusal
from tests.support.pictures import picture
from tools.client import Addresses, Client


def upload(
    addresses: Addresses, user: Client, name: str, content: bytes, content_type: str = "image/png"
) -> str:
    """Of the user's own; its path."""
    path = f"references/{user.uid}/{name}"
    url = f"http://{addresses.storage_host}/v0/b/{addresses.bucket}/o"
    headers = {"Authorization": f"Firebase {user.token}", "Content-Type": content_type}
    answer = httpx.post(url, params={"name": path}, content=content, headers=headers, timeout=180)
    answer.raise_for_status()
    return path


def delete(addresses: Addresses, user: Client, path: str) -> None:
    url = f"http://{addresses.storage_host}/v0/b/{addresses.bucket}/o/{quote(path, safe='')}"
    headers = {"Authorization": f"Firebase {user.token}"}
    httpx.delete(url, headers=headers, timeout=180).raise_for_status()


def told(inside: Inside, path: str, **wanted: Any) -> dict[str, Any]:
    """The document, once it has what is wanted of it."""
    return inside.wait_for(path, lambda found: wanted.items() <= found.items())


def test_an_upload_is_looked_at_counted_and_forgotten_with_its_file(
    addresses: Addresses, ann: Client, inside: Inside
) -> None:
    content = picture("JPEG")
    folder = f"references/{ann.uid}"
    path = upload(addresses, ann, "IMG_0001.PNG", content)

    upload_told = told(inside, f"{folder}/files/IMG_0001", status="ready")
    assert (upload_told["path"], upload_told["content_type"]) == (path, "image/jpeg")
    assert upload_told["size_bytes"] == len(content)
    told(inside, folder, files=1, size_bytes=len(content))

    delete(addresses, ann, path)
    told(inside, folder, files=0, size_bytes=0)
    inside.wait_for(f"{folder}/files/IMG_0001", lambda found: not found)


def test_what_is_no_picture_is_refused_deleted_and_told_to_who_submits_it(
    addresses: Addresses, ann: Client, inside: Inside
) -> None:
    path = upload(addresses, ann, "a.png", b"no picture")
    refused_told = told(inside, f"references/{ann.uid}/files/a", status="refused")
    assert refused_told["error"]["code"] == "reference-unreadable"
    told(inside, f"references/{ann.uid}", files=0)

    reference = {"path": path, "mode": "style_only"}
    refused = refusal(ann, "generateImage", {"prompt": "x", "references": [reference]})
    assert refused.reason == "reference-unreadable"
    assert refused.details["paths"] == [path]


def test_who_has_no_room_replaces_a_file_and_its_bytes_are_counted_once(
    addresses: Addresses, ann: Client, inside: Inside
) -> None:
    """The backend has said how much there is before the test says that it is all."""
    folder, content = f"references/{ann.uid}", picture("WEBP")
    upload(addresses, ann, "a.png", picture())
    told(inside, f"{folder}/files/a", status="ready")
    kept = told(inside, folder, files=1)
    full = {"files_max": 1, "bytes_max": kept["size_bytes"] + len(content) - len(picture())}
    inside.database.document(folder).update(full)

    upload(addresses, ann, "a.png", content)

    told(inside, f"{folder}/files/a", status="ready", content_type="image/webp")
    told(inside, folder, files=1, size_bytes=len(content))


def photo() -> bytes:
    """As a phone writes it: on its side, and it says whose it is."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Ann's phone"
    return picture("JPEG", exif=exif)


def stored(addresses: Addresses, user: Client, path: str) -> httpx.Response:
    url = f"http://{addresses.storage_host}/v0/b/{addresses.bucket}/o/{quote(path, safe='')}"
    headers = {"Authorization": f"Firebase {user.token}"}
    return httpx.get(url, params={"alt": "media"}, headers=headers, timeout=180)


def test_a_photo_is_kept_upright_and_without_what_it_says_of_its_owner(
    addresses: Addresses, ann: Client, new_user: NewUser, inside: Inside
) -> None:
    """Under a name that phones and people give; its own rewriting is the last that happens to it."""
    folder, name = f"references/{ann.uid}", 'Käse 100% #1? "x"'
    path = upload(addresses, ann, f"{name}.JPG", photo(), "image/jpeg")

    upload_told = told(inside, f"{folder}/files/{name}", status="ready", width=16, height=24)
    kept = stored(addresses, ann, path).content
    assert Image.open(io.BytesIO(kept)).size == (16, 24)
    assert b"phone" not in kept
    assert upload_told["sha256"] == hashlib.sha256(kept).hexdigest()
    told(inside, folder, files=1, size_bytes=len(kept))

    thumbnail = httpx.get(upload_told["thumbnail_url"], timeout=180).content
    assert Image.open(io.BytesIO(thumbnail)).size == (16, 24)
    own = f"thumbnails/{ann.uid}/{name}.webp"
    assert stored(addresses, ann, own).content == thumbnail
    assert stored(addresses, new_user(), own).status_code == HTTPStatus.FORBIDDEN

    # A second upload's whole way is behind all events of the first.
    upload(addresses, ann, "b.png", picture())
    told(inside, f"{folder}/files/b", status="ready")
    told(inside, folder, files=2)
    again = inside.database.document(f"{folder}/files/{name}").get().to_dict()
    assert again is not None
    assert {key: again[key] for key in ("status", "sha256", "width")} == {
        key: upload_told[key] for key in ("status", "sha256", "width")
    }
    assert stored(addresses, ann, path).content == kept

    delete(addresses, ann, path)
    inside.wait_for(f"{folder}/files/{name}", lambda found: not found)
    assert stored(addresses, ann, own).status_code == HTTPStatus.NOT_FOUND


def test_a_phone_s_picture_under_another_name_is_refused_with_what_to_do(
    addresses: Addresses, ann: Client, inside: Inside
) -> None:
    heic = b"\0\0\0\x24ftypheic\0\0\0\0mif1MiHEheic" + bytes(40)
    path = upload(addresses, ann, "IMG_1.jpg", heic, "image/jpeg")
    refused_told = told(inside, f"references/{ann.uid}/files/IMG_1", status="refused")
    assert refused_told["error"] == {
        "code": "reference-unreadable",
        "cause": "heic",
        "message": "This is an HEIC picture; export it as JPEG.",
    }
    assert stored(addresses, ann, path).status_code == HTTPStatus.NOT_FOUND
