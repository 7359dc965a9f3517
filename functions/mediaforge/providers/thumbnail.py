"""Small WebP previews of generated and uploaded images."""

import io

THUMBNAIL_EDGE_PX_MAX = 512
QUALITY = 82


def thumbnail_webp(image: bytes, *, edge_px_max: int = THUMBNAIL_EDGE_PX_MAX) -> bytes:
    """A WebP no longer than `edge_px_max` on either edge. Aspect and transparency are kept; a small image is
    not enlarged.

    Raises ValueError for bytes that are not an image in one of the formats of `decoding`, or for one too
    large to decode.
    """
    # Not at the top of the module: every function would load Pillow at its cold start.
    from mediaforge.providers.decoding import open_picture  # noqa: PLC0415 - Pillow

    buffer = io.BytesIO()
    open_picture(image, edge_px_max).save(buffer, "WEBP", quality=QUALITY, method=4)
    return buffer.getvalue()
