"""Small WebP previews of generated and uploaded images."""

import io
import struct

THUMBNAIL_EDGE_PX_MAX = 512
QUALITY = 82


def thumbnail_webp(image: bytes, *, edge_px_max: int = THUMBNAIL_EDGE_PX_MAX) -> bytes:
    """A WebP no longer than edge_px_max on either edge; aspect and transparency kept, never larger.

    Raises ValueError for bytes that are no image, or one too large to decode safely.
    """
    # Every function pays at its cold start for what a module imports at its top.
    from PIL import Image, ImageOps  # noqa: PLC0415

    try:
        with Image.open(io.BytesIO(image)) as source:
            source.draft("RGB", (edge_px_max, edge_px_max))
            if source.mode in ("RGB", "RGBA"):  # before it is copied: 4K pictures are large
                source.thumbnail((edge_px_max, edge_px_max), Image.Resampling.LANCZOS)
            upright = ImageOps.exif_transpose(source)
            # Palettes and 16-bit greys resize badly, and WebP holds neither.
            small = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    except (
        # What Pillow raises on broken or hostile bytes, its reading of EXIF included.
        OSError, SyntaxError, ValueError, TypeError, LookupError, AttributeError, EOFError, struct.error,
        Image.DecompressionBombError,
    ) as error:  # fmt: skip
        raise ValueError("not an image that can be read") from error
    small.thumbnail((edge_px_max, edge_px_max), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.save(buffer, "WEBP", quality=QUALITY, method=4)
    return buffer.getvalue()
