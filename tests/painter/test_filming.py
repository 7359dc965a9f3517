"""The built-in camera: exact frames, same bytes every time, real motion, given first and last pictures."""

import io
import os
import random
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageStat

from painter.filming import film
from painter.filming.camera import (
    WHOLE,
    arriving,
    choose_move,
    leaving,
    named_move,
)
from tests.support.opened import opened

FUNCTIONS = Path(__file__).parents[2] / "functions"
LIGHTHOUSE = "a lighthouse by the sea at dusk"
WIDTH, HEIGHT, FPS = 160, 90, 12


def filmed(prompt: str = LIGHTHOUSE, **arguments: Any) -> bytes:
    usual: dict[str, Any] = {
        "seed": 7, "width": WIDTH, "height": HEIGHT, "duration_s": 1, "fps": FPS,
    }  # fmt: skip
    return film(prompt, **(usual | arguments))


def frames_of(content: bytes) -> list[Image.Image]:
    with av.open(io.BytesIO(content), "r") as container:
        return [frame.to_image() for frame in container.decode(video=0)]  # type: ignore[no-untyped-call]


def difference(a: Image.Image, b: Image.Image) -> float:
    """The mean difference of two pictures, 0 to 255."""
    return ImageStat.Stat(ImageChops.difference(a, b).convert("L")).mean[0]


def encoded(image: Image.Image, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


def ramp(size: tuple[int, int], turn_degrees: int) -> Image.Image:
    """A picture that no scene looks like."""
    grey = Image.linear_gradient("L").rotate(turn_degrees).resize(size)
    return Image.merge("RGB", (grey, grey.point([255 - v for v in range(256)]), grey))


# The file


def test_it_is_h264_of_exactly_the_frames_asked_for() -> None:
    with av.open(io.BytesIO(filmed(duration_s=2, fps=24)), "r") as container:
        (stream,) = container.streams
        assert isinstance(stream, av.VideoStream)
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert (stream.width, stream.height) == (WIDTH, HEIGHT)
        assert stream.average_rate == 24
        assert stream.guessed_rate == 24
        assert stream.duration is not None
        assert stream.time_base is not None
        assert stream.duration * stream.time_base == 2
        times = [frame.time for frame in container.decode(stream)]
    assert times == pytest.approx([index / 24 for index in range(48)])


def test_its_colours_are_tagged_as_bt709() -> None:
    with av.open(io.BytesIO(filmed()), "r") as container:
        context = container.streams.video[0].codec_context
        assert (context.colorspace, context.color_primaries, context.color_trc) == (1, 1, 1)


def test_its_index_comes_before_its_pictures_so_that_browsers_start_at_once() -> None:
    content = filmed()
    assert 0 < content.index(b"moov") < content.index(b"mdat")


def test_odd_edges_are_made_even_upwards() -> None:
    assert frames_of(filmed(width=161, height=91, fps=2))[0].size == (162, 92)


@pytest.mark.parametrize("size", [(90, 160), (128, 128), (256, 64)])
def test_every_aspect_is_filmed(size: tuple[int, int]) -> None:
    assert frames_of(filmed(width=size[0], height=size[1], fps=2))[0].size == size


def test_a_film_without_audio_has_no_track_for_it() -> None:
    with av.open(io.BytesIO(filmed()), "r") as container:
        assert not container.streams.audio


def test_its_sound_is_stereo_aac_as_long_as_the_pictures_and_quiet() -> None:
    with av.open(io.BytesIO(filmed(duration_s=2, fps=4, with_audio=True)), "r") as container:
        track = container.streams.audio[0]
        assert (track.codec_context.name, track.codec_context.layout.name) == ("aac", "stereo")
        frames = list(container.decode(track))
    seconds = sum(frame.samples for frame in frames) / track.codec_context.sample_rate
    assert seconds == pytest.approx(2, abs=0.05)
    samples = [abs(v) for frame in frames for v in memoryview(bytes(frame.planes[0])).cast("f")]
    assert 0.02 < max(samples) < 0.6


# Determinism


@pytest.mark.parametrize("style", [None, "photographic", "ink"])
def test_same_arguments_give_same_bytes(style: str | None) -> None:
    first, second = (
        filmed("a stormy sea in the rain", style=style, with_audio=True) for _ in range(2)
    )
    assert first == second


def test_fresh_processes_with_other_hash_seeds_give_same_bytes() -> None:
    program = (
        "import hashlib; from painter.filming import film;"
        "print(hashlib.sha256(film('fog over a lake, sparkling', seed=5, width=96, height=64,"
        " duration_s=1, fps=4, with_audio=True, negative_prompt='people, birds')).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            check=True,
            capture_output=True,
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(FUNCTIONS)},
        ).stdout
        for hash_seed in ("0", "4242")
    }
    assert len(digests) == 1


def test_another_seed_is_another_film() -> None:
    one, other = (frames_of(filmed(seed=seed, fps=2))[0] for seed in (1, 2))
    assert difference(one, other) > 8


# Motion


@pytest.mark.parametrize(
    "prompt",
    [
        LIGHTHOUSE,
        "a forest in the fog",
        "abstract joy, static shot",
        "snow over a city at night",
        "a coral reef underwater",
        "a rocket in space",
        "a mug of coffee",
        "a garden in spring",
    ],
)
def test_no_frame_is_the_one_before(prompt: str) -> None:
    frames = frames_of(filmed(prompt))
    steps = [difference(a, b) for a, b in pairwise(frames)]
    assert min(steps) > 0
    assert difference(frames[0], frames[-1]) > 0.5
    # And no step is a cut.
    assert max(steps) < 30


@pytest.mark.parametrize("stage", ["sea", "lake", "city", "desert", "hills", "mountain", "table"])
@pytest.mark.parametrize("weather", ["rain", "snow", "storm", "autumn night"])
def test_every_weather_is_filmed_everywhere(stage: str, weather: str) -> None:
    assert len(frames_of(filmed(f"{stage}, {weather}", duration_s=1, fps=2))) == 2


@pytest.mark.parametrize(
    ("prompt", "move"),
    [
        ("Slow zoom in on a fox", "zoom in"),
        ("the camera zooms out", "zoom out"),
        ("pulling back over a city", "zoom out"),
        ("camera pans slowly to the left", "pan left"),
        ("panning right along the coast", "pan right"),
        ("tilt up to the sky", "tilt up"),
        ("crane down", "tilt down"),
        ("an orbit around a statue", "drift right"),
        ("static shot of a lake", "hold"),
        ("a still life with a pan", ""),
        ("a lighthouse", ""),
    ],
)
def test_words_choose_the_move(prompt: str, move: str) -> None:
    assert named_move(prompt) == move


@given(st.integers(0, 500), st.floats(0, 1), st.sampled_from(["", "tilt up", "pan left", "zoom"]))
def test_no_move_leaves_its_plate(seed: int, share: float, prompt: str) -> None:
    move = choose_move(prompt, random.Random(seed))
    for taken in (move, leaving(move), arriving(move)):
        window = taken.at(share)
        half = window.size / 2
        assert half - 1e-9 <= window.x <= 1 - half + 1e-9
        assert half - 1e-9 <= window.y <= 1 - half + 1e-9


@pytest.mark.parametrize("prompt", ["zoom in", "zoom out", "pan left", "hold", "static shot"])
def test_given_pictures_are_first_and_last_seen_whole_and_then_left(prompt: str) -> None:
    move = choose_move(prompt, random.Random(1))
    assert leaving(move).at(0).box_in((320, 180)) == pytest.approx(WHOLE.box_in((320, 180)))
    assert arriving(move).at(1).box_in((320, 180)) == pytest.approx(WHOLE.box_in((320, 180)))
    assert leaving(move).at(1).size < 0.97
    assert arriving(move).at(0).size < 0.97


# Given pictures


def test_a_film_begins_at_its_first_picture_and_ends_at_its_last() -> None:
    first, last = ramp((320, 180), 0), ramp((320, 180), 90)
    content = filmed(
        "snow",
        first_frame=opened(encoded(first))[0],
        last_frame=opened(encoded(last, "WEBP"))[0],
        duration_s=2,
    )
    frames = frames_of(content)
    size = (WIDTH, HEIGHT)
    assert difference(frames[0], first.resize(size)) < 4
    assert difference(frames[-1], last.resize(size)) < 4
    assert difference(frames[12], first.resize(size)) > 10
    assert difference(frames[12], last.resize(size)) > 10


def test_one_picture_is_enough_for_either_end() -> None:
    picture = ramp((320, 180), 0)
    small = picture.resize((WIDTH, HEIGHT))
    begun = frames_of(filmed(first_frame=opened(encoded(picture))[0]))
    ended = frames_of(filmed(last_frame=opened(encoded(picture))[0]))
    assert difference(begun[0], small) < 4
    assert difference(ended[-1], small) < 4
    # Without a picture of its own, the film begins with the painted scene.
    assert difference(ended[0], frames_of(filmed())[0]) < 4


def test_a_picture_of_another_aspect_is_cropped_to_cover_the_frame() -> None:
    tall = Image.new("RGB", (90, 400), "red")
    tall.paste("blue", (0, 190, 90, 210))
    frame = frames_of(filmed(first_frame=opened(encoded(tall))[0], fps=4))[0]
    red, _, blue = frame.getpixel((80, 45))  # type: ignore[misc]
    assert blue > red
    for corner in ((2, 2), (157, 2), (2, 87), (157, 87)):
        red, _, blue = frame.getpixel(corner)  # type: ignore[misc]
        assert red > blue + 150


@pytest.mark.parametrize("bad", [b"", b"no image", encoded(Image.new("RGB", (8, 8)))[:40]])
@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("first_frame", "the first frame is not an image"),
        ("last_frame", "the last frame is not an image"),
    ],
)
def test_a_frame_that_is_no_picture_is_refused_by_name(field: str, name: str, bad: bytes) -> None:
    with pytest.raises(ValueError, match=name):
        filmed(LIGHTHOUSE, **{field: opened(bad)[0]})


def test_a_reference_that_is_no_picture_is_refused_by_number() -> None:
    good = encoded(Image.new("RGB", (8, 8), "red"))
    with pytest.raises(ValueError, match=r"Reference 2 is not an image"):
        filmed(
            palette_from=opened(good),
            composition_from=opened(b"no image"),
            first_frame=opened(good)[0],
        )


def test_the_palette_of_a_reference_is_borrowed() -> None:
    green = Image.linear_gradient("L")
    black = Image.new("L", green.size)
    reference = encoded(Image.merge("RGB", (black, green, black)))
    red, high, blue = ImageStat.Stat(frames_of(filmed(palette_from=opened(reference)))[0]).mean
    assert high > red + 15
    assert high > blue + 15
