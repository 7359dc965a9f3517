"""Gemini Omni through the real SDK: an interaction, started once, asked for and cancelled by name."""

from dataclasses import replace
from typing import Any

import pytest

from mediaforge.domain.errors import (
    LostError,
    ProviderError,
    RejectedError,
    ThrottledError,
    UnavailableError,
)
from mediaforge.ports.provider import Finished, Running, StoredAsset, VideoSpec
from mediaforge.providers.vertex.omni import OmniVideos
from tests.protocol.vertex import RETRY_AFTER_S
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


@pytest.mark.parametrize(
    ("fields", "task", "pictures"),
    [
        ({"video": replace(_SPEC, first_frame=reference(b""))}, "image_to_video", 1),
        ({"references": [reference(b""), reference(b"")]}, "reference_to_video", 2),
    ],
)
def test_pictures_choose_the_task(
    vertex: Vertex, fields: dict[str, Any], task: str, pictures: int
) -> None:
    start(OmniVideos(vertex.settings), "a wave", **fields)
    (received,) = vertex.journal.of("interactions")
    assert received.body["generation_config"]["video_config"]["task"] == task
    assert [part["uri"] for part in received.body["input"][0]["content"][1:]] == [
        "gs://bucket/references/ann/1.png"
    ] * pictures


def test_style_and_negative_prompt_are_said_in_words(vertex: Vertex) -> None:
    start(OmniVideos(vertex.settings), "a wave", style="ink", negative_prompt="people")
    (received,) = vertex.journal.of("interactions")
    assert received.prompt == "a wave\nStyle: ink.\nLeave out: people."


def test_it_runs_until_it_is_done_and_then_lies_in_storage(vertex: Vertex) -> None:
    provider = OmniVideos(vertex.settings)
    running = start(provider, "a wave #pending:2")
    assert isinstance(poll(provider, running.handle), Running)
    assert isinstance(poll(provider, running.handle), Running)
    finished = poll(provider, running.handle)
    assert isinstance(finished, Finished)
    assert [a.uri for a in finished.assets if isinstance(a, StoredAsset)] == list(vertex.stored)
    assert vertex.journal.submits() == 1


def test_a_video_that_is_there_but_not_named_is_found(vertex: Vertex) -> None:
    def list_uris(prefix: str) -> list[str]:
        return [uri for uri in vertex.stored if uri.startswith(prefix)]

    provider = OmniVideos(vertex.settings, list_uris)
    finished = poll(provider, start(provider, "a wave #silent").handle)
    assert isinstance(finished, Finished)
    assert [a.uri for a in finished.assets if isinstance(a, StoredAsset)] == list(vertex.stored)


@pytest.mark.parametrize(
    ("word", "expected", "code"),
    [
        ("#throttle:2", ThrottledError, "throttled"),
        ("#server-error", UnavailableError, "provider-unavailable"),
        ("#overloaded", UnavailableError, "provider-unavailable"),
        ("#reset", UnavailableError, "provider-unavailable"),
        ("#not-json", UnavailableError, "provider-unavailable"),
        ("#bad-request", RejectedError, "provider-rejected"),
        ("#bad-prompt", RejectedError, "content-blocked"),
        ("#forbidden", RejectedError, "provider-not-allowed"),
    ],
)
def test_a_failed_start_is_one_call_and_one_error(
    vertex: Vertex, word: str, expected: type[ProviderError], code: str
) -> None:
    """The SDK itself would send an interaction again, five times by default."""
    with pytest.raises(ProviderError) as raised:
        start(OmniVideos(vertex.settings), f"a wave {word}")
    assert (type(raised.value), raised.value.code) == (expected, code)
    assert vertex.journal.submits("a wave") == 1


def test_a_start_that_takes_too_long_is_not_sent_twice(vertex: Vertex) -> None:
    with pytest.raises(UnavailableError):
        start(OmniVideos(vertex.impatient), "a wave #slow")
    assert vertex.journal.submits("a wave") == 1


@pytest.mark.parametrize(
    ("word", "expected", "code"),
    [
        ("#failed", LostError, "provider-failed"),
        ("#incomplete", LostError, "provider-failed"),
        ("#operation-empty", LostError, "nothing-delivered"),
        ("#silent", LostError, "nothing-delivered"),
        ("#operation-lost", LostError, "operation-gone"),
        ("#filtered", RejectedError, "content-blocked"),
        ("#poll-throttle:1", ThrottledError, "throttled"),
        ("#poll-error:1", UnavailableError, "provider-unavailable"),
        ("#poll-forbidden:1", UnavailableError, "provider-unavailable"),
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
    if isinstance(raised.value, ThrottledError):
        assert raised.value.retry_after_s == RETRY_AFTER_S
    assert len(vertex.journal.of("interactions", "getInteraction")) == 2


def test_what_is_cancelled_is_lost(vertex: Vertex) -> None:
    provider = OmniVideos(vertex.settings)
    running = start(provider, "a wave #pending:9")
    provider.cancel(running.handle)
    with pytest.raises(LostError):
        poll(provider, running.handle)


def test_cancelling_what_is_gone_is_no_error(vertex: Vertex) -> None:
    OmniVideos(vertex.settings).cancel("projects/p/locations/global/interactions/unknown")
    (asked,) = vertex.journal.of("cancelInteraction")
    assert asked.path.startswith("/v1beta1/projects/p/locations/global/")
