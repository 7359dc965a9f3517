"""The answer's shapes, and that files in it stay under RunPod's limit."""

import base64
import io

import pytest
from PIL import Image

from mediaforge_worker.answer import RESULT_BYTES_MAX, fitting, inline_answer, stored_answer
from mediaforge_worker.errors import WorkerError
from mediaforge_worker.pipelines import Rendered


def noise(edge_px: int) -> Rendered:
    """A picture that PNG cannot make small."""
    image = Image.effect_noise((edge_px, edge_px), 90).convert("RGB")
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return Rendered(buffer.getvalue(), "png", "image/png")


def test_stored_files_are_told_by_their_paths() -> None:
    assert stored_answer("b", ["p.png"], "image/png", 3, "m") == {
        "bucket": "b",
        "storage_paths": ["p.png"],
        "content_type": "image/png",
        "seed": 3,
        "model": "m",
    }


def test_files_that_fit_are_returned_as_they_are() -> None:
    file = Rendered(b"content", "png", "image/png")
    answer = inline_answer([file], 3, "m", "Cloud Storage: Forbidden")
    assert base64.b64decode(answer["files"][0]["base64"]) == b"content"
    assert answer["files"][0]["content_type"] == "image/png"
    assert answer["storage_error"] == "Cloud Storage: Forbidden"
    assert "storage_error" not in inline_answer([file], 3, "m", None)


def test_images_that_do_not_fit_are_compressed_as_little_as_needed() -> None:
    files = [noise(1600)] * 4
    assert sum(len(file.content) for file in files) > RESULT_BYTES_MAX
    smaller = fitting(files)
    assert {file.content_type for file in smaller} <= {"image/webp", "image/jpeg"}
    assert sum(len(base64.b64encode(file.content)) for file in smaller) < RESULT_BYTES_MAX
    with Image.open(io.BytesIO(smaller[0].content)) as image:
        assert image.size == (1600, 1600)


def test_a_video_that_does_not_fit_is_an_error_that_says_so() -> None:
    with pytest.raises(WorkerError) as refused:
        inline_answer([Rendered(bytes(8_000_000), "mp4", "video/mp4")], 1, "m", "no")
    assert (refused.value.code, refused.value.kind) == ("result-too-large", "unavailable")


def test_images_that_fit_in_no_way_are_an_error_too() -> None:
    with pytest.raises(WorkerError):
        fitting([noise(64)], bytes_max=100)
