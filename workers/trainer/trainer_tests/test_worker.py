"""The product's worker with a model that draws: what reaches the picture of a long prompt, and what reaches
a log."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PIL import Image

from trainer_tests.conftest import drawn, png, request_of, worker

Models = Callable[[str], Path]
LONG = "a lighthouse at dusk, " * 10  # a letter is a token: three chunks
POISON = "poisoned-prompt-3f9a"


def test_each_style_of_a_long_prompt_gives_another_picture(models: Models) -> None:
    own = worker(models("sdxl"))
    pictures = [drawn(own, LONG, style=style) for style in ("oil on canvas", "pixel art", None)]
    assert len(set(pictures)) == 3


def test_the_end_of_a_long_prompt_is_read_too(models: Models) -> None:
    own = worker(models("sdxl"))
    assert drawn(own, f"{LONG} red") != drawn(own, f"{LONG} blue")


def test_the_end_of_a_long_negative_prompt_is_read_too(models: Models) -> None:
    own = worker(models("sdxl"), guidance_scale=5.0)
    red, blue = (drawn(own, negative_prompt=f"{LONG} {colour}") for colour in ("red", "blue"))
    assert red != blue
    assert drawn(own, LONG, negative_prompt="") != drawn(own, LONG, negative_prompt="grey")


def test_a_prompt_that_fits_is_read_as_diffusers_reads_it(models: Models) -> None:
    """Else every picture of an earlier version would change."""
    own = worker(models("sdxl"))
    picture = drawn(own, "a lighthouse")
    pipeline = own._image_model
    direct = pipeline(
        "a lighthouse",
        width=64,
        height=64,
        num_inference_steps=2,
        generator=torch.Generator("cpu").manual_seed(7),
    ).images[0]
    assert Image.open(io.BytesIO(picture)).tobytes() == direct.tobytes()


@pytest.mark.parametrize("family", ["sdxl", "flux2-klein"])
def test_no_word_of_a_user_reaches_a_log(
    family: str, models: Models, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    own = worker(models(family))
    drawn(own, f"{LONG * 6} {POISON}", style=POISON, negative_prompt=f"{LONG} {POISON}")
    said = capfd.readouterr()
    assert "model.loaded" in said.out
    assert POISON not in f"{said.out}{said.err}{caplog.text}"
    assert "truncated" not in said.err


def test_flux_sees_every_reference(models: Models) -> None:
    own = worker(models("flux2-klein"))
    red, blue = png((200, 10, 10)), png((10, 10, 200))
    pictures = {
        drawn(own),
        drawn(own, style_only=(red,)),
        drawn(own, style_only=(red, blue)),
        drawn(own, style_only=(red,), style_and_composition=(blue,)),
    }
    assert len(pictures) == 4


def test_the_models_own_steps_are_taken_and_a_request_may_ask_for_others(models: Models) -> None:
    own = worker(models("sdxl"), steps=3)
    shares: list[float] = []
    for asked in (request_of(), request_of(steps=2)):
        list(own.render(asked, shares.append))
    assert [round(share, 2) for share in shares] == [0.33, 0.67, 1.0, 1.0, 0.5, 1.0, 1.0]


def test_the_autoencoder_has_a_precision_of_its_own(models: Models) -> None:
    own = worker(models("sdxl"), dtype="bfloat16", vae_dtype="float32")
    model = own._image_model
    assert (model.unet.dtype, model.vae.dtype) == (torch.bfloat16, torch.float32)
    assert model.text_encoder.dtype == torch.bfloat16
