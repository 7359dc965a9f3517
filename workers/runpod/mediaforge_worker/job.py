"""One job from its input to its answer: read, fetch, render, save, report, answer."""

import hashlib
import tempfile
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from mediaforge_worker import log
from mediaforge_worker.answer import Answer, error_answer, inline_answer, stored_answer
from mediaforge_worker.errors import StoppedError, WorkerError, rejected, unavailable
from mediaforge_worker.lent import LentFiles
from mediaforge_worker.naming import output_path, output_stem
from mediaforge_worker.pipelines import (
    Pipeline,
    Rendered,
    RenderRequest,
    VideoWish,
    choose_pipeline,
)
from mediaforge_worker.progress import Progress, Tell
from mediaforge_worker.report import NoReport, Report, Reports
from mediaforge_worker.request import (
    VIDEO_DURATION_S,
    VIDEO_FPS,
    Frame,
    JobInput,
    Reference,
    has_uploads,
    read_identity,
    read_input,
)
from mediaforge_worker.settings import Settings
from mediaforge_worker.storage import CloudStorage, Files, StorageError

# What diffusers calls the weights when it saves them into a folder.
LORA_FILE = "pytorch_lora_weights.safetensors"
# The weights of this many brands are kept on the worker's disk, which is small: a worker may run for days.
LORAS_KEPT = 3


class Worker:
    """All that outlives a job: the settings, the loaded models, the clients. One job at a time."""

    def __init__(self, settings: Settings, files: Files | None = None) -> None:
        self._settings = settings
        self._files = files or CloudStorage(settings)
        self._reports = Reports(settings)
        self._scratch = Path(tempfile.mkdtemp(prefix="worker-"))
        self._loras: list[Path] = []  # on the disk, in the order of their last use

    def run(
        self,
        job: Mapping[str, Any],
        tell: Tell = lambda _: None,
        checkpoint: Callable[[], None] = lambda: None,
    ) -> Answer:
        """The job's answer, or `{"error": {code, message, kind}}`; after a bug it also asks for a fresh
        worker.

        `tell` is called with the progress, 0 to 1. `checkpoint` is called often, and may raise StoppedError
        to end the job: the only exception that `run` raises.
        """
        job_id, payload = str(job.get("id", "")), job.get("input")
        report = self._report(payload, job_id)
        try:
            return self._answered(payload, report, tell, checkpoint)
        except WorkerError as error:
            log.info("job.refused", job_id=job_id, code=error.code, kind=error.kind)
            report.fail(error)
            return error_answer(error)
        except StoppedError:
            log.info("job.stopped", job_id=job_id)
            report.fail(unavailable("stopped", "The job was stopped before it was done."))
            raise
        except Exception as error:
            log.bug("job.broken", error, job_id=job_id)
            broken = unavailable("worker-broken", "The worker could not do this; see its log.")
            report.fail(broken)
            # The loaded model may be broken, too: after a CUDA error every later call fails.
            return {**error_answer(broken), "refresh_worker": True}

    def _report(self, payload: object, job_id: str) -> Report:
        """The job's report. A caller who says where the files are to be put tells listeners itself: then
        there is none."""
        identity = None if has_uploads(payload) else read_identity(payload)
        return NoReport() if identity is None else self._reports.of(identity.document_path, job_id)

    def _answered(
        self, payload: object, report: Report, tell: Tell, checkpoint: Callable[[], None]
    ) -> Answer:
        wanted = read_input(payload, self._settings.origins)
        files = LentFiles(wanted.uploads, self._settings) if wanted.is_lent else self._files
        report.begin()
        progress = Progress(
            [tell, report.progress],
            every_s=self._settings.progress_every_s,
            checkpoint=checkpoint,
        )
        request = self._fetched(wanted, files)
        model = self._pipeline.model(wanted.media_type)
        delivery = Delivery(files, wanted)
        for rendered in self._pipeline.render(request, progress):
            delivery.take(rendered)
        answer = delivery.answer(model)
        report.complete(_generation_data(wanted, delivery, model))
        return answer

    @cached_property
    def _pipeline(self) -> Pipeline:
        return choose_pipeline(self._settings)

    def _fetched(self, wanted: JobInput, files: Files) -> RenderRequest:
        """The request with its references, frames and weights loaded."""
        self._check_weights(wanted)
        width_px, height_px = wanted.size_px
        loaded = [
            (one.mode, _loaded(files, one, f"references[{index}].path"))
            for index, one in enumerate(wanted.references)
        ]
        return RenderRequest(
            prompt=wanted.prompt,
            negative_prompt=wanted.negative_prompt,
            style=wanted.style,
            width_px=width_px,
            height_px=height_px,
            count=wanted.count,
            seed=wanted.seed,
            style_only=tuple(one for mode, one in loaded if mode == "style_only"),
            style_and_composition=tuple(one for mode, one in loaded if mode != "style_only"),
            lora=self._weights(wanted, files),
            lora_scale=wanted.lora_scale,
            trigger=wanted.lora_trigger,
            steps=wanted.steps,
            guidance_scale=wanted.guidance_scale,
            video=_video(files, wanted) if wanted.is_video else None,
        )

    def _check_weights(self, wanted: JobInput) -> None:
        """Before anything is fetched or loaded: weights for another model are of no use to this one."""
        base = wanted.lora_base
        if base is not None and not self._pipeline.fits(wanted.media_type, base):
            raise rejected(
                "lora-wrong-base", "lora_base: these weights were trained for another model."
            )

    def _weights(self, wanted: JobInput, files: Files) -> Path | None:
        """The brand's weights on the disk. The file's name is made of the address without its signature, so
        that a later job with the same brand finds the file, and one with another brand does not."""
        if wanted.lora_uri is None:
            return None
        source = wanted.lora_address or _weights_uri(wanted.lora_uri)
        name = source.partition("?")[0] if wanted.lora_address else source
        target = self._scratch / f"{hashlib.sha256(name.encode()).hexdigest()}.safetensors"
        if target in self._loras:
            self._loras.remove(target)
        else:
            self._make_room()
            _download(files, source, target)
        self._loras.append(target)
        return target

    def _make_room(self) -> None:
        while len(self._loras) >= LORAS_KEPT:
            self._loras.pop(0).unlink(missing_ok=True)


def _video(files: Files, wanted: JobInput) -> VideoWish:
    first, last = wanted.first_frame, wanted.last_frame
    return VideoWish(
        duration_s=wanted.duration_seconds or VIDEO_DURATION_S,
        fps=wanted.fps or VIDEO_FPS,
        has_audio=bool(wanted.generate_audio),
        first_frame=_loaded(files, first, "first_frame.path") if first else None,
        last_frame=_loaded(files, last, "last_frame.path") if last else None,
    )


def _loaded(files: Files, picture: Reference | Frame, field: str) -> bytes:
    try:
        content = files.load(picture.address or picture.path)
    except StorageError as error:
        raise unavailable("storage-unavailable", f"{field}: {error}.") from error
    if content is None:
        raise rejected("reference-missing", f"{field}: there is no such file.")
    return content


def _weights_uri(uri: str) -> str:
    return uri if uri.endswith(".safetensors") else f"{uri.rstrip('/')}/{LORA_FILE}"


def _download(files: Files, source: str, target: Path) -> None:
    arriving = target.with_suffix(".part")
    try:
        is_there = files.download(source, arriving)
        if is_there:
            arriving.replace(target)
    except StorageError as error:
        raise unavailable("storage-unavailable", f"lora_uri: {error}.") from error
    finally:
        # Otherwise the part of a failed download would stay on the disk for ever.
        arriving.unlink(missing_ok=True)
    if not is_there:
        raise rejected("lora-missing", "lora_uri: there is no such file.")


class Delivery:
    """Saves each file as it comes, and keeps it in memory: if the bucket fails, even at the last file, all
    files are returned in the answer instead."""

    def __init__(self, files: Files, wanted: JobInput) -> None:
        self._files = files
        self._wanted = wanted
        self._stem = output_stem(wanted)
        self._rendered: list[Rendered] = []
        self.paths: list[str] = []
        self.urls: list[str] = []
        self.storage_error: str | None = None

    @property
    def is_stored(self) -> bool:
        wanted = self._wanted
        has_place = bool(wanted.uploads) or not wanted.is_lent
        return wanted.use_cloud_storage and has_place and self.storage_error is None

    def take(self, rendered: Rendered) -> None:
        index = len(self._rendered)
        self._rendered.append(rendered)
        if not self.is_stored:
            return
        path = output_path(self._stem, index, self._wanted.count, rendered.extension)
        try:
            url = self._files.save(path, rendered.content, rendered.content_type)
            self.urls += [] if url is None else [url]
            self.paths.append(path)
        except StorageError as error:
            self.storage_error = str(error)
            self.paths, self.urls = [], []
            log.warning("storage.failed", reason=self.storage_error)

    def answer(self, model: str) -> Answer:
        seed = self._wanted.seed
        if not self._rendered:
            raise unavailable("nothing-rendered", "The model returned nothing.")
        if not self.is_stored:
            return inline_answer(self._rendered, seed, model, self.storage_error)
        content_type = self._rendered[0].content_type
        return stored_answer(self._files.bucket, self.paths, content_type, seed, model)


def _generation_data(wanted: JobInput, delivery: Delivery, model: str) -> dict[str, Any]:
    """The document's `generation_data`, as clients read it. It has no addresses where the answer holds the
    files, which the caller stores itself."""
    made: dict[str, Any] = {
        "storage_paths": delivery.paths,
        "model": model,
        "provider": "runpod",
        "seed": wanted.seed,
    }
    if delivery.storage_error:
        made["storage_error"] = delivery.storage_error
    if not wanted.is_video:
        return {"image_urls": delivery.urls, **made}
    return {
        "video_url": delivery.urls[0] if delivery.urls else None,
        "fps": wanted.fps or VIDEO_FPS,
        "duration_seconds": wanted.duration_seconds or VIDEO_DURATION_S,
        **made,
    }
