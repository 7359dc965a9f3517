"""Gemini Omni through the real SDK: an interaction, started once, asked for and cancelled by name."""

from dataclasses import replace
from typing import Any

import pytest

from mediaforge.domain.errors import (
    LostError,
    NotAllowedError,
    ProviderError,
    RejectedError,
    UnavailableError,
)
from mediaforge.ports.provider import (
    Asset,
    Finished,
    ReferenceImage,
    Running,
    StoredAsset,
    VideoSpec,
)
from mediaforge.providers.vertex.omni import OmniVideos
from protocols.vertex import film
from tests.providers.conftest import Vertex
from tests.support.provider_requests import reference, video

OMNI = "gemini-omni-1.2-flash"
_SPEC = VideoSpec(duration_s=8, fps=24, resolution="720p", has_audio=True)


def start(provider: OmniVideos, prompt: str, **fields: Any) -> Running:
    return provider.start(video(prompt, **{"model": OMNI, "video": _SPEC, **fields}))


def poll(provider: OmniVideos, handle: str) -> Finished | Running:
    return provider.poll(video("", model=OMNI), handle)


def test_a_start_is_one_interaction_in_the_background(vertex: Vertex) -> None:
    running = start(OmniVideos(vertex.settings), "a wave", seed=5)
    assert running.handle.startswith("projects/demo-project/locations/global/interactions/")
    (received,) = vertex.journal.of("interactions")
    assert received.path == "/v1beta1/projects/demo-project/locations/global/interactions"
    assert received.authorization == "Bearer test-token"
    assert received.body == {
        "model": OMNI,
        "background": True,
        "store": True,
        "generation_config": {"seed": 5, "video_config": {"task": "text_to_video"}},
        "input": [{"type": "user_input", "content": [{"type": "text", "text": "a wave"}]}],
        "response_format": {
            "type": "video",
            "aspect_ratio": "16:9",
            "duration": "8s",
            "resolution": "720p",
            "delivery": "uri",
            "gcs_uri": "gs://bucket/scratch/job1/1/",
        },
    }


ONE = reference(b"", path="references/ann/1.png")
TWO = reference(b"", "style_and_composition", "references/ann/2.png")


@pytest.mark.parametrize(
    ("fields", "task", "pictures", "words"),
    [
        (
            {"video": replace(_SPEC, first_frame=ONE)},
            "image_to_video",
            [ONE],
            ["Image 1 is the first frame of the video."],
        ),
        (
            {"video": replace(_SPEC, first_frame=ONE, last_frame=TWO)},
            "image_to_video",
            [ONE, TWO],
            [
                "Image 1 is the first frame of the video.",
                "Image 2 is the last frame of the video.",
            ],
        ),
        (
            {"references": [TWO, ONE]},
            "reference_to_video",
            [TWO, ONE],
            [
                "Follow both the style and the composition of image 1:",
                "Take only the style of image 2:",
            ],
        ),
        (
            {"video": replace(_SPEC, first_frame=TWO), "references": [ONE]},
            "image_to_video",
            [TWO, ONE],
            ["Image 1 is the first frame of the video.", "Take only the style of image 2:"],
        ),
    ],
)
def test_pictures_choose_the_task_and_are_told_what_for_by_number(
    vertex: Vertex,
    fields: dict[str, Any],
    task: str,
    pictures: list[ReferenceImage],
    words: list[str],
) -> None:
    start(OmniVideos(vertex.settings), "a wave", **fields)
    (received,) = vertex.journal.of("interactions")
    assert received.body["generation_config"]["video_config"]["task"] == task
    sent = received.body["input"][0]["content"][1:]
    assert [part["uri"] for part in sent] == [picture.uri for picture in pictures]
    asked, *lines = received.prompt.splitlines()
    assert asked == "a wave"
    assert [line[: len(part)] for line, part in zip(lines, words, strict=True)] == words


def test_style_negative_prompt_and_silence_are_said_in_words(vertex: Vertex) -> None:
    silent = replace(_SPEC, has_audio=False)
    start(
        OmniVideos(vertex.settings), "a wave", style="ink", negative_prompt="people", video=silent
    )
    (received,) = vertex.journal.of("interactions")
    assert received.prompt == "a wave\nStyle: ink.\nLeave out: people.\nNo sound."


def test_it_runs_until_it_is_done_and_then_lies_in_storage(vertex: Vertex) -> None:
    provider = OmniVideos(vertex.settings)
    running = start(provider, "a wave #pending:2")
    assert isinstance(poll(provider, running.handle), Running)
    assert isinstance(poll(provider, running.handle), Running)
    finished = poll(provider, running.handle)
    assert isinstance(finished, Finished)
    assert [a.uri for a in finished.assets if isinstance(a, StoredAsset)] == list(vertex.stored)
    assert vertex.journal.submits() == 1


@pytest.mark.parametrize("word", ["#no-status:2", "#new-status:2", "#continues:2"])
def test_a_status_that_is_no_end_is_waited_for_and_not_paid_for_twice(
    vertex: Vertex, word: str
) -> None:
    provider = OmniVideos(vertex.settings, poll_in_s=3)
    running = start(provider, f"a wave {word}")
    assert poll(provider, running.handle) == Running(running.handle, 3)
    assert poll(provider, running.handle) == Running(running.handle, 3)
    assert isinstance(poll(provider, running.handle), Finished)
    assert vertex.journal.submits() == 1


def test_one_that_waits_for_somebody_to_act_is_cancelled_before_it_is_lost(vertex: Vertex) -> None:
    provider = OmniVideos(vertex.settings)
    running = start(provider, "a wave #needs-action")
    with pytest.raises(LostError, match="provider-failed"):
        poll(provider, running.handle)
    assert len(vertex.journal.of("cancelInteraction")) == 1


def test_a_video_that_is_there_but_not_named_is_found(vertex: Vertex) -> None:
    def list_uris(prefix: str) -> list[str]:
        return [uri for uri in vertex.stored if uri.startswith(prefix)]

    provider = OmniVideos(vertex.settings, list_uris)
    finished = poll(provider, start(provider, "a wave #silent").handle)
    assert isinstance(finished, Finished)
    assert [a.uri for a in finished.assets if isinstance(a, StoredAsset)] == list(vertex.stored)


def test_a_video_that_is_sent_though_it_was_to_be_stored_is_taken(vertex: Vertex) -> None:
    """As the real service has answered: vercel/ai, `video-response-format.json`, a thought, then `data`."""
    provider = OmniVideos(vertex.settings)
    finished = poll(provider, start(provider, "a wave #data").handle)
    assert isinstance(finished, Finished)
    assert list(finished.assets) == [Asset(film(), "mp4", "video/mp4")]
    assert vertex.stored == {}


@pytest.mark.parametrize("words", ["#data-for-urls", "#data-in-lines", "#data #elsewhere"])
def test_a_video_that_is_sent_is_taken_however_it_is_written_and_whatever_its_address(
    vertex: Vertex, words: str
) -> None:
    provider = OmniVideos(vertex.settings)
    finished = poll(provider, start(provider, f"a wave {words}").handle)
    assert isinstance(finished, Finished)
    assert list(finished.assets) == [Asset(film(), "mp4", "video/mp4")]


def test_a_video_at_an_address_that_is_no_file_s_is_found_in_its_folder(vertex: Vertex) -> None:
    def list_uris(prefix: str) -> list[str]:
        return [uri for uri in vertex.stored if uri.startswith(prefix)]

    provider = OmniVideos(vertex.settings, list_uris)
    finished = poll(provider, start(provider, "a wave #elsewhere").handle)
    assert isinstance(finished, Finished)
    assert [a.uri for a in finished.assets if isinstance(a, StoredAsset)] == list(vertex.stored)


@pytest.mark.parametrize(
    ("word", "expected", "code"),
    [
        ("#failed", LostError, "provider-failed"),
        ("#incomplete", LostError, "provider-failed"),
        ("#over-budget", LostError, "provider-failed"),
        ("#odd-errors", LostError, "provider-failed"),
        ("#operation-empty", LostError, "nothing-delivered"),
        ("#silent", LostError, "nothing-delivered"),
        ("#elsewhere", LostError, "nothing-delivered"),
        ("#operation-lost", LostError, "operation-gone"),
        ("#filtered", RejectedError, "content-blocked"),
        ("#prohibited", RejectedError, "content-blocked"),
        ("#text-only", RejectedError, "model-refused"),
        ("#refused-amid", RejectedError, "provider-rejected"),
    ],
)
def test_a_poll_without_a_video_is_one_error(
    vertex: Vertex, word: str, expected: type[ProviderError], code: str
) -> None:
    provider = OmniVideos(vertex.settings)
    running = start(provider, f"a wave {word}")
    with pytest.raises(ProviderError) as raised:
        poll(provider, running.handle)
    assert (type(raised.value), raised.value.code) == (expected, code)
    assert raised.value.may_have_billed
    assert len(vertex.journal.of("interactions", "getInteraction")) == 2


def test_a_right_that_turns_out_to_be_missing_is_the_operator_s(vertex: Vertex) -> None:
    provider = OmniVideos(vertex.settings)
    running = start(provider, "a wave #forbidden-amid")
    with pytest.raises(NotAllowedError, match="provider-not-allowed"):
        poll(provider, running.handle)


def test_what_is_cancelled_is_lost(vertex: Vertex) -> None:
    provider = OmniVideos(vertex.settings)
    running = start(provider, "a wave #pending:9")
    provider.cancel(running.handle)
    with pytest.raises(LostError):
        poll(provider, running.handle)


@pytest.mark.parametrize("word", ["", "#cancel-conflict"])
def test_cancelling_what_has_ended_is_no_error(vertex: Vertex, word: str) -> None:
    provider = OmniVideos(vertex.settings)
    running = start(provider, f"a wave {word}")
    assert isinstance(poll(provider, running.handle), Finished)
    provider.cancel(running.handle)
    assert len(vertex.journal.of("cancelInteraction")) == 1
    assert isinstance(poll(provider, running.handle), Finished)


def test_a_cancellation_that_fails_says_so(vertex: Vertex) -> None:
    settings = replace(vertex.settings, endpoint="http://127.0.0.1:9")
    with pytest.raises(UnavailableError, match="provider-unavailable"):
        OmniVideos(settings).cancel("projects/p/locations/global/interactions/1")


def test_cancelling_what_is_gone_is_no_error(vertex: Vertex) -> None:
    OmniVideos(vertex.settings).cancel("projects/p/locations/global/interactions/unknown")
    (asked,) = vertex.journal.of("cancelInteraction")
    assert asked.path.startswith("/v1beta1/projects/p/locations/global/")
