"""The built-in painter: same bytes every time, words that change the scene, exact sizes."""

import hashlib
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageStat

from painter.painting import paint
from painter.painting.caption import caption_text, printable
from painter.painting.scene import Scene, read_scene
from tests.support.camera import BROKEN_CAMERA_JPEGS
from tests.support.opened import opened

FUNCTIONS = Path(__file__).parents[2] / "functions"
LIGHTHOUSE = "a lighthouse by the sea"
STYLES = [
    "oil-painting",
    "watercolor",
    "ink",
    "neon",
    "pixel-art",
    "photographic",
    "flat-poster",
]


def painted(
    prompt: str, *, seed: int = 7, edge_px: int = 128, style: str | None = None
) -> Image.Image:
    content = paint(prompt, seed=seed, width=edge_px, height=edge_px, style=style)
    return Image.open(io.BytesIO(content))


def mean_colour(image: Image.Image) -> tuple[float, float, float]:
    red, green, blue = ImageStat.Stat(image.convert("RGB")).mean
    return red, green, blue


def difference(a: Image.Image, b: Image.Image) -> float:
    """The mean difference of two pictures, 0 to 255."""
    return ImageStat.Stat(ImageChops.difference(a, b).convert("L")).mean[0]


def encoded(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


# Determinism


@pytest.mark.parametrize("style", [None, *STYLES])
def test_same_arguments_give_same_bytes(style: str | None) -> None:
    first, second = (paint(LIGHTHOUSE, seed=3, width=96, height=80, style=style) for _ in range(2))
    assert first == second


def test_fresh_processes_with_other_hash_seeds_give_same_bytes() -> None:
    program = (
        "import hashlib; from painter.painting import paint;"
        "print(hashlib.sha256(paint('stormy sea, red boat, oil, pink sky', seed=5, width=96,"
        " height=96, negative_prompt='people, rain, birds')).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            check=True,
            capture_output=True,
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(FUNCTIONS)},
        ).stdout
        for hash_seed in ("0", "1", "4242")
    }
    assert len(digests) == 1


def test_another_seed_is_another_picture_of_the_same_scene() -> None:
    assert difference(painted(LIGHTHOUSE, seed=1), painted(LIGHTHOUSE, seed=2)) > 8


def test_every_style_looks_different() -> None:
    pictures = [painted(LIGHTHOUSE, style=style) for style in STYLES]
    digests = {hashlib.sha256(picture.tobytes()).hexdigest() for picture in pictures}
    assert len(digests) == len(STYLES)


# Sizes


@pytest.mark.parametrize(
    "size", [(64, 64), (65, 301), (1024, 768), (2048, 256), (64, 2048), (1300, 1300)]
)
def test_size_is_exact(size: tuple[int, int]) -> None:
    content = paint("mountains", seed=1, width=size[0], height=size[1])
    image = Image.open(io.BytesIO(content))
    assert (image.format, image.mode, image.size) == ("PNG", "RGB", size)


# Words


def test_words_choose_place_subject_time_and_weather() -> None:
    scene = read_scene("An old lighthouse at dusk in a storm, oil on canvas")
    assert scene.stage == "sea"
    assert scene.subjects == ("lighthouse",)
    assert (scene.time, scene.weather, scene.medium) == ("dusk", "storm", "oil")


def test_colours_belong_to_the_word_that_follows() -> None:
    scene = read_scene("a red boat on a teal sea under a huge moon")
    assert scene.colour_of("boat") != scene.colour_of("sea")
    assert scene.colour_of("boat")
    assert scene.colour_of("sea")
    assert scene.big == {"moon"}


@pytest.mark.parametrize(
    ("prompt", "stage"),
    [
        ("日本の山", "mountain"),
        ("un phare au bord de la mer", "sea"),
        ("лес ночью", "forest"),
        ("고양이와 도시", "city"),
        ("a mug of coffee", "table"),
        ("a rocket", "space"),
        ("sunset", "hills"),
        ("abstract joy", "abstract"),
        ("qwerty", "abstract"),
        ("", "abstract"),
    ],
)
def test_stage_of_prompts_in_many_languages(prompt: str, stage: str) -> None:
    assert read_scene(prompt).stage == stage


def test_style_overrides_the_medium_in_the_prompt() -> None:
    assert read_scene("a photo of a fox", style="watercolor").medium == "watercolor"
    assert read_scene("a photo of a fox").medium == "photo"


def test_negative_prompt_and_refusals_remove_elements() -> None:
    prompt = "a person in the rain by the sea, without birds"
    assert read_scene(prompt).subjects == ("person",)
    scene = read_scene(prompt, negative_prompt="people, rain")
    assert (scene.subjects, scene.weather, scene.stage) == ((), "", "sea")


def test_removing_an_element_changes_the_picture_and_little_else() -> None:
    arguments = {"seed": 2, "width": 160, "height": 160}
    whole, without = (
        Image.open(io.BytesIO(paint("a person on a hill", negative_prompt=no, **arguments)))  # type: ignore[arg-type]
        for no in ("", "people")
    )
    assert 0 < difference(whole, without) < 12


@given(st.text(max_size=80), st.text(max_size=20))
def test_any_text_reads_as_a_scene(prompt: str, negative_prompt: str) -> None:
    assert isinstance(read_scene(prompt, negative_prompt=negative_prompt), Scene)


# Light


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_dusk_is_darker_and_warmer_than_noon(seed: int) -> None:
    noon = mean_colour(painted(f"{LIGHTHOUSE} at noon", seed=seed))
    dusk = mean_colour(painted(f"{LIGHTHOUSE} at dusk", seed=seed))
    assert sum(dusk) < sum(noon)
    assert dusk[0] / dusk[2] > noon[0] / noon[2]


# Caption


@pytest.mark.parametrize("prompt", ["white snow at noon", "a dark night in a forest"])
def test_caption_reads_on_any_picture(prompt: str) -> None:
    corner = painted(prompt, edge_px=512).crop((0, 440, 256, 512)).convert("L")
    darkest, lightest = corner.getextrema()
    assert isinstance(darkest, int)
    assert isinstance(lightest, int)
    assert lightest - darkest > 140


def test_caption_prints_no_sign_the_font_lacks() -> None:
    assert printable("caf\u00e9 \U0001f680 \u0000 ok") in {"café ok", "cafe ok"}
    assert caption_text("日本の山", "mountain, japan") == "mountain, japan"


# Anything at all


@given(
    prompt=st.text(max_size=60),
    width=st.integers(64, 220),
    height=st.integers(64, 220),
    seed=st.integers(-(2**40), 2**63),
    style=st.sampled_from([None, "", "something else", *STYLES]),
)
@settings(max_examples=12, deadline=None)
def test_any_prompt_and_size_give_a_picture(
    prompt: str, width: int, height: int, seed: int, style: str | None
) -> None:
    content = paint(prompt, seed=seed, width=width, height=height, style=style)
    assert Image.open(io.BytesIO(content)).size == (width, height)


@pytest.mark.parametrize(
    "prompt", ["x" * 4000, "sea " * 1000, "\x00\x1b[0m\u202e", "🦊🌲", "\ud800"]
)
def test_odd_prompts_give_a_picture(prompt: str) -> None:
    assert painted(prompt).size == (128, 128)


STAGES = [
    "sea",
    "lake",
    "mountain",
    "forest",
    "city",
    "desert",
    "space",
    "garden",
    "underwater",
    "hills",
    "table",
    "abstract",
]


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("size", [(96, 96), (512, 64), (64, 512)])
def test_every_stage_fits_every_aspect(stage: str, size: tuple[int, int]) -> None:
    crowd = "boat lighthouse house cat fox wolf deer whale balloon person cafe rainbow"
    content = paint(f"{stage} with {crowd}", seed=9, width=size[0], height=size[1])
    assert Image.open(io.BytesIO(content)).size == size


# References


def test_palette_of_a_reference_is_borrowed() -> None:
    green = Image.linear_gradient("L")
    black = Image.new("L", green.size)
    reference = encoded(Image.merge("RGB", (black, green, black)))
    content = paint(LIGHTHOUSE, seed=1, width=128, height=128, palette_from=opened(reference))
    red, high, blue = mean_colour(Image.open(io.BytesIO(content)))
    assert high > red + 20
    assert high > blue + 20


def test_light_and_dark_of_a_reference_are_followed() -> None:
    half = Image.new("L", (64, 64), 0)
    half.paste(255, (32, 0, 64, 64))
    content = paint(
        "abstract", seed=1, width=128, height=128, composition_from=opened(encoded(half))
    )
    image = Image.open(io.BytesIO(content)).convert("L")
    left, right = (ImageStat.Stat(image.crop((x, 0, x + 64, 100))).mean[0] for x in (0, 64))
    assert right > left + 40


@pytest.mark.parametrize("bad", [b"", b"no image", encoded(Image.new("RGB", (8, 8)))[:40]])
def test_bytes_that_are_no_image_are_refused_by_number(bad: bytes) -> None:
    good = encoded(Image.new("RGB", (8, 8), "red"))
    with pytest.raises(ValueError, match=r"Reference 2 is not an image"):
        paint("sea", seed=1, width=64, height=64, palette_from=opened(good, bad))
    with pytest.raises(ValueError, match=r"Reference 2 is not an image"):
        paint(
            "sea",
            seed=1,
            width=64,
            height=64,
            palette_from=opened(good),
            composition_from=opened(bad),
        )


@pytest.mark.parametrize("content", BROKEN_CAMERA_JPEGS.values(), ids=BROKEN_CAMERA_JPEGS.keys())
def test_broken_exif_is_refused_whatever_pillow_says_of_it(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"Reference 1 is not an image"):
        paint("sea", seed=1, width=64, height=64, palette_from=opened(content))


def test_a_decompression_bomb_is_refused() -> None:
    bomb = encoded(Image.new("1", (9000, 9000)))
    with pytest.raises(ValueError, match=r"Reference 1 is not an image"):
        paint("sea", seed=1, width=64, height=64, palette_from=opened(bomb))
