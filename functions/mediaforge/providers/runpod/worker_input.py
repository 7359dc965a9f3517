"""The `input` of `/run`: the request in the field names of our worker. The worker has no right of its own on
the project: for each file that it has to read or to write it gets an address that is good for that and
nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mediaforge.ports.media import Addresses
from mediaforge.ports.provider import ProviderRequest, ReferenceImage

_REFERENCES_MAX = 6  # the worker refuses a request with more
_WEIGHTS_FILE = "pytorch_lora_weights.safetensors"  # diffusers' name of the weights in a folder
_WEIGHTS_ENDING = ".safetensors"
# The file that a worker stores, by kind: extension, type, and the most bytes that it may have.
_STORED = {
    "image": ("png", "image/png", 64_000_000),
    "video": ("mp4", "video/mp4", 256_000_000),
}


@dataclass(frozen=True, slots=True)
class Lending:
    """Makes addresses that are each valid for `valid_s` seconds."""

    addresses: Addresses
    valid_s: int

    def read(self, path: str) -> str:
        return self.addresses.read_address(path, self.valid_s)

    def upload(self, path: str, content_type: str, bytes_max: int) -> dict[str, Any]:
        address = self.addresses.upload_address(path, content_type, bytes_max, self.valid_s)
        return {"address": address.url, "headers": dict(address.headers)}


def worker_input(request: ProviderRequest, lending: Lending) -> dict[str, Any]:
    """Paths are in our bucket. The worker adds the extension to `output_path`, and `_0`, `_1` … before it
    where more than one file is asked for. No user may read that path, because a file there is neither
    recorded nor paid for yet. Raises BusyError and SigningError."""
    return {
        "user_id": request.user_id,
        "file_uid": request.job_id,
        "media_type": request.kind,
        "use_cloud_storage": True,
        "prompt": request.prompt,
        "negative_prompt": request.negative_prompt,
        "model": request.model,
        "width": request.width_px,
        "height": request.height_px,
        "count": request.count,
        "seed": request.seed,
        "style": request.style,
        "references": [
            {"path": r.path, "mode": r.mode, "address": lending.read(r.path)}
            for r in _references(request)
        ],
        "output_path": _output_place(request)[1],
        "uploads": _uploads(request, lending),
        **_steps_input(request),
        **_video_input(request, lending),
        **_brand_input(request, lending),
    }


def output_bucket(request: ProviderRequest) -> str:
    return _output_place(request)[0]


def output_paths(request: ProviderRequest) -> list[str]:
    """Where the worker may store its files: one path in the attempt's own folder for each file asked for."""
    stem, extension = _output_place(request)[1], _STORED[request.kind][0]
    if request.count == 1:
        return [f"{stem}.{extension}"]
    return [f"{stem}_{index}.{extension}" for index in range(request.count)]


def _output_place(request: ProviderRequest) -> tuple[str, str]:
    """Our bucket, and the path in the attempt's own folder that each file's name begins with."""
    bucket, _, folder = request.scratch_uri.removeprefix("gs://").partition("/")
    return bucket, f"{folder.rstrip('/')}/file"


def _uploads(request: ProviderRequest, lending: Lending) -> list[dict[str, Any]]:
    _, content_type, bytes_max = _STORED[request.kind]
    return [lending.upload(path, content_type, bytes_max) for path in output_paths(request)]


def _references(request: ProviderRequest) -> Sequence[ReferenceImage]:
    """The request's own references. Where a brand's weights cannot be loaded, its references follow, as far
    as there is room."""
    brand = request.brand
    more = brand.references if brand and _weights_uri(request) is None else ()
    return [*request.references, *more][:_REFERENCES_MAX]


def _steps_input(request: ProviderRequest) -> dict[str, Any]:
    """What the catalogue does not say is the worker's own."""
    worker = request.worker
    if worker is None:
        return {}
    said = {"steps": worker.steps, "guidance_scale": worker.guidance_scale}
    return {name: value for name, value in said.items() if value is not None}


def _video_input(request: ProviderRequest, lending: Lending) -> dict[str, Any]:
    video = request.video
    if video is None:
        return {}
    frames = {"first_frame": video.first_frame, "last_frame": video.last_frame}
    return {
        "duration_seconds": video.duration_s,
        "fps": video.fps,
        "resolution": video.resolution,
        "generate_audio": video.has_audio,
        **{
            name: {"path": frame.path, "address": lending.read(frame.path)}
            for name, frame in frames.items()
            if frame
        },
    }


def _brand_input(request: ProviderRequest, lending: Lending) -> dict[str, Any]:
    uri = _weights_uri(request)
    if uri is None:
        return {}
    path = uri.removeprefix(_ours(request))
    if not path.endswith(_WEIGHTS_ENDING):
        path = f"{path.rstrip('/')}/{_WEIGHTS_FILE}"
    brand, worker = request.brand, request.worker
    of_training = {
        "lora_base": brand.base_model if brand else None,
        "lora_trigger": brand.trigger if brand else None,
    }
    return {
        "lora_uri": uri,
        "lora_address": lending.read(path),
        "lora_scale": worker.lora_scale if worker else 1.0,
        **{name: value for name, value in of_training.items() if value},
    }


def _weights_uri(request: ProviderRequest) -> str | None:
    """None where there is no brand with weights that can be lent. The built-in mock of a training makes no
    file (`local://…`), and for a file in a bucket that is not ours no address can be made."""
    uri = request.brand.model_uri if request.brand else None
    return uri if uri and uri.startswith(_ours(request)) else None


def _ours(request: ProviderRequest) -> str:
    return f"gs://{output_bucket(request)}/"
