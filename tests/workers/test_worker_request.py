"""Reading a job's input: what is taken, what is refused, and that each refusal names its field."""

from typing import Any

import pytest

from mediaforge.services.backend import Caller
from mediaforge.services.jobs.plans.references import check_picture
from mediaforge_worker.errors import WorkerError
from mediaforge_worker.request import Frame, JobInput, read_identity, read_input
from tests.workers.jobs import image_job, video_job, without

POISON = "poisoned-prompt-3f9a"


def refusal(payload: object) -> str:
    with pytest.raises(WorkerError) as refused:
        read_input(payload)
    assert (refused.value.code, refused.value.kind) == ("invalid-input", "rejected")
    return refused.value.message


def test_the_least_there_is_gets_defaults() -> None:
    least = {
        "user_id": "ann",
        "file_uid": "f1",
        "media_type": "image",
        "use_cloud_storage": True,
        "prompt": "a fox",
    }
    wanted = read_input(least)
    assert (wanted.size_px, wanted.count, wanted.references) == ((1024, 1024), 1, ())
    assert 0 <= wanted.seed < 2**31
    assert read_input({**least, "media_type": "video"}).size_px == (1280, 720)


def test_everything_there_is_can_be_given() -> None:
    wanted = read_input(
        video_job(
            negative_prompt="fog",
            model="runpod-video",
            style="watercolor",
            references=[{"path": "references/ann/a.png", "mode": "style_and_composition"}],
            output_path="generating/ann/video/f1",
            resolution="720p",
            generate_audio=True,
            first_frame={"path": "references/ann/b.png"},
            last_frame={"path": "references/ann/c.png"},
            lora_uri="gs://bucket/brands/b1/model",
            steps=20,
            guidance_scale=5,
        )
    )
    assert wanted.first_frame is not None
    assert wanted.references[0].mode == "style_and_composition"


def test_null_means_not_given() -> None:
    nothing = dict.fromkeys(("seed", "style", "lora_uri", "first_frame", "references", "count"))
    assert read_input(image_job(**nothing)).count == 1


@pytest.mark.parametrize(
    "name", ["user_id", "file_uid", "media_type", "use_cloud_storage", "prompt"]
)
def test_what_is_missing_is_named(name: str) -> None:
    assert refusal(without(image_job(), name)).startswith(f"{name}: ")


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("user_id", "ann/bob", "user_id"),
        ("user_id", "..", "user_id"),
        ("file_uid", "__f__", "file_uid"),
        ("media_type", "training", "media_type"),
        ("use_cloud_storage", "yes", "use_cloud_storage"),
        ("prompt", " ", "prompt"),
        ("prompt", "a \ud800", "prompt"),
        ("width", "64", "width"),
        ("width", 63, "width"),
        ("height", 5000, "height"),
        ("height", None, "width"),
        ("count", 5, "count"),
        ("count", True, "count"),
        ("seed", -1, "seed"),
        ("seed", 2**31, "seed"),
        ("references", [{"path": "../x", "mode": "style_only"}], "references[0].path"),
        ("references", [{"path": "a.png", "mode": "all"}], "references[0].mode"),
        ("references", [{"path": "a.png"}] * 7, "references"),
        ("references", [{"path": "a\n.png"}], "references[0].path"),
        ("references", [{"path": "a\x7f.png"}], "references[0].path"),
        ("references", [{"path": f"{'a' * 1021}.png"}], "references[0].path"),
        ("references", [{"path": f"{'é' * 511}.png"}], "references[0].path"),
        ("output_path", f"generating/{'a' * 1000}", "output_path"),
        ("output_path", "/generating/x", "output_path"),
        ("output_path", "generating//x", "output_path"),
        ("lora_uri", "https://example.com/x", "lora_uri"),
        ("fps", 24, "fps"),
        ("first_frame", {"path": "a.png"}, "first_frame"),
        ("surprise", 1, "surprise"),
    ],
)
def test_what_is_wrong_is_named(field: str, value: Any, named: str) -> None:
    assert refusal(image_job(**{field: value})).startswith(f"{named}: ")


CLOUD = "https://storage.googleapis.com/bucket/scratch/job1/1/file.png?X-Goog-Signature=ab"


def lent_job(address: str = CLOUD, **changes: Any) -> dict[str, Any]:
    return image_job(**{"uploads": [{"address": address}], **changes})


def test_a_lent_job_is_read() -> None:
    wanted = read_input(
        lent_job(
            uploads=[
                {"address": CLOUD, "headers": {"Content-Type": "image/png", "x-goog-a": "0,9"}}
            ],
            references=[{"path": "a.png", "address": CLOUD}],
            lora_uri="gs://b/brands/b1",
            lora_address=CLOUD,
        )
    )
    assert wanted.is_lent
    assert wanted.references[0].address == CLOUD
    assert not read_input(image_job(references=[{"path": "a.png"}])).is_lent


def test_an_address_is_not_shown_by_accident() -> None:
    wanted = read_input(lent_job(references=[{"path": "a.png", "address": CLOUD}]))
    assert "Signature" not in repr(wanted)


@pytest.mark.parametrize(
    "address",
    [
        "http://storage.googleapis.com/bucket/a.png",
        "https://storage.googleapis.com",
        "https://storage.googleapis.com.evil.test/bucket/a.png",
        "https://storage.googleapis.com@evil.test/bucket/a.png",
        "https://storage.googleapis.com:8443/bucket/a.png",
        "https://evil.test/https://storage.googleapis.com/a.png",
        "http://169.254.169.254/latest/meta-data",
        "http://127.0.0.1:9199/bucket/a.png",
        "https://localhost/a.png",
        "file:///etc/passwd",
        "gs://bucket/a.png",
        "//storage.googleapis.com/a.png",
        "https://storage.googleapis.com/a.png\r\nHost: evil.test",
        "https://storage.googleapis.com/" + "a" * 8_000,
        "",
    ],
)
def test_an_address_leads_to_cloud_storage_and_nowhere_else(address: str) -> None:
    """Of whoever may send requests, and of machines that only the worker can reach."""
    assert refusal(lent_job(address)).startswith("uploads[0].address: ")
    read = {"path": "a.png", "address": address}
    assert refusal(lent_job(references=[read])).startswith("references[0].address: ")
    lora = {"lora_uri": "gs://b/brands/b1", "lora_address": address}
    assert refusal(lent_job(**lora)).startswith("lora_address: ")


def test_an_emulator_is_asked_only_by_a_worker_that_was_told_of_it() -> None:
    emulator = "http://127.0.0.1:9199"
    read_input(lent_job(f"{emulator}/upload"), [emulator])
    assert refusal(lent_job(f"{emulator}/upload"))
    with pytest.raises(WorkerError):
        read_input(lent_job(f"{emulator}0/upload"), [emulator])


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer x"},
        {"Host": "evil.test"},
        {"Content-Type": "image/png\r\nHost: evil.test"},
        {"x-goog-a\r\nHost": "evil.test"},
        {"Content-Type": ""},
        {f"x-goog-{number}": "1" for number in range(9)},
    ],
)
def test_no_header_is_sent_but_what_a_signature_has(headers: dict[str, str]) -> None:
    upload = {"address": CLOUD, "headers": headers}
    assert refusal(lent_job(uploads=[upload])).startswith("uploads[0].headers")


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"count": 2}, "uploads: "),
        ({"uploads": [{"address": CLOUD}] * 2}, "uploads: "),
        ({"references": [{"path": "a.png"}]}, "references[0].address: "),
        ({"lora_uri": "gs://b/brands/b1"}, "lora_address: "),
        ({"lora_address": CLOUD}, "lora_address: "),
        ({"lora_base": "maker/model"}, "lora_base: "),
        ({"lora_trigger": "mfqxz"}, "lora_trigger: "),
        (
            {"uploads": [], "references": [{"path": "a", "address": CLOUD}, {"path": "b"}]},
            "references[1]",
        ),
    ],
)
def test_a_job_is_lent_all_of_it_or_nothing(changes: dict[str, Any], named: str) -> None:
    assert refusal(lent_job(**changes)).startswith(named)


@pytest.mark.parametrize(
    "name", ["a" * 1005, "é" * 502, "a\\b", "a b", "..a", "a..b", "\u2028", "%2F", "?#[]*"]
)
def test_a_path_that_the_backend_takes_is_taken(name: str) -> None:
    path = f"references/ann/{name}.png"
    caller, upload = Caller("ann"), Frame(path=path)
    assert check_picture(caller, "firstFrame", upload) == []
    wanted = read_input(video_job(first_frame={"path": path}, references=[{"path": path}]))
    assert (wanted.first_frame, wanted.references[0].path) == (upload, path)


@pytest.mark.parametrize(("field", "value"), [("count", 2), ("width", 65), ("duration_seconds", 0)])
def test_a_video_has_rules_of_its_own(field: str, value: int) -> None:
    assert refusal(video_job(**{field: value})).startswith(f"{field}: ")


@pytest.mark.parametrize("payload", [None, [], "x", 3, {}])
def test_what_is_no_request_is_refused(payload: object) -> None:
    assert refusal(payload)


def test_a_refusal_quotes_no_value() -> None:
    assert POISON not in refusal(image_job(prompt=f"{POISON} \ud800", width=POISON, style=[POISON]))


def test_a_refusal_tells_of_a_few_fields_only() -> None:
    told = refusal(image_job(**{f"surprise{number}": 1 for number in range(500)}))
    assert told.endswith("and 495 more.")
    assert len(told) < 1000


def test_the_document_is_known_where_the_request_is_not() -> None:
    identity = read_identity(image_job(width="wide"))
    assert identity is not None
    assert identity.document_path == "generations/ann/images/f1"
    assert read_identity({"user_id": "a/b", "file_uid": "f", "media_type": "image"}) is None


def test_an_input_and_its_identity_agree() -> None:
    wanted: JobInput = read_input(video_job())
    assert wanted.identity == read_identity(video_job())
