"""What a video shows, read once from its prompt: scene, colours, and the dice of every layer."""

import random
import unicodedata
from dataclasses import dataclass

from PIL import Image

from painter.painting.canvas import dice_from
from painter.painting.palette import Palette, choose_palette
from painter.painting.scene import Scene, read_scene


@dataclass(frozen=True)
class Script:
    """`key` is the one that the painter makes of the prompt and seed, so that a video shows the same picture
    as an image of the same words and seed. References are decoded and small."""

    prompt: str
    key: str
    scene: Scene
    palette: Palette
    palette_from: tuple[Image.Image, ...] = ()
    layout_from: tuple[Image.Image, ...] = ()

    def dice(self, layer: str) -> random.Random:
        return dice_from(self.key, "film", layer)


def read_script(
    prompt: str,
    seed: int,
    style: str | None,
    negative_prompt: str,
    palette_from: list[Image.Image],
    layout_from: list[Image.Image],
) -> Script:
    key = f"{' '.join(unicodedata.normalize('NFKC', prompt).casefold().split())}\x1f{seed}"
    scene = read_scene(prompt, style, negative_prompt)
    palette = choose_palette(scene, dice_from(key, "palette"))
    return Script(prompt, key, scene, palette, tuple(palette_from), tuple(layout_from))
