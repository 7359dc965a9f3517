"""Pictures as a camera makes them: with EXIF that says which way is up, whole and broken."""

import io

from PIL import Image
from PIL.TiffImagePlugin import IFDRational


def camera_jpeg() -> bytes:
    """8 by 4 pixels, to be turned upright."""
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    exif[0x0112] = 6
    exif[0x011A] = IFDRational(72, 1)
    exif[0x0128] = 2
    buffer = io.BytesIO()
    Image.new("RGB", (8, 4), "red").save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


def _with(place: int, byte: int) -> bytes:
    content = bytearray(camera_jpeg())
    content[place] = byte
    return bytes(content)


# JPEGs by the name of the exception that Pillow raises for them.
BROKEN_CAMERA_JPEGS = {
    "SyntaxError": _with(30, 0),
    "struct.error": _with(23, 12),
}
# JPEGs whose orientation can be read, by the name of the exception that Pillow raises when it writes their
# Exif anew.
DAMAGED_CAMERA_JPEGS = {
    "TypeError": _with(41, 26),
    "struct.error": _with(41, 0),
    "AttributeError": _with(65, 13),
}
