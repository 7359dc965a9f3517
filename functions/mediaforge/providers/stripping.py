"""Takes out of a picture's file all that is not the picture: where and with what it was taken, who made it,
other pictures behind it. The pixels are not decoded, and stay as they are. This module knows nothing of
MediaForge."""

import struct
from collections.abc import Iterator

from mediaforge.providers.parts import JPEG, PNG, segments_of

# JFIF's own segment has a small picture at its end, which may show more than the picture does.
_JFIF, _JFIF_BYTES = b"JFIF\0", 12
_ICC, _ADOBE = b"ICC_PROFILE\0", b"Adobe"
_APP0, _APP2, _APP14, _APP15, _COMMENT, _SCAN = 0xE0, 0xE2, 0xEE, 0xEF, 0xFE, 0xDA
_END_OF_JPEG = b"\xff\xd9"

# All that says how the pixels look. An animation is left as its first picture.
_PNG_KEPT = (
    *(b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"bKGD", b"hIST", b"sBIT", b"pHYs"),
    *(b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"mDCV", b"cLLI"),
)

_RIFF_HEAD_BYTES = 12
_WEBP_KEPT = (b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ICCP", b"ANIM", b"ANMF")
# Of the flags in VP8X: that there is Exif, and XMP.
_WEBP_PRIVATE = 0x08 | 0x04
# What is in the chunk of a frame before its pixels: the chunk's own name and length, its place, its time.
_FRAME_HEAD_BYTES = 24


def stripped(content: bytes) -> bytes:
    """The file without what is private; the same object where there is nothing to take out. A file whose
    parts cannot be told apart comes out broken: so it is to be decoded after this.

    Raises ValueError for some files that no decoder here reads."""
    if content.startswith(JPEG):
        bare = b"".join(_of_jpeg(content))
    elif content.startswith(PNG):
        bare = PNG + b"".join(_of_png(content))
    else:
        bare = _of_webp(content)
    return content if bare == content else bare


def is_animated_webp(content: bytes) -> bool:
    return any(name in (b"ANIM", b"ANMF") for name, _ in _webp_chunks(content))


def is_lossless_webp(content: bytes) -> bool:
    """Whether the pixels, or those of the first frame, are kept without loss."""
    for name, chunk in _webp_chunks(content):
        if name == b"ANMF":
            return chunk[_FRAME_HEAD_BYTES:].startswith(b"VP8L")
        if name in (b"VP8L", b"VP8 "):
            return name == b"VP8L"
    return False


def _of_jpeg(content: bytes) -> Iterator[bytes]:
    """What is behind the end of the first picture is left out: phones put a film or another picture there."""
    at, is_scanned = len(JPEG) - 1, False
    yield content[:at]
    for segment in segments_of(content):
        marker_at = at + segment.gap_bytes
        if is_scanned:
            yield content[at:marker_at]  # the data of the scan before
        yield _kept_segment(content, segment.marker, marker_at, segment.end)
        is_scanned = is_scanned or segment.marker == _SCAN
        at = segment.end
    end = content.find(_END_OF_JPEG, at)
    yield content[at:] if end < 0 else content[at : end + len(_END_OF_JPEG)]


def _kept_segment(content: bytes, marker: int, marker_at: int, end: int) -> bytes:
    start = marker_at + 4  # behind the marker and the length
    if marker == _APP0 and content.startswith(_JFIF, start):
        told = content[start : start + _JFIF_BYTES] + b"\0\0"
        return b"\xff\xe0" + struct.pack(">H", len(told) + 2) + told
    is_application_s = _APP0 <= marker <= _APP15
    is_shown = (marker == _APP2 and content.startswith(_ICC, start)) or (
        marker == _APP14 and content.startswith(_ADOBE, start)
    )
    if marker == _COMMENT or (is_application_s and not is_shown):
        return b""
    return content[marker_at:end]


def _of_png(content: bytes) -> Iterator[bytes]:
    at = len(PNG)
    while at + 8 <= len(content):
        name = content[at + 4 : at + 8]
        end = at + 12 + int.from_bytes(content[at : at + 4], "big")
        if name in _PNG_KEPT:
            yield content[at:end]
        if name == b"IEND":
            return
        at = end


def _of_webp(content: bytes) -> bytes:
    body = b"".join(_kept_chunk(name, chunk) for name, chunk in _webp_chunks(content))
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def _kept_chunk(name: bytes, chunk: bytes) -> bytes:
    if name not in _WEBP_KEPT:
        return b""
    if name == b"VP8X":
        flags = bytes(flag & ~_WEBP_PRIVATE for flag in chunk[8:9])
        return chunk[:8] + flags + chunk[9:]
    return chunk


def _webp_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Each chunk with its name; a chunk is its name, its length, and its content, filled up to an even
    length."""
    at, riff_end = _RIFF_HEAD_BYTES, 8 + int.from_bytes(content[4:8], "little")
    while at + 8 <= min(riff_end, len(content)):
        length = int.from_bytes(content[at + 4 : at + 8], "little")
        end = at + 8 + length + length % 2
        yield content[at : at + 4], content[at:end]
        at = end
