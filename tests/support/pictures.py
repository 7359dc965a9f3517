"""Pictures that users upload."""

import io

from PIL import Image

from mediaforge.domain.library.uploads import UnreadableError
from mediaforge.domain.media_type import image_type
from mediaforge.ports.media import CheckedPicture

# Enough for code that looks at the first bytes only.
PNG_HEAD = b"\x89PNG\r\n\x1a\n"
MP4_HEAD = b"\0\0\0\x20ftypisom"
MINE = PNG_HEAD + b"mine"
# What the providers of tests deliver.
PICTURE, FILM = PNG_HEAD + b"picture", MP4_HEAD + b"film"


def taken_as_it_is(content: bytes) -> CheckedPicture:
    """Whatever begins like a picture."""
    known = image_type(content)
    if known is None:
        raise UnreadableError("no-picture", "This is no picture.")
    return CheckedPicture(content, known[1], 24, 16, b"small")


def picture(kind: str = "PNG", size: tuple[int, int] = (24, 16), **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, "teal").save(buffer, kind, **options)
    return buffer.getvalue()
