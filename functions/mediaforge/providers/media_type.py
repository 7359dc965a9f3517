"""What a picture is by its first bytes, whatever is said of it."""

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
