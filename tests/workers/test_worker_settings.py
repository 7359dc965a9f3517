"""The container's environment: what is missing is a fact, what is wrong is named."""

import json

import pytest

from mediaforge_worker.settings import DEFAULT_MODEL_ID, SettingsError, read_settings

KEY = {"project_id": "p", "client_email": "w@p.iam", "private_key": "secret-key-material"}


def test_an_empty_environment_is_a_worker_without_a_bucket() -> None:
    settings = read_settings({})
    assert (settings.bucket, settings.service_account) == (None, None)
    assert settings.key_problem == "FIREBASE_SERVICE_ACCOUNT_KEY is not set"
    assert (settings.model_id, settings.model_variant) == (DEFAULT_MODEL_ID, "fp16")


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
    assert (settings.project, settings.bucket, settings.model_variant) == ("p", "bucket", None)
    assert "secret-key-material" not in repr(settings)


@pytest.mark.parametrize("name", ["PIPELINE", "STORAGE_LIMIT_S", "VIDEO_FRAMES_MAX"])
def test_a_setting_that_cannot_be_is_named(name: str) -> None:
    with pytest.raises(SettingsError, match=name):
        read_settings({name: "many"})
