"""What is known of open models: how each is loaded, how many steps it wants, and whose weights fit it.

A model that is not listed is loaded with the settings that its environment names, and with the pipeline's
own steps. Sources: the examples of diffusers 0.42.1 (`EXAMPLE_DOC_STRING` of each pipeline), and the models'
cards.
"""

from dataclasses import dataclass

FLUX2_KLEIN = "black-forest-labs/FLUX.2-klein-4B"
SDXL = "stabilityai/stable-diffusion-xl-base-1.0"
WAN = "Wan-AI/Wan2.1-T2V-1.3B-Diffusers"


@dataclass(frozen=True, slots=True)
class Profile:
    """`family`: weights that were trained on one model of a family fit them all. `steps` and `guidance_scale`
    are None where the pipeline's own defaults are meant. `vae_dtype` is None where the VAE is loaded like the
    rest. `variant` is the name of the files that hold the halved weights, where a model has such."""

    family: str
    steps: int | None = None
    guidance_scale: float | None = None
    dtype: str = "bfloat16"
    vae_dtype: str | None = None
    variant: str | None = None


_PROFILES = {
    # Distilled: a few steps, and guidance is part of the weights.
    FLUX2_KLEIN: Profile("flux2-klein-4b", steps=4, guidance_scale=1.0),
    "black-forest-labs/FLUX.2-klein-base-4B": Profile("flux2-klein-4b"),
    "Tongyi-MAI/Z-Image-Turbo": Profile("z-image", steps=8, guidance_scale=0.0),
    "Tongyi-MAI/Z-Image": Profile("z-image"),
    "Qwen/Qwen-Image": Profile("qwen-image"),
    # 30 of the pipeline's 50 steps: the last twenty change little, and are paid for.
    SDXL: Profile("sdxl", steps=30, dtype="float16", variant="fp16"),
    # Its example keeps the VAE at 32 bits: at 16 it bands.
    WAN: Profile("wan2.1-1.3b", vae_dtype="float32"),
}


def profile_of(model_id: str) -> Profile:
    """An unknown model is a family of its own."""
    if (known := _PROFILES.get(model_id)) is not None:
        return known
    return Profile(model_id, vae_dtype="float32" if model_id.startswith("Wan-AI/") else None)
