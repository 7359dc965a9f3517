"""The container's environment: what is missing is a fact, what is wrong is named."""

import json

import pytest

from mediaforge_worker.models import FLUX2_KLEIN, SDXL, Profile
from mediaforge_worker.pipelines.gpu import DiffusersPipeline
from mediaforge_worker.settings import (
    DEFAULT_MODEL_ID,
    Chosen,
    Settings,
    SettingsError,
    read_settings,
)

KEY = {"project_id": "p", "client_email": "w@p.iam", "private_key": "secret-key-material"}


def test_an_empty_environment_is_a_worker_without_a_bucket() -> None:
    settings = read_settings({})
    assert (settings.bucket, settings.service_account) == (None, None)
    assert settings.key_problem == "FIREBASE_SERVICE_ACCOUNT_KEY is not set"
    image = settings.image_model
    assert (image.id, image.profile.steps, image.profile.guidance_scale) == (
        DEFAULT_MODEL_ID,
        4,
        1.0,
    )
    assert settings.video_model.profile.vae_dtype == "float32"


def test_a_known_model_brings_what_is_known_of_it() -> None:
    profile = read_settings({"MODEL_ID": SDXL}).image_model.profile
    assert (profile.steps, profile.dtype, profile.variant) == (30, "float16", "fp16")
    assert (profile.guidance_scale, profile.vae_dtype) == (None, None)


def test_the_environment_says_more_than_is_known() -> None:
    said = {"STEPS": "12", "GUIDANCE": "0", "DTYPE": "float32", "VAE_DTYPE": "bfloat16"}
    said |= {"FAMILY": "house", "VARIANT": "small"}
    for prefix, media_type in (("MODEL", "image"), ("VIDEO_MODEL", "video")):
        environment = {f"{prefix}_{name}": value for name, value in said.items()}
        model = read_settings({f"{prefix}_ID": "somebody/model", **environment}).model(media_type)
        assert model.id == "somebody/model"
        assert model.profile == Profile("house", 12, 0.0, "float32", "bfloat16", "small")


def test_weights_fit_the_family_they_were_trained_in() -> None:
    klein, sdxl = (Settings(image_model=Chosen.of(each)) for each in (FLUX2_KLEIN, SDXL))
    fits = [DiffusersPipeline(each).fits for each in (klein, sdxl)]
    base = "black-forest-labs/FLUX.2-klein-base-4B"
    assert [each("image", base) for each in fits] == [True, False]
    assert [each("image", SDXL) for each in fits] == [False, True]
    own = DiffusersPipeline(Settings(image_model=Chosen.of("somebody/model")))
    assert own.fits("image", "somebody/model")
    assert not own.fits("image", "somebody/other")
    assert not own.fits("video", "somebody/model")


@pytest.mark.parametrize("text", ["{", "[]", "null", "{}", '{"private_key": "k"}'])
def test_a_key_that_is_none_is_a_problem_and_not_a_crash(text: str) -> None:
    settings = read_settings({"FIREBASE_SERVICE_ACCOUNT_KEY": text})
    assert settings.service_account is None
    assert settings.key_problem is not None
    assert text not in settings.key_problem


def test_a_key_brings_its_project_and_is_not_shown() -> None:
    settings = read_settings(
        {
            "FIREBASE_SERVICE_ACCOUNT_KEY": json.dumps(KEY),
            "FIREBASE_STORAGE_BUCKET": "gs://bucket/",
            "MODEL_ID": "somebody/model",
        }
    )
    assert (settings.project, settings.bucket) == ("p", "bucket")
    assert settings.image_model == Chosen("somebody/model", Profile("somebody/model"))
    assert "secret-key-material" not in repr(settings)


@pytest.mark.parametrize(
    "name", ["PIPELINE", "STORAGE_LIMIT_S", "VIDEO_FRAMES_MAX", "MODEL_STEPS", "VIDEO_MODEL_DTYPE"]
)
def test_a_setting_that_cannot_be_is_named(name: str) -> None:
    with pytest.raises(SettingsError, match=name):
        read_settings({name: "many"})
