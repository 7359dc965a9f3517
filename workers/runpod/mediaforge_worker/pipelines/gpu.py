"""Diffusers on the worker's GPU. Models are loaded when the first request needs them, and stay loaded.

With SDXL, references go through IP-Adapters, each only into the layers that carry what is wanted of it (after
InstantStyle). A model that takes pictures beside the words (FLUX.2) gets all of them, and is told what each
is for. With any other model, image-to-image starts from the first reference.
"""

import inspect
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any

from PIL import Image

from mediaforge_worker import log
from mediaforge_worker.errors import rejected, unavailable
from mediaforge_worker.models import profile_of
from mediaforge_worker.pipelines import OnProgress, Rendered, RenderRequest, VideoWish
from mediaforge_worker.pipelines.long_prompts import embedded, is_read_in_chunks
from mediaforge_worker.pipelines.lora import Wardrobe
from mediaforge_worker.pipelines.pictures import fitted, mp4, opened, png, rounded_up, shown
from mediaforge_worker.pipelines.quiet import quiet
from mediaforge_worker.settings import Chosen, Settings

BLOCK_PX = 16
# The U-Net's blocks that carry style, and those that carry composition.
STYLE_LAYERS = {"up": {"block_0": [0.0, 1.0, 0.0]}}
STYLE_AND_LAYOUT_LAYERS = {"down": {"block_2": [0.0, 1.0]}, **STYLE_LAYERS}
IP_ADAPTER_FOLDER, IP_ADAPTER_FILE = "sdxl_models", "ip-adapter_sdxl.safetensors"
# The share, of 1, of a reference that image-to-image may paint over.
STRENGTH_STYLE, STRENGTH_COMPOSITION = 0.85, 0.6
# A rule of the video models: after the first frame they take frames by fours.
FRAMES_PACKED = 4

Arguments = dict[str, Any]


class DiffusersPipeline:
    """`device` is where the models live: `cuda`, or for a trial with a tiny model `cpu`."""

    def __init__(self, settings: Settings, device: str = "cuda") -> None:
        self._settings = settings
        self._device = device
        self._adapters = 0
        self._wardrobe = Wardrobe()

    def model(self, media_type: str) -> str:
        return self._settings.model(media_type).id

    def fits(self, media_type: str, base_model: str) -> bool:
        chosen = self._settings.model(media_type)
        return base_model == chosen.id or profile_of(base_model).family == chosen.profile.family

    def render(self, request: RenderRequest, on_progress: OnProgress) -> Iterator[Rendered]:
        import torch  # noqa: PLC0415

        try:
            if request.video is None:
                yield from self._images(request, on_progress)
            else:
                yield self._film(request, request.video, on_progress)
        except torch.cuda.OutOfMemoryError:
            torch.cuda.empty_cache()
            raise unavailable("out-of-memory", "The GPU's memory is too small for this.") from None

    # ---- images ---------------------------------------------------------------------------------

    def _images(self, request: RenderRequest, on_progress: OnProgress) -> Iterator[Rendered]:
        self._wardrobe.change(self._image_model, request.lora, request.lora_scale)
        call, guides = self._guided(request)
        guides |= self._told(request)
        size_px = request.width_px, request.height_px
        for index in range(request.count):
            arguments = self._arguments(request, index, on_progress) | guides
            drawn: Image.Image = call(**_accepted(call, arguments)).images[0]
            yield Rendered(png(fitted(drawn, size_px)), "png", "image/png")
        on_progress(1.0)

    def _guided(self, request: RenderRequest) -> tuple[Callable[..., Any], Arguments]:
        """The pipeline to call, and the arguments by which it uses the references."""
        model, groups = self._image_model, _groups(request)
        if not groups or self._takes_adapters:
            self._use_adapters(len(groups))
            if not groups:
                return model, {}
            model.set_ip_adapter_scale([layers for _, layers in groups])
            return model, {"ip_adapter_image": [images for images, _ in groups]}
        if self._takes_pictures:
            return model, {"image": [image for images, _ in groups for image in images]}
        return self._image_to_image(request)

    def _told(self, request: RenderRequest) -> Arguments:
        """The words, as the model reads them."""
        if is_read_in_chunks(self._image_model):
            long = embedded(self._image_model, request.words, request.negative_prompt)
            return long or _words(request)
        return _words(request, _uses(request) if self._takes_pictures else [])

    def _image_to_image(self, request: RenderRequest) -> tuple[Callable[..., Any], Arguments]:
        import diffusers  # noqa: PLC0415

        composed = request.style_and_composition
        first = opened([*composed, *request.style_only][0])
        size_px = rounded_up((request.width_px, request.height_px), BLOCK_PX)
        strength = STRENGTH_COMPOSITION if composed else STRENGTH_STYLE
        guides = {"image": fitted(first, size_px), "strength": strength}
        model = self._image_model
        # The dtype is passed explicitly: otherwise the weights, which both pipelines share, would be cast to
        # 32 bits.
        return diffusers.AutoPipelineForImage2Image.from_pipe(model, dtype=model.dtype), guides

    @cached_property
    def _image_model(self) -> Any:
        import diffusers  # noqa: PLC0415

        return self._loaded(diffusers.AutoPipelineForText2Image, self._settings.image_model)

    @property
    def _takes_adapters(self) -> bool:
        is_sdxl = type(self._image_model).__name__.startswith("StableDiffusionXL")
        return is_sdxl and self._settings.ip_adapter_id is not None

    @property
    def _takes_pictures(self) -> bool:
        """Whether the model that draws from words takes pictures beside them."""
        return "image" in inspect.signature(self._image_model.__call__).parameters

    def _use_adapters(self, count: int) -> None:
        """Loads exactly `count` adapters: a model needs images for all of its adapters."""
        if count == self._adapters:
            return
        if self._adapters:
            self._image_model.unload_ip_adapter()
            self._adapters = 0
        if count:
            self._image_model.load_ip_adapter(
                self._settings.ip_adapter_id,
                subfolder=[IP_ADAPTER_FOLDER] * count,
                weight_name=[IP_ADAPTER_FILE] * count,
                cache_dir=self._settings.ip_adapter_home,
            )
            self._image_model.to(self._device)
            self._adapters = count

    # ---- videos ---------------------------------------------------------------------------------

    def _film(self, request: RenderRequest, video: VideoWish, on_progress: OnProgress) -> Rendered:
        if video.has_audio:
            raise rejected("audio-unsupported", "This model makes silent videos only.")
        model = self._video_model
        self._wardrobe.change(model, request.lora, request.lora_scale)
        wanted = video.duration_s * video.fps
        drawable = min(wanted, self._settings.video_frames_max)
        arguments = self._arguments(request, 0, on_progress) | {
            **_words(request),
            "num_frames": drawable // FRAMES_PACKED * FRAMES_PACKED + 1,
            "image": _frame(model, "image", "first_frame", video.first_frame),
            "last_image": _frame(model, "last_image", "last_frame", video.last_frame),
            "output_type": "pil",
        }
        frames = model(**_accepted(model, arguments)).frames[0]
        size_px = request.width_px, request.height_px
        return Rendered(mp4(shown(frames, wanted, size_px), video.fps), "mp4", "video/mp4")

    @cached_property
    def _video_model(self) -> Any:
        import diffusers  # noqa: PLC0415

        return self._loaded(diffusers.DiffusionPipeline, self._settings.video_model)

    # ---- both -----------------------------------------------------------------------------------

    def _loaded(self, loader: Any, chosen: Chosen) -> Any:
        import torch  # noqa: PLC0415

        quiet()
        profile = chosen.profile
        dtype = getattr(torch, profile.dtype)
        if profile.vae_dtype is not None:
            dtype = {"default": dtype, "vae": getattr(torch, profile.vae_dtype)}
        log.info("model.loading", model=chosen.id)
        model = loader.from_pretrained(
            chosen.id, dtype=dtype, variant=profile.variant, use_safetensors=True
        )
        model.to(self._device)
        model.set_progress_bar_config(disable=True)
        log.info("model.loaded", model=chosen.id)
        return model

    def _arguments(self, request: RenderRequest, index: int, on_progress: OnProgress) -> Arguments:
        import torch  # noqa: PLC0415

        width, height = rounded_up((request.width_px, request.height_px), BLOCK_PX)
        profile = self._settings.model("video" if request.video else "image").profile
        guidance_scale = request.guidance_scale

        def tell(model: Any, step: int, _time: Any, tensors: Arguments) -> Arguments:
            steps = getattr(model, "num_timesteps", None) or arguments["num_inference_steps"]
            share = min(1.0, (step + 1) / steps) if steps else 0.0
            on_progress((index + share) / request.count)
            return tensors

        # What is None is left out: the pipeline has a default of its own.
        arguments = {
            "width": width,
            "height": height,
            "num_inference_steps": request.steps or profile.steps,
            "guidance_scale": profile.guidance_scale if guidance_scale is None else guidance_scale,
            # The generator is on the CPU, so that a seed means the same picture on every kind of GPU.
            "generator": torch.Generator("cpu").manual_seed(request.seed_of(index)),
            "callback_on_step_end": tell,
        }
        return arguments


def _groups(request: RenderRequest) -> list[tuple[list[Image.Image], Any]]:
    """The references grouped by what is taken from them, with the layers that carry it; empty groups are left
    out."""
    kinds = (
        (request.style_only, STYLE_LAYERS),
        (request.style_and_composition, STYLE_AND_LAYOUT_LAYERS),
    )
    return [([opened(one) for one in images], layers) for images, layers in kinds if images]


def _words(request: RenderRequest, before: Sequence[str] = ()) -> Arguments:
    return {
        "prompt": " ".join([*before, request.words]),
        "negative_prompt": request.negative_prompt or None,
    }


def _uses(request: RenderRequest) -> list[str]:
    """A sentence about each picture, in the order of `_groups`: the model has no field for what is wanted of
    it."""
    only, both = len(request.style_only), len(request.style_and_composition)
    return [
        *(f"Take only the style of image {n}, not its subject." for n in range(1, only + 1)),
        *(
            f"Follow the style and the composition of image {n}."
            for n in range(only + 1, only + both + 1)
        ),
    ]


def _frame(model: Any, parameter: str, field: str, content: bytes | None) -> Image.Image | None:
    """The given frame, if any. Raises WorkerError where the model cannot take one that is given, or needs one
    that is not."""
    known = inspect.signature(model.__call__).parameters.get(parameter)
    if content is not None and known is None:
        code = f"{field.replace('_', '-')}-unsupported"
        raise rejected(code, f"{field}: this model cannot be given one.")
    if content is None and known is not None and known.default is inspect.Parameter.empty:
        raise rejected(f"{field.replace('_', '-')}-missing", f"{field}: this model needs one.")
    return None if content is None else opened(content)


def _accepted(call: Any, arguments: Arguments) -> Arguments:
    """The arguments that this model takes: models differ, and an unknown argument is an error."""
    known = inspect.signature(call.__call__).parameters
    return {name: value for name, value in arguments.items() if name in known and value is not None}
