"""How each family of models is trained: what is prepared once, the loss of a step, and the file of weights.

After the example scripts of diffusers 0.42.1 (examples/dreambooth: train_dreambooth_lora_sdxl.py,
train_dreambooth_lora_flux2_klein.py); the methods of the pipelines that are called here are the pipelines'
own way from pictures and words to what the network reads.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import torch
from diffusers import (
    DDPMScheduler,
    DiffusionPipeline,
    Flux2KleinPipeline,
    StableDiffusionXLPipeline,
)
from diffusers.utils import convert_state_dict_to_diffusers
from peft import LoraConfig, get_peft_model_state_dict
from PIL import Image
from torch.nn.functional import mse_loss

from mediaforge_trainer.errors import MisconfiguredError


class Family(Protocol):
    """A base model with new weights in it. `network` is what learns; all else is let go once `prepare` has
    read the pictures and the words."""

    network: Any

    def prepare(self, pictures: Sequence[Image.Image], caption: str) -> None: ...

    def loss(self, indexes: Sequence[int], dice: torch.Generator) -> torch.Tensor:
        """Of one step over the pictures with these numbers. All chance comes from `dice`, which is on the
        CPU: so a step that is taken again is the same step."""
        ...

    def save(self, folder: Path) -> None:
        """Writes `pytorch_lora_weights.safetensors`."""
        ...


def load(base_model: str, rank: int, device: str) -> Family:
    """The base model with untrained weights of this rank: they change nothing yet. Raises
    MisconfiguredError."""
    kind = _kind_of(base_model)
    dtype = torch.bfloat16 if device == "cuda" else torch.float32
    # At 16 bits the autoencoder of SDXL overflows. It is used once for each picture, so 32 cost little.
    pipeline = kind.pipeline.from_pretrained(
        base_model, dtype={"default": dtype, "vae": torch.float32}, use_safetensors=True
    )
    return kind(pipeline.to(device), rank)


def _kind_of(base_model: str) -> "type[StableDiffusionXL | Flux2Klein]":
    from huggingface_hub.errors import (  # noqa: PLC0415
        GatedRepoError,
        HFValidationError,
        RepositoryNotFoundError,
    )

    try:
        config = DiffusionPipeline.load_config(base_model)
    except Exception as error:
        causes = (GatedRepoError, HFValidationError, RepositoryNotFoundError)
        if any(isinstance(each, causes) for each in _causes(error)):
            raise MisconfiguredError("there is no such base model, or no right to it") from error
        raise
    for kind in (StableDiffusionXL, Flux2Klein):
        if config["_class_name"] == kind.pipeline.__name__:
            return kind
    raise MisconfiguredError("the base model is of a family that this trainer does not know")


def _causes(error: BaseException | None) -> Sequence[BaseException]:
    return [] if error is None else [error, *_causes(error.__cause__ or error.__context__)]


def _with_new_weights(network: Any, rank: int) -> None:
    """Puts untrained weights beside every projection of attention. They are kept at 32 bits: at 16 a small
    step would be rounded away."""
    network.requires_grad_(requires_grad=False)
    targets = [
        name
        for name, module in network.named_modules()
        if isinstance(module, torch.nn.Linear) and ".attn" in name
    ]
    network.add_adapter(
        LoraConfig(r=rank, lora_alpha=rank, init_lora_weights="gaussian", target_modules=targets)
    )
    for parameter in network.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.float()
    network.enable_gradient_checkpointing()
    network.train()


def _as_tensor(picture: Image.Image) -> torch.Tensor:
    """1 x 3 x height x width, from -1 to 1."""
    flat = torch.frombuffer(bytearray(picture.tobytes()), dtype=torch.uint8)
    shaped = flat.view(1, picture.height, picture.width, 3).permute(0, 3, 1, 2)
    return shaped.float() / 127.5 - 1


class _Trained:
    """What the families share: the device, and noise that does not depend on it."""

    def __init__(self, pipeline: Any, network: Any, rank: int) -> None:
        self.network = network
        self._pipeline = pipeline
        # Read before the new weights, which have a precision of their own.
        self._device, self._dtype = network.device, network.dtype
        _with_new_weights(network, rank)

    def _noise(self, like: torch.Tensor, dice: torch.Generator) -> torch.Tensor:
        return torch.randn(like.shape, generator=dice).to(like.device, like.dtype)

    def _computing(self) -> Any:
        return torch.autocast("cuda", torch.bfloat16, enabled=self._device.type == "cuda")

    def _let_go(self, *names: str) -> None:
        self._pipeline.register_modules(**dict.fromkeys(names))
        if self._device.type == "cuda":
            torch.cuda.empty_cache()


class StableDiffusionXL(_Trained):
    """A U-Net that foretells the noise."""

    pipeline = StableDiffusionXLPipeline

    def __init__(self, pipeline: StableDiffusionXLPipeline, rank: int) -> None:
        super().__init__(pipeline, pipeline.unet, rank)
        self._noising = DDPMScheduler.from_config(pipeline.scheduler.config)

    def prepare(self, pictures: Sequence[Image.Image], caption: str) -> None:
        with torch.no_grad():
            self._read(pictures, caption)

    def _read(self, pictures: Sequence[Image.Image], caption: str) -> None:
        pipeline, vae = self._pipeline, self._pipeline.vae
        self._words, _, self._pooled, _ = pipeline.encode_prompt(
            caption, device=self._device, do_classifier_free_guidance=False
        )
        latents = [
            vae.encode(_as_tensor(each).to(self._device, vae.dtype)).latent_dist.mode()
            for each in pictures
        ]
        self._latents = torch.cat(latents) * vae.config.scaling_factor
        # Its size, where it was cropped, and the size that is wanted: whole squares.
        height, width = pictures[0].height, pictures[0].width
        sizes = [height, width, 0, 0, height, width]
        self._sizes = torch.tensor([sizes], device=self._device, dtype=self._words.dtype)
        self._let_go("vae", "text_encoder", "text_encoder_2")

    def loss(self, indexes: Sequence[int], dice: torch.Generator) -> torch.Tensor:
        latents = self._latents[list(indexes)]
        count, noising = len(indexes), self._noising
        noise = self._noise(latents, dice)
        steps = noising.config.num_train_timesteps
        times = torch.randint(steps, (count,), generator=dice).to(self._device)
        with self._computing():
            foretold = self.network(
                noising.add_noise(latents, noise, times),
                times,
                self._words.repeat(count, 1, 1),
                added_cond_kwargs={
                    "text_embeds": self._pooled.repeat(count, 1),
                    "time_ids": self._sizes.repeat(count, 1),
                },
            ).sample
        is_velocity = noising.config.prediction_type == "v_prediction"
        target = noising.get_velocity(latents, noise, times) if is_velocity else noise
        return mse_loss(foretold.float(), target.float())

    def save(self, folder: Path) -> None:
        layers = convert_state_dict_to_diffusers(get_peft_model_state_dict(self.network))
        self.pipeline.save_lora_weights(folder, unet_lora_layers=layers)


class Flux2Klein(_Trained):
    """A transformer that foretells the way from the picture to the noise."""

    pipeline = Flux2KleinPipeline

    def __init__(self, pipeline: Flux2KleinPipeline, rank: int) -> None:
        super().__init__(pipeline, pipeline.transformer, rank)

    def prepare(self, pictures: Sequence[Image.Image], caption: str) -> None:
        with torch.no_grad():
            self._read(pictures, caption)

    def _read(self, pictures: Sequence[Image.Image], caption: str) -> None:
        pipeline, vae = self._pipeline, self._pipeline.vae
        self._words, self._word_places = pipeline.encode_prompt(caption, device=self._device)
        encoded = [
            pipeline._encode_vae_image(_as_tensor(each).to(self._device, vae.dtype), None)
            for each in pictures
        ]
        latents = torch.cat(encoded)
        self._places = pipeline._prepare_latent_ids(latents[:1]).to(self._device)
        self._latents = pipeline._pack_latents(latents)
        self._let_go("vae", "text_encoder")

    def loss(self, indexes: Sequence[int], dice: torch.Generator) -> torch.Tensor:
        latents = self._latents[list(indexes)]
        count = len(indexes)
        noise = self._noise(latents, dice)
        # How much of it is noise: mostly about half, where there is most to learn.
        shares = torch.sigmoid(torch.randn(count, generator=dice)).to(self._device)
        share = shares.view(count, 1, 1).to(latents.dtype)
        with self._computing():
            foretold = self.network(
                hidden_states=((1 - share) * latents + share * noise).to(self._dtype),
                timestep=shares.to(self._dtype),
                guidance=None,
                encoder_hidden_states=self._words.repeat(count, 1, 1),
                txt_ids=self._word_places.repeat(count, 1, 1),
                img_ids=self._places.repeat(count, 1, 1),
                return_dict=False,
            )[0]
        return mse_loss(foretold.float(), (noise - latents).float())

    def save(self, folder: Path) -> None:
        layers = get_peft_model_state_dict(self.network)
        self.pipeline.save_lora_weights(folder, transformer_lora_layers=layers)
