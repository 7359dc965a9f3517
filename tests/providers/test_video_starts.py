"""What Veo and Omni have in common: a start is one call and one error, and a question loses nothing."""

from dataclasses import replace
from typing import Any

import pytest

from mediaforge.domain.errors import (
    NotAllowedError,
    ProviderError,
    RejectedError,
    ThrottledError,
    UnavailableError,
)
from mediaforge.ports.provider import Finished, Running, VideoSpec
from mediaforge.providers.vertex.omni import OmniVideos
from mediaforge.providers.vertex.veo import VeoVideos
from protocols.vertex import RETRY_AFTER_S
from tests.providers.conftest import Vertex
from tests.support.provider_requests import reference, video

Videos = type[VeoVideos] | type[OmniVideos]

MODELS = [(VeoVideos, "veo-3.1-fast-generate-001"), (OmniVideos, "gemini-omni-1.2-flash")]
both = pytest.mark.parametrize(("kind", "model"), MODELS, ids=["veo", "omni"])
ODD_ANSWERS = ["number", "list", "null", "text"]


def start(provider: VeoVideos | OmniVideos, prompt: str, model: str, **fields: Any) -> Running:
    return provider.start(video(prompt, model=model, **fields))


@both
@pytest.mark.parametrize(
    ("word", "expected", "code"),
    [
        ("#throttle:2", ThrottledError, "throttled"),
        ("#server-error", UnavailableError, "provider-unavailable"),
        ("#overloaded", UnavailableError, "provider-unavailable"),
        ("#reset", UnavailableError, "provider-unavailable"),
        ("#not-json", UnavailableError, "provider-unavailable"),
        *((f"#odd-{odd}", UnavailableError, "provider-unavailable") for odd in ODD_ANSWERS),
        ("#bad-request", RejectedError, "provider-rejected"),
        ("#bad-prompt", RejectedError, "content-blocked"),
        ("#forbidden", NotAllowedError, "provider-not-allowed"),
    ],
)
def test_a_failed_start_is_one_call_and_one_error(
    vertex: Vertex, kind: Videos, model: str, word: str, expected: type[ProviderError], code: str
) -> None:
    """The SDK itself would send an interaction again, five times by default."""
    with pytest.raises(ProviderError) as raised:
        start(kind(vertex.of_veo), f"a secret wave {word}", model)
    assert (type(raised.value), raised.value.code) == (expected, code)
    assert "secret" not in raised.value.message
    assert vertex.journal.submits("wave", model) == 1


@both
def test_a_throttled_start_says_how_long_to_wait(vertex: Vertex, kind: Videos, model: str) -> None:
    with pytest.raises(ThrottledError) as raised:
        start(kind(vertex.of_veo), "a wave #throttle-told", model)
    assert raised.value.retry_after_s == RETRY_AFTER_S


@both
def test_a_start_that_takes_too_long_is_not_sent_twice(
    vertex: Vertex, kind: Videos, model: str
) -> None:
    with pytest.raises(UnavailableError, match="provider-unavailable"):
        start(
            kind(replace(vertex.impatient, location=vertex.of_veo.location)), "a wave #slow", model
        )
    assert vertex.journal.submits("a wave") == 1


@both
def test_a_refused_start_with_a_frame_that_is_no_picture_says_which(
    vertex: Vertex, kind: Videos, model: str
) -> None:
    spec = VideoSpec(8, 24, "720p", has_audio=False, first_frame=reference(b"<svg/>"))
    with pytest.raises(RejectedError) as raised:
        start(kind(vertex.of_veo), "a wave #bad-request", model, video=spec)
    assert raised.value.code == "reference-unreadable"
    assert (
        raised.value.message == "The first frame is no PNG, JPEG or WebP picture that can be read."
    )


@both
def test_a_retired_model_is_final(vertex: Vertex, kind: Videos, model: str) -> None:
    with pytest.raises(RejectedError, match="model-retired"):
        start(kind(vertex.of_veo), "a wave", f"{model}-preview")


@both
@pytest.mark.parametrize(
    ("word", "expected", "code"),
    [
        ("#poll-throttle:1", ThrottledError, "throttled"),
        ("#poll-error:1", UnavailableError, "provider-unavailable"),
        ("#poll-forbidden:1", UnavailableError, "provider-not-allowed"),
        ("#poll-no-billing:1", UnavailableError, "provider-not-allowed"),
        ("#poll-cancelled:1", UnavailableError, "provider-unavailable"),
        ("#poll-bad-request:1", UnavailableError, "provider-unavailable"),
    ],
)
def test_a_question_that_fails_loses_nothing(
    vertex: Vertex, kind: Videos, model: str, word: str, expected: type[ProviderError], code: str
) -> None:
    provider = kind(vertex.of_veo)
    running = start(provider, f"a wave {word}", model)
    with pytest.raises(ProviderError) as raised:
        provider.poll(video(model=model), running.handle)
    assert (type(raised.value), raised.value.code) == (expected, code)
    if isinstance(raised.value, ThrottledError):
        assert raised.value.retry_after_s is None  # the service seldom says
    assert isinstance(provider.poll(video(model=model), running.handle), Finished)
    assert vertex.journal.submits() == 1


@pytest.mark.parametrize(
    ("kind", "model", "odd"),
    [(*MODELS[0], "number"), *((*MODELS[1], odd) for odd in ODD_ANSWERS)],
)
def test_an_odd_answer_to_a_question_is_none(
    vertex: Vertex, kind: Videos, model: str, odd: str
) -> None:
    provider = kind(vertex.of_veo)
    running = start(provider, f"a wave #poll-odd-{odd}", model)
    with pytest.raises(UnavailableError, match="provider-unavailable"):
        provider.poll(video(model=model), running.handle)
    assert vertex.journal.submits() == 1
