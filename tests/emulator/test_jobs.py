"""One image, end to end: through the real callable, queue, worker, trigger, sweep and listener."""

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx
import pytest
from PIL import Image

from tests.emulator.conftest import Inside, NewUser, submit
from tools.client import CallError, Client


@dataclass(frozen=True)
class Case:
    """A prompt and what must become of it."""

    prompt: str
    status: str = "completed"
    count: int = 1
    delivered: int = 1
    attempts: int = 1
    snoozes: int = 0
    error: str | None = None


CASES = [
    Case("a lighthouse at dusk"),
    Case("four of them", count=4, delivered=4),
    Case("[[sleep:2.5]] slow"),
    Case("[[fail:permanent]]", "failed", delivered=0, error="provider-rejected"),
    Case("[[fail:transient:2]] twice", attempts=3),
    Case("[[fail:always]]", "failed", delivered=0, attempts=5, error="provider-unavailable"),
    Case("[[throttle:3]] busy", snoozes=3),
    Case("[[crash:before-save]] dies", attempts=2),
    Case("[[crash:after-save]] dies later", attempts=2),
    Case("[[blocked]]", "failed", delivered=0, error="content-blocked"),
    Case("[[partial:1]] of three", count=3, delivered=1),
]


@pytest.fixture(scope="module")
def finished(new_user: NewUser, inside: Inside) -> dict[str, tuple[Client, str, list[str]]]:
    """All cases at once, each by a user of its own: the client, the path and the statuses seen."""
    users = [new_user() for _ in CASES]

    def live(case: Case, user: Client) -> tuple[Client, str, list[str]]:
        request = {"prompt": case.prompt, "count": case.count, "width": 256, "height": 256}
        job = user.call("generateImage", request)
        seen = [job["status"]]
        user.wait_until_final(job["path"], tell=lambda state: seen.append(state["status"]))
        inside.wait_until_settled(job["jobId"])
        return user, job["path"], seen

    with ThreadPoolExecutor(len(CASES)) as pool:
        return dict(zip((c.prompt for c in CASES), pool.map(live, CASES, users), strict=True))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.prompt)
def test_a_prompt_ends_as_its_tag_says(
    case: Case, finished: dict[str, tuple[Client, str, list[str]]], inside: Inside
) -> None:
    user, path, seen = finished[case.prompt]
    view = user.get(path)
    assert view is not None
    job = inside.job(view["file_uid"])
    assert view["status"] == case.status
    assert (view["attempts"], job["snoozes"]) == (case.attempts, case.snoozes)
    assert view["credits"] == {"estimated": 2 * case.count, "charged": 2 * case.delivered}
    assert (view["error"] or {}).get("code") == case.error
    order = ["queued", "processing", case.status]
    assert [order.index(status) for status in seen] == sorted(order.index(s) for s in seen)
    inside.assert_promises_of(user.uid)


def test_the_owner_downloads_the_picture_and_nobody_else(
    finished: dict[str, tuple[Client, str, list[str]]], new_user: NewUser
) -> None:
    user, path, _ = finished["four of them"]
    data = (user.get(path) or {})["generation_data"]
    assert data["storage_paths"] == [
        f"generating/{user.uid}/image/{path.rsplit('/', 1)[-1]}_{i}.png" for i in range(4)
    ]
    stranger = new_user()
    for file in data["storage_paths"]:
        with Image.open(io.BytesIO(user.download(file))) as picture:
            assert (picture.format, picture.size) == ("PNG", (256, 256))
        with pytest.raises(httpx.HTTPStatusError, match="403"):
            stranger.download(file)
    for url in data["image_urls"] + data["thumbnail_urls"]:
        assert httpx.get(url, timeout=180).status_code == 200
        assert (
            httpx.get(f"{url.rpartition('token=')[0]}token=guess", timeout=180).status_code == 403
        )


def test_a_dead_letter_is_kept_for_a_job_that_spent_its_attempts(
    finished: dict[str, tuple[Client, str, list[str]]], inside: Inside
) -> None:
    _, path, _ = finished["[[fail:always]]"]
    letter = inside.get(f"dead_letters/{path.rsplit('/', 1)[-1]}")
    assert letter["attempts"] == 5
    assert letter["request_data"]["prompt"] == "[[fail:always]]"


def test_the_same_request_id_ten_times_at_once_is_one_job(ann: Client, inside: Inside) -> None:
    request = {"prompt": "once", "width": 64, "height": 64, "requestId": "order 1/2"}
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: ann.call("generateImage", request), range(10)))
    assert len({answer["jobId"] for answer in answers}) == 1
    inside.wait_until_settled(answers[0]["jobId"])
    assert inside.get(f"accounts/user_{ann.uid}")["available"] == 98
    inside.assert_promises_of(ann.uid)


def test_a_request_id_with_another_payload_is_refused(ann: Client) -> None:
    ann.call("generateImage", {"prompt": "one", "width": 64, "height": 64, "requestId": "r"})
    with pytest.raises(CallError) as refused:
        ann.call("generateImage", {"prompt": "two", "width": 64, "height": 64, "requestId": "r"})
    assert (refused.value.status, refused.value.reason) == ("ALREADY_EXISTS", "request-id-reused")


def test_what_was_made_is_answered_again_at_once_and_for_nothing(
    pro: Client, inside: Inside
) -> None:
    first = submit(pro, "a lighthouse at dawn", count=2)
    made = pro.wait_until_final(first["path"])
    inside.wait_until_settled(first["jobId"])
    before = inside.get(f"accounts/user_{pro.uid}")

    again = submit(pro, "a lighthouse at dawn", count=2, reuse=True)

    view = pro.get(again["path"])  # without waiting: the call has delivered it
    assert view is not None
    assert (view["status"], view["reused_from"]) == ("completed", first["jobId"])
    assert (again["credits"]["estimated"], view["credits"]["charged"]) == (0, 0)
    pictures = [
        [httpx.get(url).content for url in each["generation_data"]["image_urls"]]
        for each in (made, view)
    ]
    assert pictures[0] == pictures[1]
    inside.wait_until_settled(again["jobId"])
    after = inside.get(f"accounts/user_{pro.uid}")
    assert (after["available"], after["held"]) == (before["available"], 0)
    inside.assert_promises_of(pro.uid)
