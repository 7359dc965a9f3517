"""A job's answer: where its files are, or the files themselves, made small enough for RunPod's limit."""

import base64
import io
from collections.abc import Iterable, Sequence
from typing import Any

from mediaforge_worker.errors import WorkerError, unavailable
from mediaforge_worker.pipelines import Rendered

# RunPod takes results of up to 10 MB; the rest is room for what surrounds the files.
RESULT_BYTES_MAX = 9_500_000
FORMATS = (("WEBP", 92), ("WEBP", 80), ("JPEG", 75), ("JPEG", 50))

Answer = dict[str, Any]


def stored_answer(
    bucket: str | None, paths: Sequence[str], content_type: str, seed: int, model: str
) -> Answer:
    return {
        **({} if bucket is None else {"bucket": bucket}),
        "storage_paths": list(paths),
        "content_type": content_type,
        "seed": seed,
        "model": model,
    }


def inline_answer(
    files: Sequence[Rendered], seed: int, model: str, storage_error: str | None
) -> Answer:
    """Raises WorkerError `result-too-large` (unavailable) when the files cannot be made to fit."""
    encoded = [
        {"base64": base64.b64encode(file.content).decode(), "content_type": file.content_type}
        for file in fitting(files)
    ]
    answer: Answer = {"files": encoded, "seed": seed, "model": model}
    return answer if storage_error is None else {**answer, "storage_error": storage_error}


def error_answer(error: WorkerError) -> Answer:
    return {"error": {"code": error.code, "message": error.message, "kind": error.kind}}


def fitting(files: Sequence[Rendered], bytes_max: int = RESULT_BYTES_MAX) -> Sequence[Rendered]:
    """The files as they are, if they fit into one result; else, if all are images, compressed just enough to
    fit."""
    if _encoded_bytes(files) <= bytes_max:
        return files
    if all(file.content_type.startswith("image/") for file in files):
        for name, quality in FORMATS:
            smaller = [_recompressed(file, name, quality) for file in files]
            if _encoded_bytes(smaller) <= bytes_max:
                return smaller
    raise unavailable(
        "result-too-large",
        "Cloud Storage did not take the files, and they are too large to return.",
    )


def _encoded_bytes(files: Iterable[Rendered]) -> int:
    return sum((len(file.content) + 2) // 3 * 4 + 64 for file in files)


def _recompressed(file: Rendered, name: str, quality: int) -> Rendered:
    from mediaforge.providers.decoding import open_picture  # noqa: PLC0415 - where a file is too large

    buffer = io.BytesIO()
    open_picture(file.content).convert("RGB").save(buffer, name, quality=quality)
    return Rendered(buffer.getvalue(), name.lower(), f"image/{name.lower()}")
