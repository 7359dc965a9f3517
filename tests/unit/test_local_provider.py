"""The built-in renderer: what it delivers, what the tags make it do, how a training is polled."""

import io
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import pytest
from PIL import Image, ImageChops, ImageStat

from mediaforge.domain.errors import (
    LostError,
    RejectedError,
    ThrottledError,
    UnavailableError,
)
from mediaforge.ports.provider import (
    Asset,
    Finished,
    Provider,
    ProviderRequest,
    Running,
    TrainedBrand,
    VideoSpec,
)
from mediaforge.providers.local.provider import LocalProvider
from tests.support.provider_requests import image, reference, training, video

ROOT = Path(__file__).parents[2]
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
FILM = VideoSpec(duration_s=1, fps=6, resolution="90p", has_audio=False)


class Clock:
    def __init__(self) -> None:
        self.time = NOON

    def now(self) -> datetime:
        return self.time

    def pass_s(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def provider(clock: Clock) -> Provider:
    return LocalProvider(clock.now)


def picture(prompt: str = "a lighthouse", **fields: object) -> ProviderRequest:
    return image(prompt, width_px=96, height_px=64, **fields)


def clip(prompt: str = "a lighthouse", spec: VideoSpec = FILM, **fields: object) -> ProviderRequest:
    return video(prompt, width_px=96, height_px=64, video=spec, **fields)


def delivered(provider: Provider, request: ProviderRequest) -> list[Asset]:
    outcome = provider.start(request)
    assert isinstance(outcome, Finished)
    return [asset for asset in outcome.assets if isinstance(asset, Asset)]


def started(provider: Provider, request: ProviderRequest) -> Running:
    outcome = provider.start(request)
    assert isinstance(outcome, Running)
    return outcome


def encoded(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def green() -> bytes:
    ramp = Image.linear_gradient("L")
    black = Image.new("L", ramp.size)
    return encoded(Image.merge("RGB", (black, ramp, black)))


def is_green(picture: Image.Image) -> bool:
    red, high, blue = ImageStat.Stat(picture.convert("RGB")).mean
    return high > red + 15 and high > blue + 15


def first_frame(content: bytes) -> Image.Image:
    with av.open(io.BytesIO(content), "r") as container:
        frame: Image.Image = next(container.decode(video=0)).to_image()  # type: ignore[no-untyped-call]
        return frame


# Images


def test_an_image_request_brings_pngs_of_its_size() -> None:
    assets = delivered(LocalProvider(), picture(count=2))
    assert [(a.extension, a.content_type) for a in assets] == [("png", "image/png")] * 2
    assert [Image.open(io.BytesIO(a.content)).size for a in assets] == [(96, 64)] * 2
    assert assets[0].content != assets[1].content


@pytest.mark.parametrize(
    ("seed", "seeds"), [(7, [7, 8, 9]), (2**31 - 2, [2**31 - 2, 2**31 - 1, 0])]
)
def test_each_image_has_the_next_seed_and_after_the_largest_comes_0(
    seed: int, seeds: list[int]
) -> None:
    provider = LocalProvider()
    several = delivered(provider, picture(seed=seed, count=3))
    alone = [delivered(provider, picture(seed=each))[0] for each in seeds]
    assert several == alone


def test_assets_are_made_when_they_are_asked_for(provider: Provider) -> None:
    opened: list[str] = []

    def load() -> bytes:
        opened.append("1.png")
        return green()

    asked = reference(b"")
    asked = type(asked)(asked.path, asked.uri, asked.content_type, asked.mode, load)
    outcome = provider.start(picture(references=[asked]))
    assert isinstance(outcome, Finished)
    assert opened == []
    next(iter(outcome.assets))
    assert opened == ["1.png"]


def test_a_brand_lends_its_palette_to_images_and_films(provider: Provider) -> None:
    brand = TrainedBrand("b1", "Acme", "local://brands/job1", [reference(green())])
    (painted,) = delivered(provider, picture(brand=brand))
    (filmed,) = delivered(provider, clip(brand=brand))
    assert is_green(Image.open(io.BytesIO(painted.content)))
    assert is_green(first_frame(filmed.content))


# Videos


def test_a_video_request_brings_one_mp4_of_its_size_and_length(provider: Provider) -> None:
    (asset,) = delivered(provider, clip())
    assert (asset.extension, asset.content_type) == ("mp4", "video/mp4")
    with av.open(io.BytesIO(asset.content), "r") as container:
        frames = list(container.decode(video=0))
        assert not container.streams.audio
    assert {(frame.width, frame.height) for frame in frames} == {(96, 64)}
    assert len(frames) == FILM.duration_s * FILM.fps


def test_a_video_has_sound_and_begins_at_its_first_frame_where_asked(provider: Provider) -> None:
    red = encoded(Image.new("RGB", (96, 64), "red"))
    spec = VideoSpec(1, 6, "90p", has_audio=True, first_frame=reference(red))
    (asset,) = delivered(provider, clip(spec=spec))
    with av.open(io.BytesIO(asset.content), "r") as container:
        assert container.streams.audio
    levels = ImageStat.Stat(first_frame(asset.content)).mean
    assert levels == pytest.approx([255, 0, 0], abs=12)


@pytest.mark.parametrize("frame", ["first_frame", "last_frame"])
def test_an_unreadable_frame_is_rejected(provider: Provider, frame: str) -> None:
    spec = VideoSpec(1, 6, "90p", has_audio=False, **{frame: reference(b"no image")})
    with pytest.raises(RejectedError, match=frame.replace("_", " ")) as caught:
        delivered(provider, clip(spec=spec))
    assert caught.value.code == "reference-unreadable"


# References


@pytest.mark.parametrize("ask", [picture, clip])
@pytest.mark.parametrize("mode", ["style_only", "style_and_composition"])
def test_an_unreadable_reference_is_rejected(provider: Provider, ask: object, mode: str) -> None:
    assert callable(ask)
    bad = [reference(green()), reference(b"no image", mode)]
    with pytest.raises(RejectedError, match="Reference 2 is not an image") as caught:
        delivered(provider, ask(references=bad))
    assert caught.value.code == "reference-unreadable"


def test_a_reference_that_is_gone_is_rejected_as_its_loader_says(provider: Provider) -> None:
    def gone() -> bytes:
        raise RejectedError("reference-missing", "There is no such file.")

    asked = reference(b"")
    asked = type(asked)(asked.path, asked.uri, asked.content_type, asked.mode, gone)
    with pytest.raises(RejectedError, match="reference-missing"):
        delivered(provider, picture(references=[asked]))


# Trainings


def test_a_training_runs_half_a_minute_with_rising_progress(
    provider: Provider, clock: Clock
) -> None:
    request = training(job_id="job7", references=[reference(green())])
    running = started(provider, request)
    assert (running.poll_in_s, running.progress) == (5, 0)
    seen = []
    for _ in range(29):
        clock.pass_s(1)
        outcome = provider.poll(request, running.handle)
        assert isinstance(outcome, Running)
        assert outcome.handle == running.handle
        seen.append((outcome.progress, outcome.poll_in_s))
    assert seen == sorted(seen, key=lambda poll: poll[0] or 0)
    assert seen[14][0] == pytest.approx(0.5)
    assert seen[-1][1] == pytest.approx(1)
    clock.pass_s(1)
    assert provider.poll(request, running.handle) == Finished(model_uri="local://brands/job7")


def test_a_handle_holds_all_that_another_process_needs(clock: Clock) -> None:
    handle = started(LocalProvider(clock.now), training()).handle
    clock.pass_s(15)
    other = LocalProvider(clock.now)
    outcome = other.poll(training(), handle)
    assert isinstance(outcome, Running)
    assert outcome.progress == pytest.approx(0.5)


def test_a_sleep_tag_in_the_name_is_how_long_a_training_takes(
    provider: Provider, clock: Clock
) -> None:
    request = training("Acme [[sleep:2.5]]")
    running = started(provider, request)
    assert running.poll_in_s == 2.5
    clock.pass_s(2.5)
    assert provider.poll(request, running.handle) == Finished(model_uri="local://brands/job1")


@pytest.mark.parametrize(
    "handle", ["", "abc", "2026-01-01T12:00:00+00:00", "2026-01-01/2026-01-02", "a/b", "1/2/3"]
)
def test_a_handle_it_cannot_read_is_lost(provider: Provider, handle: str) -> None:
    with pytest.raises(LostError):
        provider.poll(training(), handle)


def test_a_training_with_an_unreadable_reference_is_rejected(provider: Provider) -> None:
    with pytest.raises(RejectedError, match="Reference 2") as caught:
        provider.start(training(references=[reference(green()), reference(b"no image")]))
    assert caught.value.code == "reference-unreadable"


def test_a_cancelled_training_may_still_be_polled(provider: Provider) -> None:
    running = started(provider, training())
    provider.cancel(running.handle)
    assert isinstance(provider.poll(training(), running.handle), Running)


# Tags


@pytest.mark.parametrize("ask", [picture, clip, training])
@pytest.mark.parametrize(
    ("tag", "error"),
    [
        ("[[fail:permanent]]", RejectedError),
        ("[[blocked]]", RejectedError),
        ("[[fail:always]]", UnavailableError),
        ("[[fail:transient:1]]", UnavailableError),
        ("[[throttle:1]]", ThrottledError),
    ],
)
def test_tags_are_obeyed_by_every_kind(
    provider: Provider, ask: object, tag: str, error: type[Exception]
) -> None:
    assert callable(ask)
    with pytest.raises(error):
        provider.start(ask(f"a fox {tag}"))


@pytest.mark.parametrize("ask", [picture, training])
def test_what_fails_in_passing_passes(provider: Provider, ask: object) -> None:
    assert callable(ask)
    assert provider.start(ask("a fox [[fail:transient:1]]", attempt=2))
    assert provider.start(ask("a fox [[throttle:1]]", snoozes=1))


def test_a_partial_delivery_is_one_of_the_first_assets(provider: Provider) -> None:
    assert len(delivered(provider, picture("a fox [[partial:1]]", count=3))) == 1
    assert delivered(provider, clip("a fox [[partial:0]]")) == []


# Crashes

DELIVER = """
import sys
from mediaforge.providers.local.provider import LocalProvider
from tests.support.provider_requests import image

request = image(sys.argv[1], attempt=int(sys.argv[2]), count=2, width_px=64, height_px=64)
for _ in LocalProvider().start(request).assets:
    print("saved", flush=True)
print("done")
"""


def deliver(prompt: str, attempt: int) -> tuple[int, list[str]]:
    ran = subprocess.run(
        [sys.executable, "-c", DELIVER, prompt, str(attempt)],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT / 'functions'}:{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.returncode, ran.stdout.split()


@pytest.mark.parametrize(
    ("tag", "saved"), [("[[crash:before-save]]", []), ("[[crash:after-save]]", ["saved", "saved"])]
)
def test_the_process_dies_where_the_tag_says_on_the_first_attempt_only(
    tag: str, saved: list[str]
) -> None:
    assert deliver(tag, attempt=1) == (137, saved)
    assert deliver(tag, attempt=2) == (0, ["saved", "saved", "done"])


def test_the_renderer_loads_neither_pillow_nor_libav_before_it_works() -> None:
    program = (
        "import sys; from mediaforge.providers.local.provider import LocalProvider;"
        "LocalProvider(); assert not {'PIL', 'av'} & sys.modules.keys()"
    )
    subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "functions")},
    )


# What goes on from something that was made


def test_an_edited_picture_is_neither_the_one_before_nor_one_of_the_words_alone() -> None:
    edited = reference(green())
    (asset,) = delivered(LocalProvider(), picture(edit_of=edited))
    (alone,) = delivered(LocalProvider(), picture())
    assert is_green(Image.open(io.BytesIO(asset.content)))
    assert not is_green(Image.open(io.BytesIO(alone.content)))
    (other,) = delivered(LocalProvider(), picture("snow at night", edit_of=edited))
    assert other.content != asset.content


def test_a_picture_to_edit_that_is_none_is_refused() -> None:
    with pytest.raises(RejectedError) as refused:
        delivered(LocalProvider(), picture(edit_of=reference(b"none")))
    assert (refused.value.code, refused.value.message) == (
        "reference-unreadable",
        "the picture to edit is not an image",
    )


@pytest.mark.parametrize("prompt", ["a lighthouse", "a fish under water"])
def test_behind_a_subject_that_is_cut_out_there_is_nothing(prompt: str) -> None:
    (asset,) = delivered(LocalProvider(), picture(prompt, is_transparent=True))
    cut_out = Image.open(io.BytesIO(asset.content))
    assert cut_out.mode == "RGBA"
    assert cut_out.getchannel("A").getextrema() == (0, 255)
    (usual,) = delivered(LocalProvider(), picture(prompt))
    assert Image.open(io.BytesIO(usual.content)).mode == "RGB"


@pytest.mark.parametrize(("had_sound", "has_sound"), [(True, True), (False, True), (True, False)])
def test_a_video_goes_on_with_the_last_picture_of_the_one_before(
    had_sound: bool, has_sound: bool
) -> None:
    (before,) = delivered(LocalProvider(), clip(spec=replace(FILM, has_audio=had_sound)))
    film = reference(before.content, path="generating/ann/video/1.mp4")
    spec = replace(FILM, duration_s=2, has_audio=has_sound, extend_of=film)
    (after,) = delivered(LocalProvider(), clip("a storm", spec=spec))
    shown, more = frames(before.content), frames(after.content)
    assert (len(shown), len(more)) == (6, 18)
    assert near(shown[0], more[0])
    assert near(shown[-1], more[6])
    with av.open(io.BytesIO(after.content)) as container:
        lengths_s = [float((s.duration or 0) * (s.time_base or 0)) for s in container.streams]
    assert lengths_s == pytest.approx([3.0] * (1 + has_sound), abs=0.1)


def test_a_video_to_extend_that_is_none_is_refused() -> None:
    film = reference(b"\0\0\0\x20ftypisom", path="generating/ann/video/1.mp4")
    with pytest.raises(RejectedError) as refused:
        delivered(LocalProvider(), clip(spec=replace(FILM, extend_of=film)))
    assert refused.value.code == "reference-unreadable"


def frames(content: bytes) -> list[Image.Image]:
    with av.open(io.BytesIO(content), "r") as container:
        return [frame.to_image() for frame in container.decode(video=0)]  # type: ignore[no-untyped-call]


def near(one: Image.Image, other: Image.Image) -> bool:
    """The same but for what is lost by encoding it once more."""
    return max(ImageStat.Stat(ImageChops.difference(one, other)).mean) < 12
