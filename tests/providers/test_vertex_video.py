"""Veo through the real SDK: started once, asked for by name alone, and what each end becomes."""

from dataclasses import replace
from typing import Any

import pytest

from mediaforge.domain.errors import LostError, NotAllowedError, ProviderError, RejectedError
from mediaforge.ports.provider import Finished, Running, StoredAsset, VideoSpec
from mediaforge.providers.vertex.veo import VeoVideos
from tests.providers.conftest import Vertex
from tests.support.provider_requests import reference, video

VEO = "veo-3.1-fast-generate-001"


def start(provider: VeoVideos, prompt: str, **fields: Any) -> Running:
    return provider.start(video(prompt, **{"model": VEO, **fields}))


def poll(provider: VeoVideos, handle: str) -> Finished | Running:
    return provider.poll(video("", model=VEO), handle)


def poll_failure(vertex: Vertex, prompt: str) -> ProviderError:
    provider = VeoVideos(vertex.of_veo)
    running = start(provider, prompt)
    with pytest.raises(ProviderError) as raised:
        poll(provider, running.handle)
    assert vertex.journal.submits() == 1
    return raised.value


# ---- what is asked -------------------------------------------------------------------------------


def test_a_start_is_one_call_and_answers_the_operation_s_name(vertex: Vertex) -> None:
    running = start(VeoVideos(vertex.of_veo), "a wave")
    assert running.handle.startswith(
        f"projects/demo-project/locations/us-central1/publishers/google/models/{VEO}/operations/"
    )
    assert running.poll_in_s == 10
    assert vertex.journal.submits("a wave", VEO) == 1


def test_the_call_says_everything_that_was_chosen(vertex: Vertex) -> None:
    spec = VideoSpec(duration_s=6, fps=24, resolution="1080p", has_audio=True)
    start(
        VeoVideos(vertex.of_veo),
        "a wave",
        video=spec,
        aspect_ratio="9:16",
        negative_prompt="people",
        style="watercolour",
        seed=5,
        count=2,
        scratch_uri="gs://bucket/scratch/job1/1",
    )
    (received,) = vertex.journal.of("predictLongRunning")
    assert received.body == {
        "instances": [{"prompt": "a wave\nStyle: watercolour."}],
        "parameters": {
            "sample_count": 2,
            "storage_uri": "gs://bucket/scratch/job1/1/",
            "duration_seconds": 6,
            "aspect_ratio": "9:16",
            "resolution": "1080p",
            "generate_audio": True,
            "negative_prompt": "people",
            "seed": 5,
        },
    }


def test_the_first_and_last_frame_go_by_address(vertex: Vertex) -> None:
    spec = replace(
        VideoSpec(duration_s=8, fps=24, resolution="720p", has_audio=False),
        first_frame=reference(b"", path="references/ann/first.png"),
        last_frame=reference(b"", path="references/ann/last.png"),
    )
    start(VeoVideos(vertex.of_veo), "a wave", video=spec)
    (instance,) = vertex.journal.of("predictLongRunning")[0].body["instances"]
    assert instance["image"] == {
        "gcs_uri": "gs://bucket/references/ann/first.png",
        "mime_type": "image/png",
    }
    assert instance["last_frame"]["gcs_uri"] == "gs://bucket/references/ann/last.png"


def test_at_most_three_references_go_as_assets(vertex: Vertex) -> None:
    references = [reference(b"", path=f"references/ann/{number}.png") for number in range(4)]
    spec = VideoSpec(duration_s=8, fps=24, resolution="720p", has_audio=False)
    start(VeoVideos(vertex.of_veo), "a wave", references=references, video=spec)
    (instance,) = vertex.journal.of("predictLongRunning")[0].body["instances"]
    assert [r["image"]["gcs_uri"] for r in instance["reference_images"]] == [
        f"gs://bucket/references/ann/{number}.png" for number in range(3)
    ]
    assert {r["reference_type"] for r in instance["reference_images"]} == {"ASSET"}


@pytest.mark.parametrize("model", [VEO, "veo-3.1-generate-001", "veo-3.1-lite-generate-001"])
def test_a_video_to_extend_goes_by_address_and_without_a_length(vertex: Vertex, model: str) -> None:
    film = replace(reference(b"", path="generating/ann/video/1.mp4"), content_type="video/mp4")
    spec = VideoSpec(7, 24, "720p", has_audio=True, extend_of=film)
    running = start(VeoVideos(vertex.of_veo), "it goes on", video=spec, model=model)
    body = vertex.journal.of("predictLongRunning")[0].body
    assert body["instances"] == [
        {"prompt": "it goes on", "video": {"gcs_uri": film.uri, "mime_type": "video/mp4"}}
    ]
    assert "duration_seconds" not in body["parameters"]
    assert isinstance(poll(VeoVideos(vertex.of_veo), running.handle), Finished)


# ---- until it is there ---------------------------------------------------------------------------


def test_it_runs_until_it_is_done_and_then_lies_in_storage(vertex: Vertex) -> None:
    provider = VeoVideos(vertex.of_veo, poll_in_s=3)
    running = start(provider, "a wave #pending:2")
    assert poll(provider, running.handle) == Running(running.handle, 3)
    assert poll(provider, running.handle) == Running(running.handle, 3)
    finished = poll(provider, running.handle)
    assert isinstance(finished, Finished)
    (asset,) = finished.assets
    assert isinstance(asset, StoredAsset)
    assert (asset.extension, asset.content_type) == ("mp4", "video/mp4")
    assert asset.uri.startswith("gs://bucket/scratch/job1/1/")
    assert vertex.stored[asset.uri][4:8] == b"ftyp"
    assert vertex.journal.submits() == 1


def test_a_video_is_never_called_anything_else(vertex: Vertex) -> None:
    provider = VeoVideos(vertex.of_veo)
    finished = poll(provider, start(provider, "a wave #html").handle)
    assert isinstance(finished, Finished)
    assert [asset.content_type for asset in finished.assets] == ["video/mp4"]


def test_every_video_that_was_asked_for_is_delivered(vertex: Vertex) -> None:
    provider = VeoVideos(vertex.of_veo)
    finished = poll(provider, start(provider, "a wave", count=2).handle)
    assert isinstance(finished, Finished)
    assert len(list(finished.assets)) == 2


def test_videos_at_an_address_that_is_no_file_s_are_found_in_their_folder(vertex: Vertex) -> None:
    def list_uris(prefix: str) -> list[str]:
        return [uri for uri in vertex.stored if uri.startswith(prefix)]

    provider = VeoVideos(vertex.of_veo, list_uris)
    finished = poll(provider, start(provider, "a wave #elsewhere", count=2).handle)
    assert isinstance(finished, Finished)
    assert [a.uri for a in finished.assets if isinstance(a, StoredAsset)] == list(vertex.stored)
    assert len(vertex.stored) == 2


def test_the_name_is_enough_for_another_process_that_is_set_to_another_place(
    vertex: Vertex,
) -> None:
    running = start(VeoVideos(vertex.of_veo), "a wave")
    elsewhere = VeoVideos(replace(vertex.settings, location="europe-west4"))
    assert isinstance(poll(elsewhere, running.handle), Finished)
    (asked,) = vertex.journal.of("fetchPredictOperation")
    assert "/locations/us-central1/" in asked.path
    assert asked.body == {"operation_name": running.handle}


# ---- an operation that fails ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "expected", "code"),
    [
        ("#veo-filtered", RejectedError, "content-blocked"),
        ("#operation-error:3", RejectedError, "provider-rejected"),
        ("#operation-error:7", NotAllowedError, "provider-not-allowed"),
        ("#operation-error:8", LostError, "throttled"),
        ("#operation-error:4", LostError, "provider-failed"),
        ("#operation-error:13", LostError, "provider-failed"),
        ("#operation-error:14", LostError, "provider-failed"),
        ("#operation-empty", LostError, "nothing-delivered"),
        ("#elsewhere", LostError, "nothing-delivered"),
        ("#operation-lost", LostError, "operation-gone"),
    ],
)
def test_an_end_without_a_video_is_refused_or_lost(
    vertex: Vertex, word: str, expected: type[ProviderError], code: str
) -> None:
    error = poll_failure(vertex, f"a secret wave {word}")
    assert (type(error), error.code) == (expected, code)
    assert "secret" not in error.message


def test_what_the_filter_was_about_is_said(vertex: Vertex) -> None:
    error = poll_failure(vertex, "a wave #veo-filtered")
    assert error.message == "The safety filter refused the video because of sexual content."


@pytest.mark.parametrize("odd", ["list", "null", "text"])
def test_an_answer_of_which_the_sdk_makes_nothing_is_no_end(vertex: Vertex, odd: str) -> None:
    provider = VeoVideos(vertex.of_veo)
    running = start(provider, f"a wave #poll-odd-{odd}")
    assert isinstance(poll(provider, running.handle), Running)


def test_a_cancel_asks_nobody(vertex: Vertex) -> None:
    VeoVideos(vertex.of_veo).cancel("projects/p/locations/l/operations/1")
    assert vertex.journal.requests == []
