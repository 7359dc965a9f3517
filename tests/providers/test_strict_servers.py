"""The protocol servers refuse what the real services refuse: so a test notices what would fail there."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import httpx
import pytest
from google.genai import types
from google.genai._api_client import BaseApiClient
from google.genai.models import _GenerateVideosParameters_to_vertex

from mediaforge.providers.vertex.client import client
from protocols import custom_jobs
from protocols.bodies import VeoInstance, VeoParameters
from protocols.runpod import what_is_wrong
from protocols.vertex import GEMINI_KEY, normalised
from tests.providers.conftest import Vertex

Json = dict[str, Any]
PRO, OMNI, VEO = "gemini-3-pro-image", "gemini-omni-1.2-flash", "veo-3.1-generate-001"
PNG = "iVBORw0KGgoAAAANSUhEUg=="
FILE = {"fileData": {"fileUri": "gs://b/1.png", "mimeType": "image/png"}}
FRAME = {"gcsUri": "gs://b/1.png", "mimeType": "image/png"}
PICTURE = {"type": "image", "mime_type": "image/png", "uri": "gs://b/1.png"}
CLIP = {"type": "video", "mime_type": "video/mp4", "uri": "gs://b/1.mp4"}
IMAGE: Json = {
    "contents": [{"role": "user", "parts": [{"text": "a cat"}, FILE]}],
    "generationConfig": {
        "seed": 1,
        "responseModalities": ["IMAGE"],
        "imageConfig": {"aspectRatio": "16:9", "imageSize": "2K"},
    },
}
FILM: Json = {
    "instances": [{"prompt": "waves"}],
    "parameters": {
        "sampleCount": 1,
        "durationSeconds": 8,
        "aspectRatio": "16:9",
        "resolution": "1080p",
        "seed": 1,
        "storageUri": "gs://b/out/",
    },
}
INTERACTION: Json = {
    "model": OMNI,
    "background": True,
    "store": True,
    "generation_config": {"video_config": {"task": "text_to_video"}, "seed": 1},
    "input": [{"type": "user_input", "content": [{"type": "text", "text": "waves"}]}],
    "response_format": {
        "type": "video",
        "aspect_ratio": "16:9",
        "duration": "15s",
        "resolution": "4k",
        "delivery": "uri",
        "gcs_uri": "gs://b/out/",
    },
}


def _post(vertex: Vertex, path: str, body: Json, **headers: str) -> httpx.Response:
    known = headers or {"Authorization": "Bearer test-token"}
    return httpx.post(f"{vertex.settings.endpoint}{path}", json=body, headers=known, timeout=60)


def _published(location: str, model: str, verb: str) -> str:
    return f"/v1beta1/projects/p/locations/{location}/publishers/google/models/{model}:{verb}"


def _draw(vertex: Vertex, body: Json, model: str = PRO, at: str = "global") -> httpx.Response:
    return _post(vertex, _published(at, model, "generateContent"), body)


def _film(vertex: Vertex, body: Json, model: str = VEO, at: str = "us-central1") -> httpx.Response:
    return _post(vertex, _published(at, model, "predictLongRunning"), body)


def _interact(vertex: Vertex, body: Json, at: str = "global") -> httpx.Response:
    return _post(vertex, f"/v1beta1/projects/p/locations/{at}/interactions", body)


SENDS: dict[str, tuple[Callable[[Vertex, Json], httpx.Response], Json]] = {
    "image": (_draw, IMAGE),
    "veo": (_film, FILM),
    "omni": (_interact, INTERACTION),
}


def _changed(body: Json, path: str, value: object) -> Json:
    """The body with a value at a path like `contents.0.parts`."""
    changed: Any = deepcopy(body)
    *steps, last = [int(step) if step.isdecimal() else step for step in path.split(".")]
    target: Any = changed
    for step in steps:
        target = target[step]
    if value is None:
        target.pop(last)
    else:
        target[last] = value
    return dict(changed)


@pytest.mark.parametrize("name", SENDS)
def test_what_is_right_is_taken(vertex: Vertex, name: str) -> None:
    send, body = SENDS[name]
    assert send(vertex, body).status_code == 200


WRONG: list[tuple[str, str, object, str]] = [
    ("image", "foo", 1, 'Unknown name "foo": Cannot'),
    ("image", "generationConfig.foo", 1, "Unknown name \"foo\" at 'generation_config'"),
    ("image", "generationConfig.imageConfig.foo", 1, "at 'generation_config.image_config'"),
    ("image", "contents.0.parts.0.foo", 1, "at 'contents[0].parts[0]'"),
    ("image", "generationConfig.imageConfig.aspectRatio", "7:5", "7:5 is not supported"),
    ("image", "generationConfig.imageConfig.aspectRatio", "1:8", "1:8 is not supported"),
    ("image", "generationConfig.imageConfig.imageSize", "9K", "9K is not supported"),
    ("image", "generationConfig.imageConfig.imageSize", "512", "512 is not supported"),
    ("image", "generationConfig.seed", 2**31, "seed"),
    ("image", "generationConfig.candidateCount", 9, "Multiple candidates is not enabled"),
    ("image", "generationConfig.thinkingConfig", {"thinkingLevel": "ULTRA"}, "thinking_level'"),
    ("image", "generationConfig.thinkingConfig", {"thinkingLevel": ["LOW"]}, "thinking_level'"),
    ("image", "contents.0.parts", [{"text": "x"}, *[FILE] * 15], "At most 14 images"),
    ("image", "contents.0.parts.1.fileData.mimeType", "image/tiff", "Unsupported MIME type"),
    ("image", "contents.0.parts.1.fileData.fileUri", "ftp://b/1.png", "Invalid file URI"),
    (
        "image",
        "contents.0.parts.1",
        {"inlineData": {"data": "bm90IGEgcGljdHVyZQ==", "mimeType": "image/png"}},
        "not valid",
    ),
    ("image", "contents.0.parts", [], "text parameter"),
    ("veo", "foo", 1, 'Unknown name "foo"'),
    ("veo", "instances.0.foo", 1, "at 'instances[0]'"),
    ("veo", "parameters.foo", 1, "at 'parameters'"),
    ("veo", "parameters.durationSeconds", 5, "5 is not supported"),
    ("veo", "parameters.resolution", "8k", "8k is not supported"),
    ("veo", "parameters.aspectRatio", "1:1", "1:1 is not supported"),
    ("veo", "parameters.fps", 99, "99 is not supported"),
    ("veo", "parameters.sampleCount", 50, "between 1 and 4"),
    ("veo", "parameters.seed", -5, "seed"),
    ("veo", "parameters.pubsubTopic", "films", "pubsubTopic must have the form"),
    ("veo", "parameters.pubsubTopic", "projects/p/topics/a", "pubsubTopic must have the form"),
    ("veo", "parameters.pubsubTopic", "projects/p/topics/google-x", "pubsubTopic must have"),
    ("veo", "parameters.storageUri", "ftp://b/", "Cloud Storage"),
    ("veo", "parameters.personGeneration", "everybody", "is not supported"),
    ("veo", "instances.0", {"prompt": "x", "lastFrame": FRAME}, "A last frame needs"),
    ("veo", "instances.0", {"image": {**FRAME, "mimeType": "image/gif"}}, "mimeType"),
    ("veo", "instances.0", {"prompt": "x", "image": {"mimeType": "image/png"}}, "Exactly one of"),
    ("veo", "instances.0", {"prompt": "x", "image": FRAME, "video": FRAME}, "cannot be combined"),
    ("veo", "instances.0", {}, "has to be set"),
    (
        "veo",
        "instances.0.referenceImages",
        [{"image": FRAME, "referenceType": "ASSET"}] * 4,
        "At most 3",
    ),
    ("veo", "instances.0.referenceImages", [{"image": FRAME, "referenceType": "STYLE"}], "STYLE"),
    (
        "veo",
        "instances.0",
        {"prompt": "x", "image": FRAME, "referenceImages": [{"image": FRAME, "referenceType": "ASSET"}]},
        "cannot be combined",
    ),
    ("omni", "foo", 1, 'Unknown name "foo"'),
    ("omni", "response_format.foo", 1, "at 'response_format'"),
    ("omni", "generation_config.video_config.foo", 1, "at 'generation_config.video_config'"),
    ("omni", "response_format.duration", "99s", "99s is not supported"),
    ("omni", "response_format.duration", "8", "8 is not supported"),
    ("omni", "response_format.resolution", "8k", "8k is not supported"),
    ("omni", "response_format.aspect_ratio", "1:1", "1:1 is not supported"),
    ("omni", "response_format.gcs_uri", None, "requires gcs_uri"),
    ("omni", "store", False, "requires store"),
    ("omni", "generation_config.video_config.task", "image_to_video", "needs an image"),
    ("omni", "generation_config.video_config.task", "dance", "is not supported"),
    ("omni", "generation_config.video_config.task", "edit", "edit needs exactly one video"),
    ("omni", "generation_config.video_config.task", "extend", "extend needs exactly one video"),
    ("omni", "generation_config.video_config.task", "upscale", "upscale needs exactly one video"),
    ("omni", "generation_config.thinking_level", "ultra", "thinking_level ultra is not supported"),
    ("omni", "input.0.content", [{"type": "text", "text": "x"}, CLIP], "takes no video"),
    ("omni", "input.0.content", [{"type": "text", "text": "x"}, PICTURE], "takes no image"),
    (
        "omni",
        "input.0.content",
        [{"type": "text", "text": "x"}, {**PICTURE, "mime_type": "image/tiff"}],
        "Unsupported MIME type",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "path", "value", "said"), WRONG)
def test_what_is_wrong_is_refused(
    vertex: Vertex, name: str, path: str, value: object, said: str
) -> None:
    send, body = SENDS[name]
    refused = send(vertex, _changed(body, path, value))
    error = refused.json()["error"]
    assert (refused.status_code, error["code"], error["status"]) == (400, 400, "INVALID_ARGUMENT")
    assert said in error["message"]


@pytest.mark.parametrize(
    ("name", "path", "value"),
    [
        ("image", "generationConfig.candidateCount", 0),
        ("image", "generationConfig.candidateCount", 1),
        ("image", "generationConfig.thinkingConfig", {"thinkingLevel": "HIGH"}),
        ("veo", "parameters.pubsubTopic", "projects/my-app/topics/films.made"),
        ("veo", "parameters.pubsubTopic", "projects/123456789/topics/films.made"),
        ("omni", "generation_config.thinking_level", "low"),
    ],
)
def test_what_is_right_beside_it_is_taken(
    vertex: Vertex, name: str, path: str, value: object
) -> None:
    send, body = SENDS[name]
    assert send(vertex, _changed(body, path, value)).status_code == 200


def _interaction(task: str, *shown: Json) -> Json:
    content = [{"type": "text", "text": "x"}, *shown]
    body = _changed(INTERACTION, "input.0.content", content)
    body = _changed(body, "response_format.duration", "8s")
    return _changed(body, "generation_config.video_config.task", task)


def test_a_task_has_as_many_pictures_and_videos_as_it_takes(vertex: Vertex) -> None:
    for taken in (
        _interaction("image_to_video", PICTURE, PICTURE),
        _interaction("reference_to_video", *[PICTURE] * 6),
        _interaction("edit", CLIP, PICTURE),
        _interaction("extend", CLIP),
        _interaction("edit") | {"previous_interaction_id": "v1_abc"},
    ):
        assert _interact(vertex, taken).status_code == 200
    for refused, said in (
        (_interaction("image_to_video", *[PICTURE] * 6), "At most 2 images"),
        (_interaction("reference_to_video", *[PICTURE] * 7), "At most 6 images"),
        (_interaction("image_to_video", PICTURE, CLIP), "takes no video"),
        (_interaction("extend", CLIP, CLIP), "exactly one video"),
    ):
        answer = _interact(vertex, refused)
        assert answer.status_code == 400
        assert said in answer.json()["error"]["message"]


def test_an_unknown_field_is_named_as_the_service_names_it(vertex: Vertex) -> None:
    error = _draw(vertex, _changed(IMAGE, "size", "2K")).json()["error"]
    assert error["message"] == (
        'Invalid JSON payload received. Unknown name "size": Cannot find field.'
    )
    (detail,) = error["details"]
    assert detail["@type"] == "type.googleapis.com/google.rpc.BadRequest"


@pytest.mark.parametrize("at", ["mars", "us-central1"])
def test_a_model_is_where_it_is(vertex: Vertex, at: str) -> None:
    assert _draw(vertex, IMAGE, at=at).status_code == 404
    assert _interact(vertex, INTERACTION, at=at).status_code == 404
    assert _film(vertex, FILM, at="global").status_code == 404


def test_a_size_belongs_to_its_model(vertex: Vertex) -> None:
    small = _changed(IMAGE, "generationConfig.imageConfig.imageSize", "512")
    assert _draw(vertex, small, model="gemini-3.1-flash-image").status_code == 200
    assert _draw(vertex, small, model="gemini-nano-banana-2.1").status_code == 400
    large = _changed(FILM, "parameters.resolution", "4k")
    assert _film(vertex, large).status_code == 200
    assert _film(vertex, large, model="veo-3.1-lite-generate-001").status_code == 400


def test_a_film_with_references_or_frames_has_its_own_lengths(vertex: Vertex) -> None:
    reference = [{"image": FRAME, "referenceType": "ASSET"}]
    with_references = _changed(FILM, "instances.0.referenceImages", reference)
    assert _film(vertex, with_references).status_code == 200
    shorter = _changed(with_references, "parameters.durationSeconds", 4)
    assert "must be 8" in _film(vertex, shorter).json()["error"]["message"]
    framed = _changed(INTERACTION, "input.0.content", [{"type": "text", "text": "x"}, PICTURE])
    framed = _changed(framed, "generation_config.video_config.task", "image_to_video")
    assert "at most 10s" in _interact(vertex, framed).json()["error"]["message"]
    assert _interact(vertex, _changed(framed, "response_format.duration", "10s")).status_code == 200


MP4 = {"gcsUri": "gs://b/1.mp4", "mimeType": "video/mp4"}


def test_a_film_that_is_extended_has_the_length_that_there_is(vertex: Vertex) -> None:
    extending = _changed(
        _changed(FILM, "instances.0.video", MP4), "parameters.durationSeconds", None
    )
    assert _film(vertex, extending).status_code == 200
    assert _film(vertex, _changed(extending, "parameters.durationSeconds", 7)).status_code == 200
    for path, value in (
        ("parameters.durationSeconds", 8),
        ("parameters.resolution", "4k"),
        ("instances.0.video.mimeType", "video/webm"),
        ("instances.0.lastFrame", FRAME),
        ("instances.0.image", FRAME),
    ):
        assert _film(vertex, _changed(extending, path, value)).status_code == 400, path


def test_what_the_sdk_sends_of_all_its_options_is_known_here_and_nothing_else(
    vertex: Vertex,
) -> None:
    """The SDK has no types for what Veo gets; so ours are compared with what it makes of its own."""
    picture = types.Image(gcs_uri="gs://b/1.png", mime_type="image/png")
    config = types.GenerateVideosConfig(
        number_of_videos=1,
        output_gcs_uri="gs://b/",
        fps=24,
        duration_seconds=8,
        seed=1,
        aspect_ratio="16:9",
        resolution="720p",
        person_generation="allow_adult",
        pubsub_topic="projects/p/topics/t",
        negative_prompt="x",
        enhance_prompt=True,
        generate_audio=True,
        last_frame=picture,
        reference_images=[
            types.VideoGenerationReferenceImage(
                image=picture, reference_type=types.VideoGenerationReferenceType.ASSET
            )
        ],
        mask=types.VideoGenerationMask(
            image=picture, mask_mode=types.VideoGenerationMaskMode.OUTPAINT
        ),
        compression_quality=types.VideoCompressionQuality.LOSSLESS,
        resize_mode=types.ImageResizeMode.CROP,
        labels={"a": "b"},
    )
    source = types.GenerateVideosSource(
        prompt="x", image=picture, video=types.Video(uri="gs://b/v")
    )
    unset = {"webhook_config", "http_options"}
    assert {
        n for n in types.GenerateVideosConfig.model_fields if getattr(config, n) is None
    } == unset
    api: BaseApiClient = client(vertex.of_veo)._api_client
    made = normalised(
        _GenerateVideosParameters_to_vertex(
            api, types._GenerateVideosParameters(model=VEO, source=source, config=config)
        )
    )
    assert set(made["instances"][0]) == set(VeoInstance.model_fields)
    assert set(made["parameters"]) == set(VeoParameters.model_fields)


# ---- with a key -----------------------------------------------------------------------------------


def test_the_gemini_api_takes_its_key_and_no_other(vertex: Vertex) -> None:
    path = f"/v1beta/models/{PRO}:generateContent"
    body = _changed(IMAGE, "contents.0.parts", [{"text": "a cat"}])
    sent = {"x-goog-api-key": GEMINI_KEY}
    assert _post(vertex, path, body, **sent).status_code == 200
    wrong = _post(vertex, path, body, **{"x-goog-api-key": "wrong"})
    assert wrong.status_code == 400
    assert wrong.json()["error"]["details"][0]["reason"] == "API_KEY_INVALID"
    assert _post(vertex, path, body, Authorization="Bearer test-token").status_code == 403


@pytest.mark.parametrize("model", ["gemini-3.1-flash-image", VEO, "nobody"])
def test_the_gemini_api_has_its_own_models(vertex: Vertex, model: str) -> None:
    path, sent = f"/v1beta/models/{model}:generateContent", {"x-goog-api-key": GEMINI_KEY}
    assert _post(vertex, path, IMAGE, **sent).status_code == 404


def test_the_gemini_api_reads_no_files_in_storage(vertex: Vertex) -> None:
    path, sent = f"/v1beta/models/{PRO}:generateContent", {"x-goog-api-key": GEMINI_KEY}
    refused = _post(vertex, path, IMAGE, **sent)
    assert "Unsupported file URI" in refused.json()["error"]["message"]
    stored = {**IMAGE, "outputConfig": {"outputUriPrefix": "gs://b/"}}
    refused = _post(vertex, path, stored, **sent)
    assert 'Unknown name "output_config"' in refused.json()["error"]["message"]


# ---- trainings, and RunPod -----------------------------------------------------------------------------


JOB: Json = {
    "displayName": "a brand",
    "jobSpec": {
        "workerPoolSpecs": [
            {
                "machineSpec": {"machineType": "g2-standard-8"},
                "replicaCount": "1",
                "containerSpec": {"imageUri": "trainers/lora:1"},
            }
        ]
    },
}


@pytest.mark.parametrize(
    ("field", "said"), [("gpu", "no field named"), ("replicaCount", "workerPoolSpecs")]
)
def test_a_training_is_the_sdk_s_message(field: str, said: str) -> None:
    jobs = "/v1/projects/demo/locations/us-central1/customJobs"
    ask = custom_jobs.create_app().test_client()
    assert ask.post(jobs, json=JOB).status_code == 200
    wrong = deepcopy(JOB)
    wrong["jobSpec"]["workerPoolSpecs"][0][field] = "many"
    refused = ask.post(jobs, json=wrong)
    assert refused.status_code == 400
    assert said in refused.text


def _training(location: str = "us-central1", **machine: object) -> Json:
    """The answer to a training on that machine."""
    job = deepcopy(JOB)
    job["jobSpec"]["workerPoolSpecs"][0]["machineSpec"].update(machine)
    ask = custom_jobs.create_app().test_client()
    answer = ask.post(f"/v1/projects/demo/locations/{location}/customJobs", json=job)
    return dict(answer.get_json())


@pytest.mark.parametrize(
    ("location", "machine", "said"),
    [
        ("mars", {}, "The location mars is not supported"),
        ("global", {}, "The location global is not supported"),
        ("us-central1", {"machineType": "toaster-9"}, "'toaster-9' is not supported"),
        ("us-central1", {"machineType": "g2-standard-many"}, "is not supported"),
        ("us-central1", {"machineType": ""}, "is not supported"),
        (
            "us-central1",
            {"acceleratorType": "NVIDIA_TESLA_T4", "acceleratorCount": 1},
            "cannot have 1 of accelerator 5",
        ),
        ("us-central1", {"acceleratorType": 11}, "cannot have 0 of accelerator 11"),
        ("us-central1", {"acceleratorType": 500, "acceleratorCount": 1}, "cannot have 1 of"),
    ],
)
def test_a_training_is_where_and_on_what_there_is(location: str, machine: Json, said: str) -> None:
    error = _training(location, **machine)["error"]
    assert (error["code"], error["status"]) == (400, "INVALID_ARGUMENT")
    assert said in error["message"]


def test_a_training_has_a_gpu_by_its_name_or_its_number() -> None:
    for gpu in ("NVIDIA_L4", 11):
        assert "error" not in _training(acceleratorType=gpu, acceleratorCount=1)
    on_a100 = {"machineType": "a2-highgpu-1g", "acceleratorType": 8, "acceleratorCount": 1}
    assert "error" not in _training("europe-west4", **on_a100)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"inputs": {}}, "unknown field inputs"),
        ({"policy": {"executionTimeOut": 9_000}}, "unknown field policy.executionTimeOut"),
    ],
)
def test_runpod_takes_the_fields_that_it_has(body: Json, said: str) -> None:
    answer = what_is_wrong({"input": {"prompt": "a cat"}} | body, size_bytes=100)
    assert answer == said
