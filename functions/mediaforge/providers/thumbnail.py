"""Small WebP previews of generated and uploaded images."""

import io
import struct
from typing import TYPE_CHECKING

from mediaforge.providers.media_type import FORMATS, PIXELS_MAX

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

THUMBNAIL_EDGE_PX_MAX = 512
QUALITY = 82


def thumbnail_webp(image: bytes, *, edge_px_max: int = THUMBNAIL_EDGE_PX_MAX) -> bytes:
    """A WebP no longer than edge_px_max on either edge; aspect and transparency kept, never larger.

    Raises ValueError for bytes that are no image of the formats that are opened, or one too large to decode.
    """
    # Every function pays at its cold start for what a module imports at its top.
    from PIL import Image, ImageOps  # noqa: PLC0415

    try:
        with Image.open(io.BytesIO(image), formats=FORMATS) as source:
            _refuse_too_large(source)
            source.draft("RGB", (edge_px_max, edge_px_max))
            if source.mode in ("RGB", "RGBA"):  # before it is copied: 4K pictures are large
                source.thumbnail((edge_px_max, edge_px_max), Image.Resampling.LANCZOS)
            upright = ImageOps.exif_transpose(source)
            # Palettes and 16-bit greys resize badly, and WebP holds neither.
            small = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    except (
        # What Pillow raises on broken or hostile bytes, its reading of EXIF included.
        OSError, SyntaxError, ValueError, TypeError, LookupError, AttributeError, EOFError, struct.error,
        Image.DecompressionBombError, Image.DecompressionBombWarning,
    ) as error:  # fmt: skip
        raise ValueError("not an image that can be read, or more than 50 megapixels") from error
    small.thumbnail((edge_px_max, edge_px_max), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.save(buffer, "WEBP", quality=QUALITY, method=4)
    return buffer.getvalue()


def _refuse_too_large(picture: "Picture") -> None:
    """Before it is decoded: a palette of a few bytes fills gigabytes."""
    if picture.width * picture.height > PIXELS_MAX:
        raise ValueError(f"more than {PIXELS_MAX} pixels")
