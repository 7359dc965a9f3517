"""Downloading before paying, as it was done: poll one's own files with one's own token while the job runs,
then cancel. And that what was paid for is there at once."""

import time
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from urllib.parse import quote

import httpx
import pytest

from tests.emulator.conftest import Inside, submit
from tools.client import CallError, Client

_SAVED_S = 60


def ask_storage(user: Client, path: str, **params: str) -> int:
    """The status of the answer, with the user's own token."""
    addresses = user.addresses
    answer = httpx.get(
        f"http://{addresses.storage_host}/v0/b/{addresses.bucket}/o{path}",
        params=params,
        headers={"Authorization": f"Firebase {user.token}"},
        timeout=30,
        trust_env=False,
    )
    return answer.status_code


def download_status(user: Client, path: str) -> int:
    return ask_storage(user, f"/{quote(path, safe='')}", alt="media")


def wait_until(holds: Callable[[], bool]) -> None:
    """Storage tells nobody what is new, so it is asked again and again."""
    end_s = time.monotonic() + _SAVED_S
    while not holds():
        assert time.monotonic() < end_s, "no file was saved in time"


def poll_and_cancel(ann: Client, inside: Inside) -> tuple[dict[str, str], set[int]]:
    """The job, and all that Storage answered before it was cancelled and after. Raises CallError where the
    thief was slower than the painter: what was listed then was paid for."""
    large = {"width": 2048, "height": 2048, "count": 4}
    job = submit(ann, "a lighthouse at dusk", **large)
    folder = f"generating/{ann.uid}/image"
    stem = f"{folder}/{job['jobId']}"
    names = [f"{stem}_{n}.png" for n in range(4)] + [f"{stem}_{n}_thumb.webp" for n in range(4)]
    answers: set[int] = set()

    def two_are_saved() -> bool:
        answers.update(download_status(ann, path) for path in names)
        return len(inside.backend.media.list(stem)) >= 4

    wait_until(two_are_saved)
    answers.add(ask_storage(ann, "", prefix=f"{folder}/", delimiter="/"))
    ann.call("controlJob", {"jobId": job["jobId"], "action": "cancel"})
    answers.update(download_status(ann, path) for path in names)
    return job, answers


def test_a_thief_who_polls_their_files_and_cancels_has_read_nothing(
    ann: Client, inside: Inside
) -> None:
    for _ in range(5):
        with suppress(CallError):
            job, answers = poll_and_cancel(ann, inside)
            break
    else:
        pytest.fail("five times no cancel was heard before the job was completed")
    inside.wait_until_settled(job["jobId"])

    assert answers == {HTTPStatus.FORBIDDEN}
    view = ann.get(job["path"]) or {}
    assert (view["status"], view["credits"]["charged"]) == ("cancelled", 0)


def test_what_was_paid_for_is_readable_with_the_view_that_lists_it(
    ann: Client, inside: Inside
) -> None:
    job = submit(ann, "a lighthouse at dusk", count=2)

    view = ann.wait_until_final(job["path"])
    data = view["generation_data"]
    thumbnails = [
        f"generating/{ann.uid}/image/{job['jobId']}_{number}_thumb.webp" for number in range(2)
    ]
    read = {path: ann.download(path) for path in (*data["storage_paths"], *thumbnails)}
    by_address = [
        httpx.get(url, timeout=30, trust_env=False).raise_for_status().content
        for url in (*data["image_urls"], *data["thumbnail_urls"])
    ]

    assert list(read.values()) == by_address
    assert read == {path: inside.backend.media.load(path) for path in read}
