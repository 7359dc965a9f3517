"""Small WebP previews of generated and uploaded images."""

import io

THUMBNAIL_EDGE_PX_MAX = 512
QUALITY = 82


def thumbnail_webp(image: bytes, *, edge_px_max: int = THUMBNAIL_EDGE_PX_MAX) -> bytes:
    """A WebP no longer than edge_px_max on either edge; aspect and transparency kept, never larger.

    Raises ValueError for bytes that are no image of the formats that are opened, or one too large to decode.
    """
    # Every function pays at its cold start for what a module imports at its top.
    from mediaforge.providers.decoding import open_picture  # noqa: PLC0415 - Pillow

    buffer = io.BytesIO()
    open_picture(image, edge_px_max).save(buffer, "WEBP", quality=QUALITY, method=4)
    return buffer.getvalue()
