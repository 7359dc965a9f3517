"""A video of the built-in renderer, a brand, and a direction, through the deployed functions."""

import io
from collections.abc import Callable
from typing import Any

import av
import httpx
import pytest
from PIL import Image

from tests.emulator.conftest import Inside, refusal
from tools.client import Addresses, Client

SHORT = {"durationSeconds": 1, "fps": 12, "width": 128, "height": 72, "generateAudio": True}


def upload(addresses: Addresses, user: Client, name: str) -> str:
    """A small picture of the user's own; its path."""
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), "teal").save(buffer, "PNG")
    path = f"references/{user.uid}/{name}.png"
    url = f"http://{addresses.storage_host}/v0/b/{addresses.bucket}/o"
    headers = {"Authorization": f"Firebase {user.token}", "Content-Type": "image/png"}
    answer = httpx.post(
        url, params={"name": path}, content=buffer.getvalue(), headers=headers, timeout=180
    )
    answer.raise_for_status()
    return path


@pytest.fixture
def references(addresses: Addresses) -> Callable[[Client], list[dict[str, str]]]:
    return lambda user: [
        {"path": upload(addresses, user, str(n)), "mode": "style_only"} for n in range(5)
    ]


def test_a_video_is_a_playable_file_with_the_asked_rate_length_and_sound(
    pro: Client, inside: Inside
) -> None:
    job = pro.call("generateVideo", {"prompt": "waves at night", **SHORT})
    view = pro.wait_until_final(job["path"])
    inside.wait_until_settled(job["jobId"])

    assert job["path"] == f"generations/{pro.uid}/videos/{job['jobId']}"
    data = view["generation_data"]
    assert (data["fps"], data["duration_seconds"]) == (12, 1)
    assert data["storage_paths"] == [f"generating/{pro.uid}/video/{job['jobId']}.mp4"]
    with av.open(io.BytesIO(pro.download(data["storage_paths"][0]))) as film:
        assert film.streams.video[0].codec_context.name == "h264"
        assert (film.streams.video[0].width, film.streams.video[0].height) == (128, 72)
        assert len(film.streams.audio) == 1
    poster = httpx.get(data["thumbnail_urls"][0], timeout=180)
    assert Image.open(io.BytesIO(poster.content)).format == "WEBP"
    assert httpx.get(data["video_url"], timeout=180).headers["content-type"] == "video/mp4"
    assert view["credits"] == {"estimated": 1, "charged": 1}
    inside.assert_promises_of(pro.uid)


def test_the_free_tier_has_no_video(ann: Client) -> None:
    assert refusal(ann, "generateVideo", {"prompt": "waves"}).reason == "model-not-in-tier"


def test_a_brand_is_trained_and_can_be_used(
    pro: Client, inside: Inside, references: Callable[[Client], list[dict[str, str]]]
) -> None:
    payload = {"name": "Acme [[sleep:2]]", "references": references(pro)}
    training = pro.call("trainBrand", payload)
    brand = inside.wait_for(f"brands/{training['brandId']}", lambda b: b.get("status") == "ready")
    inside.wait_until_settled(training["jobId"])

    assert training["path"] == f"generations/{pro.uid}/trainings/{training['jobId']}"
    assert brand["model_uri"]
    assert pro.get(f"brands/{training['brandId']}") == brand
    small = {"width": 64, "height": 64, "brandId": training["brandId"]}
    image = pro.call("generateImage", {"prompt": "a lighthouse", **small})
    assert pro.wait_until_final(image["path"])["status"] == "completed"
    inside.wait_until_settled(image["jobId"])
    inside.assert_promises_of(pro.uid)


def test_a_brand_outlives_the_uploads_that_it_was_trained_on(
    pro: Client, inside: Inside, references: Callable[[Client], list[dict[str, str]]]
) -> None:
    media = inside.backend.media
    payload = {"name": "Acme [[sleep:2]]", "references": references(pro)}
    brand_id = pro.call("trainBrand", payload)["brandId"]
    inside.wait_for(f"brands/{brand_id}", lambda b: b.get("status") == "ready")
    media.delete(media.list(f"references/{pro.uid}/"))

    small = {"width": 64, "height": 64, "brandId": brand_id}
    image = pro.call("generateImage", {"prompt": "a lighthouse", **small})
    assert pro.wait_until_final(image["path"])["status"] == "completed"
    copies = [f"brands/{brand_id}/references/{n}.png" for n in range(5)]
    assert sorted(media.list(f"brands/{brand_id}/")) == copies
    with pytest.raises(httpx.HTTPStatusError):
        pro.download(copies[0])
    inside.wait_until_settled(image["jobId"])
    inside.assert_promises_of(pro.uid)


def test_too_few_references_name_the_field(pro: Client) -> None:
    refused = refusal(pro, "trainBrand", {"name": "Acme", "references": []})

    assert refused.reason == "invalid-request"
    assert [error["field"] for error in refused.details["fieldErrors"]] == ["references"]


def test_somebody_else_s_brand_is_not_found(
    pro: Client, ann: Client, references: Callable[[Client], list[dict[str, str]]]
) -> None:
    training = pro.call("trainBrand", {"name": "Mine", "references": references(pro)})
    wanted = {"prompt": "a lighthouse", "brandId": training["brandId"]}

    assert refusal(ann, "generateImage", wanted).reason == "not-found"
    assert refusal(pro, "generateImage", wanted).reason == "illegal-state"
    pro.call("controlJob", {"jobId": training["jobId"], "action": "cancel"})


def test_a_direction_s_concepts_can_be_generated_as_they_are(pro: Client, inside: Inside) -> None:
    direction = pro.call("creativeDirectorAgent", {"brief": "a lighthouse hotel", "count": 4})

    assert direction["director"] == "local-rules"
    assert direction["rationale"]
    concepts: list[dict[str, Any]] = direction["concepts"]
    assert len(concepts) == 4
    names = {"image": "generateImage", "video": "generateVideo"}
    for concept in concepts:
        assert {"title", "prompt", "aspectRatio", "model", "estimatedCredits"} <= set(concept)
        job = pro.call(names[concept["kind"]], concept)
        assert job["credits"]["estimated"] == concept["estimatedCredits"]
        pro.call("controlJob", {"jobId": job["jobId"], "action": "cancel"})
        inside.wait_until_settled(job["jobId"])
    inside.assert_promises_of(pro.uid)
