"""What a picture is by its first bytes, and which pictures are opened at all."""

# What is opened of a picture that somebody uploaded or a model made. Named, so that no decoder that starts
# another program can be reached with a caller's bytes; and so large that it fits into a worker's memory.
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
PIXELS_MAX = 50_000_000

_PNG, _JPEG, _RIFF, _WEBP = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF", b"WEBP"


def image_type(content: bytes) -> tuple[str, str] | None:
    """Extension and content type of a PNG, a JPEG or a WebP; None for anything else. What is said of it may
    be untrue: https://github.com/googleapis/python-genai/issues/1824"""
    if content.startswith(_PNG):
        return "png", "image/png"
    if content.startswith(_JPEG):
        return "jpg", "image/jpeg"
    if content.startswith(_RIFF) and content[8:12] == _WEBP:
        return "webp", "image/webp"
    return None
