"""What is sent to fal.ai, against fal.ai's own table of what its endpoints take; and what an operator has to
mend."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from inspect import isclass
from typing import Any

import httpx
import pytest

from mediaforge.adapters.outside import HardenedOutside
from mediaforge.domain.catalogue import Model
from mediaforge.domain.errors import (
    BusyError,
    LostError,
    NotAllowedError,
    ProviderError,
    RejectedError,
    SigningError,
    UnavailableError,
)
from mediaforge.ports.provider import Finished, ProviderRequest, Running, VideoSpec
from mediaforge.providers.exchange import HTTPX_ERRORS
from mediaforge.providers.fal.errors import as_provider_error
from mediaforge.providers.fal.families import FAMILIES, arguments, endpoint_of
from mediaforge.providers.fal.provider import FalProvider, FalSettings
from mediaforge.providers.operator import Asked
from protocols import fal
from protocols.fal_models import MODELS
from protocols.server import serving
from tests.memory.media import MemoryMedia
from tests.support.pictures import PICTURE
from tests.support.provider_requests import image, reference, video
from tests.support.provider_world import CATALOGUE

OFFERED = {name: model for name, model in CATALOGUE.models.items() if model.provider == "fal"}
PATH = "references/ann/1.png"


@dataclass
class Gallery:
    """fal.ai, and a media that has one picture."""

    origin: str
    journal: fal.Journal
    media: MemoryMedia

    def provider(self, **fields: Any) -> FalProvider:
        settings = FalSettings(
            lambda: "fal-key", f"{self.origin}/queue.fal.run", f"{self.origin}/api.fal.ai/v1"
        )
        outside = HardenedOutside(allows_loopback=True, fetch_limit_s=5)
        return FalProvider(replace(settings, **fields), self.media, outside.fetch)


@pytest.fixture
def gallery() -> Iterator[Gallery]:
    journal, media = fal.Journal(), MemoryMedia(files={PATH: PICTURE})
    with serving(fal.create_app(media.get, journal, slow_s=3.0)) as origin:
        yield Gallery(origin, journal, media)


def requests_of(name: str, model: Model) -> Iterator[ProviderRequest]:
    """A request for each size and ratio of the model, and each length; with as many pictures as it takes."""
    table = CATALOGUE.sizes[model.sizes]
    pictures = tuple(reference(PICTURE) for _ in range(model.references_max))
    for size in model.size_names:
        for ratio in table.px:
            width_px, height_px = table.size_px(ratio, size)
            asked: dict[str, Any] = {"model": name, "size": size, "aspect_ratio": ratio}
            asked |= {"width_px": width_px, "height_px": height_px}
            if model.video is None:
                if not model.references_min:
                    yield image(**asked, count=model.count_max, negative_prompt="fog")
                if pictures:
                    yield image(**asked, references=pictures, count=model.count_max)
                if model.edits_pictures:
                    yield image(**asked, edit_of=pictures[0], references=pictures[1:])
                continue
            for duration_s in model.video.durations_s:
                spec = VideoSpec(duration_s, model.video.fps[0], size, has_audio=True)
                yield video(**asked, video=spec, negative_prompt="fog", seed=2**31 - 1)
                framed = replace(spec, first_frame=reference(PICTURE))
                yield video(**asked, video=framed)
                yield video(**asked, video=replace(framed, last_frame=framed.first_frame))


@pytest.mark.parametrize("name", OFFERED)
def test_whatever_the_catalogue_offers_is_what_the_endpoint_takes(name: str) -> None:
    seen = set()
    for request in requests_of(name, OFFERED[name]):
        endpoint = endpoint_of(request)
        assert endpoint is not None
        body = arguments(endpoint, request, lambda picture: f"https://lent/{picture.path}")
        assert list(MODELS[endpoint.id].wrong(body)) == [], body
        assert json.dumps(body)
        seen.add(endpoint.id)
    family = FAMILIES[name]
    assert seen == {each.id for each in (family.words, family.pictures) if each}


def test_the_catalogue_offers_every_family_and_no_other_model() -> None:
    assert set(OFFERED) == set(FAMILIES)
    of = [each for family in FAMILIES.values() for each in (family.words, family.pictures) if each]
    assert {each.id for each in of} == set(MODELS)


def body_of(request: ProviderRequest) -> Mapping[str, Any]:
    endpoint = endpoint_of(request)
    assert endpoint is not None
    return arguments(endpoint, request, lambda picture: f"lent:{picture.path}")


def test_words_go_where_the_endpoint_has_a_field_for_them_else_into_the_prompt() -> None:
    asked = {"style": "ink drawing", "negative_prompt": "fog"}
    assert body_of(image(model="flux-2-pro", **asked)) == {
        "output_format": "png",
        "prompt": "a lighthouse\nStyle: ink drawing.\nLeave out: fog.",
        "image_size": {"width": 1024, "height": 1024},
        "seed": 1,
    }
    assert body_of(image(model="qwen-image-2", count=2, **asked)) == {
        "output_format": "png",
        "enable_prompt_expansion": False,
        "prompt": "a lighthouse\nStyle: ink drawing.",
        "negative_prompt": "fog",
        "image_size": {"width": 1024, "height": 1024},
        "num_images": 2,
        "seed": 1,
    }


def test_the_prompt_says_what_each_picture_is_for() -> None:
    pictures = (
        reference(PICTURE),
        reference(PICTURE, "style_and_composition", "references/ann/2.png"),
    )
    body = body_of(image(model="seedream-4.5", references=pictures))
    assert body["image_urls"] == ["lent:references/ann/1.png", "lent:references/ann/2.png"]
    assert body["prompt"].splitlines()[1:] == [
        "Take only the style of image 1, and neither its subjects nor its composition.",
        "Follow both the style and the composition of image 2.",
    ]


def test_the_picture_to_edit_is_the_first_and_the_prompt_is_about_it() -> None:
    edited = reference(PICTURE, path="generating/ann/image/1.png")
    body = body_of(image("make it night", model="qwen-image-2", edit_of=edited))
    assert (body["image_urls"], body["prompt"]) == (
        ["lent:generating/ann/image/1.png"],
        "make it night",
    )
    both = image("night", model="qwen-image-2", edit_of=edited, references=[reference(PICTURE)])
    assert "the style of image 2" in body_of(both)["prompt"]
    assert len(body_of(both)["image_urls"]) == 2


def test_a_picture_is_cut_out_by_its_address_alone() -> None:
    assert body_of(
        image(model="bria-rmbg-2", references=[reference(PICTURE)], is_transparent=True)
    ) == {"image_url": "lent:references/ann/1.png"}


def test_a_film_s_length_is_a_text_or_a_number_as_its_endpoint_has_it() -> None:
    assert body_of(video(model="kling-3-standard"))["duration"] == "4"
    spec = VideoSpec(4, 30, "720p", has_audio=True)
    assert body_of(video(model="wan-2.7", video=spec))["duration"] == 4


@pytest.mark.parametrize("name", OFFERED)
def test_the_catalogue_says_of_words_and_sound_what_the_endpoints_take(name: str) -> None:
    """So that what they do not take is refused when it is asked for."""
    model, family = OFFERED[name], FAMILIES[name]
    words = model.words
    for endpoint in (family.words, family.pictures):
        if endpoint is None or endpoint.prompt is None:
            continue
        beside = words.prompt_chars_max_with_pictures if words else None
        is_beside = endpoint is family.pictures and beside is not None
        most = beside if is_beside else words.prompt_chars_max if words else None
        assert endpoint.prompt_chars_max == most
        assert endpoint.negative_chars_max == (words.negative_chars_max if words else None)
        # Whose limit is known reads apart what is left out: so it counts in no prompt.
        assert words is None or endpoint.negative is not None
        if model.video is not None:
            assert model.video.always_has_audio is (endpoint.audio is None)


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (image("x" * 801, model="qwen-image-2", edit_of=reference(PICTURE)), "words-too-many"),
        (image(model="qwen-image-2", negative_prompt="x" * 501), "words-too-many"),
        (video(model="wan-2.7"), "silence-not-made"),
        (image(model="seedvr2-upscale"), "reference-needed"),
        (image(model="flux-2-pro", references=(reference(PICTURE),)), "references-not-taken"),
    ],
)
def test_a_catalogue_that_says_too_much_costs_nothing(
    gallery: Gallery, request_: ProviderRequest, code: str
) -> None:
    with pytest.raises(RejectedError) as refused:
        gallery.provider().start(request_)
    assert (refused.value.code, refused.value.was_asked) == (code, False)
    assert gallery.journal.submits == 0


# ---- what only an operator can mend ---------------------------------------------------------------


@pytest.mark.parametrize("key", ["", "of-a-stranger", "with a line\nbreak", "\u00e4"])
def test_a_key_that_is_wrong_refuses_starts_and_fails_questions(gallery: Gallery, key: str) -> None:
    running = gallery.provider().start(image(model="flux-2-pro"))
    assert isinstance(running, Running)
    stranger = gallery.provider(api_key=lambda: key)

    with pytest.raises(NotAllowedError):
        stranger.start(image(model="flux-2-pro"))
    with pytest.raises(UnavailableError):
        stranger.poll(image(model="flux-2-pro"), running.handle)
    assert gallery.journal.submits == 1


def test_a_key_may_end_with_a_newline(gallery: Gallery) -> None:
    running = gallery.provider(api_key=lambda: "fal-key\n").start(image(model="flux-2-pro"))
    assert isinstance(running, Running)


def test_an_endpoint_that_is_gone_is_told_as_a_retired_model(gallery: Gallery) -> None:
    elsewhere = gallery.provider(queue_url=f"{gallery.origin}/queue.fal.run/gone")
    with pytest.raises(NotAllowedError) as refused:
        elsewhere.start(image(model="flux-2-pro"))
    assert refused.value.code == "model-retired"


def test_an_unknown_model_is_refused(gallery: Gallery) -> None:
    with pytest.raises(NotAllowedError) as refused:
        gallery.provider().start(image(model="flux-9"))
    assert (refused.value.code, refused.value.was_asked) == ("provider-not-found", False)


@dataclass
class Unlendable(MemoryMedia):
    error: Exception = SigningError("no right")  # noqa: RUF009 - never written

    def read_address(self, path: str, valid_s: int, generation: int | None = None) -> str:
        raise self.error


@pytest.mark.parametrize(
    ("error", "raised"),
    [(BusyError("later"), UnavailableError), (SigningError("no right"), NotAllowedError)],
)
def test_pictures_that_cannot_be_lent_cost_nothing(
    gallery: Gallery, error: Exception, raised: type[ProviderError]
) -> None:
    gallery.media = Unlendable(error=error)
    with pytest.raises(raised) as refused:
        gallery.provider().start(image(model="seedream-4.5", references=(reference(PICTURE),)))
    assert (refused.value.may_have_billed, refused.value.was_asked) == (False, False)


def test_a_picture_is_lent_to_be_read(gallery: Gallery) -> None:
    request = image(model="seedvr2-upscale", size="2160p", references=(reference(PICTURE),))
    running = gallery.provider().start(request)
    assert isinstance(running, Running)
    for _ in range(2):
        finished = gallery.provider().poll(request, running.handle)
    assert isinstance(finished, Finished)
    assert len(list(finished.assets)) == 1


def test_a_picture_to_make_larger_is_lent_as_it_was_looked_at(gallery: Gallery) -> None:
    """Its shape says what the request costs: a file that is written over meanwhile is not read."""
    for model, is_pinned in (("seedvr2-upscale", True), ("bria-rmbg-2", False)):
        generation = gallery.media.list(PATH)[PATH]
        seen = replace(reference(PICTURE), generation=generation)
        gallery.provider().start(image(model=model, size="2160p", references=(seen,)))
        address = list(gallery.journal.works.values())[-1].input["image_url"]
        assert gallery.media.get(address) == PICTURE
        gallery.media.replace(PATH, PICTURE, "image/png", generation)
        assert (gallery.media.get(address) is None) is is_pinned


# ---- handles and errors ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "handle", ["", "a/b", "a/b/c/d", "../b/1", "a/b/1?x", "a/b/1/cancel", "a//1"]
)
def test_a_handle_of_nonsense_is_of_nobody(gallery: Gallery, handle: str) -> None:
    with pytest.raises(LostError):
        gallery.provider().poll(image(model="flux-2-pro"), handle)
    gallery.provider().cancel(handle)
    assert gallery.journal.requests == []


def errors_of_httpx() -> list[type[Exception]]:
    named = [getattr(httpx, name) for name in httpx.__all__]
    return [each for each in named if isclass(each) and issubclass(each, Exception)]


@pytest.mark.parametrize("error", errors_of_httpx(), ids=lambda error: error.__name__)
@pytest.mark.parametrize("is_start", [True, False])
def test_every_error_of_httpx_has_a_meaning(error: type[Exception], is_start: bool) -> None:
    assert issubclass(error, HTTPX_ERRORS)
    ours = as_provider_error(
        Exception.__new__(error), Asked("fal", "flux-2-pro"), is_start=is_start
    )
    assert isinstance(ours, ProviderError)
    assert is_start or not isinstance(ours, RejectedError)


def test_nobody_there_costs_nothing(gallery: Gallery) -> None:
    nobody = gallery.provider(queue_url="http://127.0.0.1:9/queue.fal.run")
    with pytest.raises(UnavailableError) as refused:
        nobody.start(image(model="flux-2-pro"))
    assert not refused.value.may_have_billed
