"""Of how many parts a picture's file is, counted before a decoder sees it: what one takes of a decoder does
not show in the bytes or the pixels. Knows nothing of MediaForge."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

# A photo has some twenty segments. One holds 64 KB: a thousand full ones, of what phones put into their
# photos besides, are six times what may be uploaded. Pillow takes microseconds for the shortest.
SEGMENTS_MAX = 1_000
# Pillow writes 10 scans, in CMYK 18; MozJPEG up to 12.
SCANS_MAX = 100
# A block is 8x8 pixels of one ink. A scan goes over those of each of its inks, which takes 50 nanoseconds a
# block, and may itself be a few bytes. The most that Pillow writes is 15 million, of 40 megapixels in CMYK.
SCANNED_BLOCKS_MAX = 20_000_000
# What lies between two segments: some encoders fill up to a round address. Pillow reads it byte by byte.
GAP_BYTES_MAX = 65_536
# What fills a scan is read again from its beginning with every 64 KB more that Pillow hands on.
FILLED_BYTES_MAX = 131_072
# As many tables as there can be, of 64 numbers with two bytes each.
QUANTIZATION_BYTES_MAX = 4 * (1 + 2 * 64)

# The pixels come in chunks of some KB, or a row in each; a film has two for each of its pictures.
PNG_IMAGE_CHUNKS_MAX = 100_000
# Of others there are a dozen; some drawing programs write hundreds of their own.
PNG_OTHER_CHUNKS_MAX = 1_000
# Among them the deflated, of which each may be a megabyte made of one KB.
PNG_DEFLATED_CHUNKS_MAX = 100

_JPEG, _PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
# What begins a segment. After 255 a zero says that it was none, another 255 that it fills; restarts belong to
# a scan, and whatever is less is skipped where it is not refused.
_MARKER = re.compile(rb"\xff[\xc0-\xcf\xd8-\xfe]")
_START, _END, _SCAN, _QUANTIZATION, _APP1 = 0xD8, 0xD9, 0xDA, 0xDB, 0xE1
# Baseline, extended, progressive. Nobody's photo is coded arithmetically, which takes three times as long, or
# without loss, or in layers.
_FRAMES = (0xC0, 0xC1, 0xC2)
# With Huffman tables, numbers of lines, restart intervals, what applications say, comments.
_KNOWN = {*_FRAMES, _SCAN, _QUANTIZATION, 0xC4, 0xDC, 0xDD, *range(0xE0, 0xF0), 0xFE}
# How long a segment is says how long that is, too.
_LENGTH_BYTES = 2
_EXIF, _NO_EXIF = b"Exif\0\0", b"None\0\0"
_PNG_IMAGE = (b"IDAT", b"fdAT", b"fcTL")
_PNG_DEFLATED = (b"iCCP", b"zTXt", b"iTXt")


@dataclass(frozen=True, slots=True)
class _Segment:
    """From `start` to `end` is what follows its marker and its length; `gap_bytes` lie before it."""

    marker: int
    start: int
    end: int
    gap_bytes: int


def decodable(content: bytes) -> bytes:
    """The file, with the first part of a JPEG's Exif alone: for each further one Pillow copies all before it.

    Raises ValueError where the parts are too many, or such that no decoder of ours has to read them."""
    if content.startswith(_PNG):
        _refuse_many_chunks(content)
    if not content.startswith(_JPEG):
        return content
    if b"\xff" * FILLED_BYTES_MAX in content:
        raise ValueError(f"{FILLED_BYTES_MAX} bytes of nothing but filling")
    segments = list(islice(_segments(content), SEGMENTS_MAX + 1))
    _refuse_many_segments(content, segments)
    return _with_one_exif(content, segments)


def _segments(content: bytes) -> Iterator[_Segment]:
    """Up to the end of the first picture: what phones append to it no decoder of ours reads. That a file
    breaks off is the decoder's to say."""
    at = len(_JPEG) - 1
    while (found := _MARKER.search(content, at)) is not None:
        marker, start = content[found.end() - 1], found.end()
        if marker in (_START, _END):
            return
        length = int.from_bytes(content[start : start + _LENGTH_BYTES], "big")
        if length < _LENGTH_BYTES or marker not in _KNOWN:
            raise ValueError(f"a segment {marker:x} of {length} bytes")
        yield _Segment(marker, start + _LENGTH_BYTES, start + length, found.start() - at)
        at = start + length


def _refuse_many_segments(content: bytes, segments: Sequence[_Segment]) -> None:
    if len(segments) > SEGMENTS_MAX:
        raise ValueError(f"more than {SEGMENTS_MAX} segments")
    frames = [each for each in segments if each.marker in _FRAMES]
    scans = [each for each in segments if each.marker == _SCAN]
    if len(frames) != 1 or not scans or scans[0].start < frames[0].start:
        raise ValueError(f"{len(frames)} frames and {len(scans)} scans, or in the wrong order")
    if len(scans) > SCANS_MAX:
        raise ValueError(f"{len(scans)} scans")
    blocks = _blocks(content, frames[0]) * sum(_inks(content, scan) for scan in scans)
    if blocks > SCANNED_BLOCKS_MAX:
        raise ValueError(f"{len(scans)} scans, of {blocks} blocks")
    # Before a later one is what the scan before it consists of.
    before_scans = segments[: segments.index(scans[0]) + 1]
    if (gap_bytes := sum(each.gap_bytes for each in before_scans)) > GAP_BYTES_MAX:
        raise ValueError(f"{gap_bytes} bytes between segments")
    tables = [each.end - each.start for each in segments if each.marker == _QUANTIZATION]
    if max(tables, default=0) > QUANTIZATION_BYTES_MAX:
        raise ValueError(f"{max(tables)} bytes of tables")


def _inks(content: bytes, scan: _Segment) -> int:
    return content[scan.start] if scan.start < min(scan.end, len(content)) else 0


def _blocks(content: bytes, frame: _Segment) -> int:
    """Of the ink that has the most, filled up as a decoder does it: to it a picture of one column is eight
    pixels wide, or 32. More than it can be, where one ink is the widest and another the highest."""
    told = content[frame.start : frame.end]
    height, width = int.from_bytes(told[1:3], "big"), int.from_bytes(told[3:5], "big")
    across = max([1, *(sampling >> 4 for sampling in told[7::3])])
    down = max([1, *(sampling & 15 for sampling in told[7::3])])
    return -(-width // (8 * across)) * across * -(-height // (8 * down)) * down


def _with_one_exif(content: bytes, segments: Sequence[_Segment]) -> bytes:
    exifs = [
        each.start
        for each in segments
        if each.marker == _APP1 and content[each.start : each.end].startswith(_EXIF)
    ]
    if not exifs[1:]:
        return content
    changed = bytearray(content)
    for start in exifs[1:]:
        changed[start : start + len(_EXIF)] = _NO_EXIF
    return bytes(changed)


def _refuse_many_chunks(content: bytes) -> None:
    chunks_max = PNG_IMAGE_CHUNKS_MAX + PNG_OTHER_CHUNKS_MAX
    names = Counter(islice(_chunk_names(content), chunks_max + 1))
    images = sum(names[name] for name in _PNG_IMAGE)
    deflated = sum(names[name] for name in _PNG_DEFLATED)
    others = names.total() - images
    if (
        images > PNG_IMAGE_CHUNKS_MAX
        or others > PNG_OTHER_CHUNKS_MAX
        or deflated > PNG_DEFLATED_CHUNKS_MAX
    ):
        raise ValueError(f"{images} chunks of pixels, {others} others, {deflated} deflated")


def _chunk_names(content: bytes) -> Iterator[bytes]:
    """Of each a length, its name, so many bytes, and four that check them."""
    at = len(_PNG)
    while at + 8 <= len(content) and (name := content[at + 4 : at + 8]) != b"IEND":
        yield name
        at += 12 + int.from_bytes(content[at : at + 4], "big")
