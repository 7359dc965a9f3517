"""Uploads through the Storage emulator: the trigger hears of each, its document says what became of it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx

from tests.emulator.conftest import Inside, refusal
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
