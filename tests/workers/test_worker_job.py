"""A whole job, with the built-in renderer and a bucket in memory."""

import base64
import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from mediaforge_worker.job import LORA_FILE, LORAS_KEPT, Worker
from mediaforge_worker.models import SDXL
from mediaforge_worker.pipelines import RenderRequest
from mediaforge_worker.pipelines.gpu import DiffusersPipeline
from mediaforge_worker.settings import Chosen, Settings
from mediaforge_worker.storage import StorageError
from tests.workers.jobs import image_job, video_job

POISON = "poisoned-prompt-3f9a"


def picture(colour: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (32, 32), colour).save(buffer, "PNG")
    return buffer.getvalue()


class MemoryFiles:
    """`takes` is how many files the bucket takes before it fails."""

    bucket = "bucket"

    def __init__(self, takes: int = 100, **files: bytes) -> None:
        self.files: dict[str, bytes] = {f"references/{name}": one for name, one in files.items()}
        self.downloads: list[str] = []
        self.weights_on_disk: list[int] = []  # as each download begins
        self._takes = takes

    def save(self, path: str, content: bytes, content_type: str) -> str:
        if self._takes == 0:
            raise StorageError("Cloud Storage: Forbidden")
        self._takes -= 1
        self.files[path] = content
        return f"https://files.test/{path}"

    def load(self, path: str) -> bytes | None:
        if self._takes == 0:
            raise StorageError("Cloud Storage: Forbidden")
        return self.files.get(path)

    def download(self, uri: str, target: Path) -> bool:
        self.downloads.append(uri)
        self.weights_on_disk.append(len(list(target.parent.iterdir())))
        target.write_bytes(b"weights")
        if "broken" in uri:
            raise StorageError("Cloud Storage: Timeout")
        return "missing" not in uri


def worker(files: MemoryFiles, **settings: Any) -> Worker:
    return Worker(Settings(pipeline="local", progress_every_s=0, **settings), files)


def run(files: MemoryFiles, payload: object) -> dict[str, Any]:
    return worker(files).run({"id": "j1", "input": payload})


def test_files_go_to_their_fixed_names_and_a_repeat_overwrites_them() -> None:
    files = MemoryFiles()
    first, second = (run(files, image_job(count=2)) for _ in range(2))
    assert first == second
    assert first == {
        "bucket": "bucket",
        "storage_paths": ["generating/ann/image/f1_0.png", "generating/ann/image/f1_1.png"],
        "content_type": "image/png",
        "seed": 7,
        "model": "local-image",
    }
    assert sorted(files.files) == first["storage_paths"]
    assert files.files[first["storage_paths"][0]] != files.files[first["storage_paths"][1]]


@pytest.mark.parametrize(("seed", "seeds"), [(7, [7, 8]), (2**31 - 1, [2**31 - 1, 0])])
def test_each_image_has_the_next_seed_and_after_the_largest_comes_0(
    seed: int, seeds: list[int]
) -> None:
    inline = {"use_cloud_storage": False}
    several = run(MemoryFiles(), image_job(seed=seed, count=2, **inline))["files"]
    alone = [run(MemoryFiles(), image_job(seed=each, **inline))["files"][0] for each in seeds]
    assert several == alone


def test_a_bucket_that_fails_at_the_last_file_gives_all_of_them_back() -> None:
    answer = run(MemoryFiles(takes=1), image_job(count=2))
    assert len(answer["files"]) == 2
    assert answer["storage_error"] == "Cloud Storage: Forbidden"
    assert base64.b64decode(answer["files"][1]["base64"]).startswith(b"\x89PNG")
    assert "storage_paths" not in answer


def test_who_wants_no_bucket_gets_the_files() -> None:
    files = MemoryFiles()
    answer = run(files, image_job(use_cloud_storage=False))
    assert files.files == {}
    assert set(answer) == {"files", "seed", "model"}


def test_references_change_what_is_painted() -> None:
    files = MemoryFiles(red=picture("red"))
    reference = {"path": "references/red", "mode": "style_only"}
    run(files, image_job(file_uid="plain"))
    run(files, image_job(file_uid="borrowed", references=[reference]))
    assert (
        files.files["generating/ann/image/plain.png"]
        != (files.files["generating/ann/image/borrowed.png"])
    )


@pytest.mark.parametrize(
    ("takes", "changes", "code", "kind", "named"),
    [
        (
            9,
            {"references": [{"path": "no"}]},
            "reference-missing",
            "rejected",
            "references[0].path",
        ),
        (9, {"references": [{"path": "references/bad"}]}, "reference-unreadable", "rejected", ""),
        (
            0,
            {"references": [{"path": "no"}]},
            "storage-unavailable",
            "unavailable",
            "references[0]",
        ),
        (9, {"lora_uri": "gs://b/missing"}, "lora-missing", "rejected", "lora_uri"),
        (9, {"lora_uri": "gs://b/broken"}, "storage-unavailable", "unavailable", "lora_uri"),
    ],
)
def test_what_cannot_be_fetched_ends_the_job(
    takes: int, changes: dict[str, Any], code: str, kind: str, named: str
) -> None:
    error = run(MemoryFiles(takes, bad=b"no image"), image_job(**changes))["error"]
    assert (error["code"], error["kind"]) == (code, kind)
    assert error["message"].startswith(named)


def test_weights_are_fetched_once_by_a_worker() -> None:
    files = MemoryFiles()
    own = worker(files)
    for _ in range(2):
        own.run({"id": "j", "input": image_job(lora_uri="gs://b/brands/b1/model/")})
    assert files.downloads == [f"gs://b/brands/b1/model/{LORA_FILE}"]


def test_weights_for_another_model_are_refused_before_anything_is_fetched() -> None:
    files = MemoryFiles()
    own = worker(files)
    own._pipeline = DiffusersPipeline(Settings(image_model=Chosen.of(SDXL)))
    changes = {"lora_uri": "gs://b/brand", "references": [{"path": "no"}]}
    job = image_job(**changes, lora_base="black-forest-labs/FLUX.2-klein-base-4B")
    error = own.run({"id": "j", "input": job})["error"]
    assert (error["code"], error["kind"]) == ("lora-wrong-base", "rejected")
    assert files.downloads == []


def test_what_a_model_reads_first_is_the_brand_and_its_style() -> None:
    wish: dict[str, Any] = {
        "negative_prompt": "",
        "width_px": 64,
        "height_px": 64,
        "count": 1,
        "seed": 1,
    }
    whole = RenderRequest("a lighthouse", style="oil on canvas", trigger="mfqxz", **wish)
    assert whole.words == "mfqxz, oil on canvas, a lighthouse"
    assert RenderRequest("a lighthouse", style=None, **wish).words == "a lighthouse"
    assert RenderRequest("a lighthouse", style="", **wish).words == "a lighthouse"


def wear(own: Worker, *brands: str) -> None:
    for brand in brands:
        own.run({"id": "j", "input": image_job(lora_uri=f"gs://b/{brand}.safetensors")})


def test_the_weights_used_last_are_kept_and_the_others_deleted_before_more_come() -> None:
    files = MemoryFiles()
    own = worker(files)
    first, *others = [f"brand{number}" for number in range(LORAS_KEPT)]
    wear(own, first, *others, first, "one-more")
    files.downloads.clear()
    wear(own, first, "one-more")
    assert files.downloads == []
    wear(own, *others)
    assert files.downloads[0] == f"gs://b/{others[0]}.safetensors"
    assert max(files.weights_on_disk) == LORAS_KEPT - 1


def test_what_came_of_weights_that_failed_to_come_is_deleted() -> None:
    files = MemoryFiles()
    own = worker(files)
    wear(own, "missing", "broken1", "broken2", "good")
    assert files.weights_on_disk == [0, 0, 0, 0]


def test_a_gpu_that_is_not_there_is_unavailable_and_not_a_painting() -> None:
    own = Worker(Settings(pipeline="diffusers"), MemoryFiles())
    error = own.run({"id": "j", "input": image_job()})["error"]
    assert (error["code"], error["kind"]) == ("no-gpu", "unavailable")


def test_a_bug_tells_nobody_the_prompt_and_asks_for_a_fresh_worker(
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Broken(MemoryFiles):
        def save(self, path: str, content: bytes, content_type: str) -> str:
            raise RuntimeError(POISON)

    answer = run(Broken(), image_job(prompt=POISON))
    assert answer["error"]["code"] == "worker-broken"
    assert answer["refresh_worker"] is True
    assert POISON not in f"{answer}{capsys.readouterr().out}"


def test_a_video_is_told_by_its_path() -> None:
    files = MemoryFiles()
    answer = run(files, video_job())
    assert answer["storage_paths"] == ["generating/ann/video/f1.mp4"]
    assert (answer["content_type"], answer["model"]) == ("video/mp4", "local-video")
    assert files.files["generating/ann/video/f1.mp4"][4:8] == b"ftyp"
