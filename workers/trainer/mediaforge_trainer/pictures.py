"""The pictures of a brand as a training set. The bytes are a stranger's: only the guarded decoder of the
functions opens them, which the container has a copy of."""

import hashlib
from collections.abc import Sequence

from PIL import Image, ImageOps

from mediaforge.providers.decoding import open_picture
from mediaforge_trainer import store
from mediaforge_trainer.errors import UnusableError
from mediaforge_trainer.order import PICTURES_MIN


def load(references: Sequence[str], edge_px: int) -> tuple[list[Image.Image], list[str]]:
    """The different pictures as squares, with a digest of each. Raises UnusableError where one is missing or
    cannot be read, or where there are too few."""
    found: dict[str, Image.Image] = {}
    for number, address in enumerate(references):
        content = store.read(address)
        if content is None:
            raise UnusableError(f"picture {number} is not there")
        digest = hashlib.sha256(content).hexdigest()
        if digest not in found:
            found[digest] = _square(content, number, edge_px)
    if len(found) < PICTURES_MIN:
        raise UnusableError(f"{len(found)} different pictures are too few")
    return list(found.values()), list(found)


def _square(content: bytes, number: int, edge_px: int) -> Image.Image:
    try:
        picture = open_picture(content).convert("RGB")
    except ValueError as error:
        raise UnusableError(f"picture {number} cannot be read") from error
    return ImageOps.fit(picture, (edge_px, edge_px), Image.Resampling.LANCZOS)
