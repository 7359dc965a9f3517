"""Counts the parts of a picture's file before a decoder sees it: how long a decoder works on a part does not
follow from the file's bytes or pixels. This module knows nothing of MediaForge."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

# A photo has some twenty segments, and more where a phone puts other data into it. A segment holds up to 64
# KB, so a thousand full ones are six times what may be uploaded. Pillow takes microseconds for the shortest.
SEGMENTS_MAX = 1_000
# Pillow writes 10 scans (18 in CMYK), MozJPEG up to 12.
SCANS_MAX = 100
# A block is 8x8 pixels of one ink. For each scan the decoder goes over all blocks of the scan's inks, which
# takes 50 nanoseconds a block, even if the scan has a few bytes only. The most that Pillow writes is 15
# million blocks, for 40 megapixels in CMYK.
SCANNED_BLOCKS_MAX = 20_000_000
# Bytes between segments: some encoders fill up to a round address. Pillow reads them one by one.
GAP_BYTES_MAX = 65_536
# Filling bytes (0xFF) in a scan: with every further 64 KB that Pillow hands on, its decoder reads the filling
# again from its beginning.
FILLED_BYTES_MAX = 131_072
# The largest possible segment: four tables of 64 numbers with two bytes each.
QUANTIZATION_BYTES_MAX = 4 * (1 + 2 * 64)

# The pixels come in chunks of some KB, or in one chunk a row; an animation has two chunks for each picture.
PNG_IMAGE_CHUNKS_MAX = 100_000
# A file has a dozen other chunks; some drawing programs write hundreds of their own.
PNG_OTHER_CHUNKS_MAX = 1_000
# Deflated ones among the other chunks: one KB of one may unpack to a megabyte.
PNG_DEFLATED_CHUNKS_MAX = 100

JPEG, PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
# The marker that begins a segment. Not matched are: 255 and 0, which is a data byte of 255; 255 and 255,
# which is filling; and restarts, which belong to a scan. Lower values are skipped as bytes between segments.
_MARKER = re.compile(rb"\xff[\xc0-\xcf\xd8-\xfe]")
_START, _END, _SCAN, _QUANTIZATION, _APP1 = 0xD8, 0xD9, 0xDA, 0xDB, 0xE1
# Baseline, extended, progressive. No photo is coded arithmetically (which takes three times as long), without
# loss, or in layers.
_FRAMES = (0xC0, 0xC1, 0xC2)
# Also Huffman tables, numbers of lines, restart intervals, segments of applications, comments.
_KNOWN = {*_FRAMES, _SCAN, _QUANTIZATION, 0xC4, 0xDC, 0xDD, *range(0xE0, 0xF0), 0xFE}
# A segment's length counts its own two bytes, too.
_LENGTH_BYTES = 2
_EXIF, _NO_EXIF = b"Exif\0\0", b"None\0\0"
_PNG_IMAGE = (b"IDAT", b"fdAT", b"fcTL")
_PNG_DEFLATED = (b"iCCP", b"zTXt", b"iTXt")


@dataclass(frozen=True, slots=True)
class Segment:
    """The content after the marker and the length is from `start` to `end`; `gap_bytes` lie before the
    marker."""

    marker: int
    start: int
    end: int
    gap_bytes: int


def decodable(content: bytes) -> bytes:
    """The file, with only the first part of a JPEG's Exif: for each further part Pillow copies all parts
    before it.

    Raises ValueError where there are too many parts, or parts of a kind that no decoder here has to read."""
    if content.startswith(PNG):
        _refuse_many_chunks(content)
    if not content.startswith(JPEG):
        return content
    if b"\xff" * FILLED_BYTES_MAX in content:
        raise ValueError(f"{FILLED_BYTES_MAX} bytes of nothing but filling")
    segments = list(islice(segments_of(content), SEGMENTS_MAX + 1))
    _refuse_many_segments(content, segments)
    return _with_one_exif(content, segments)


def segments_of(content: bytes) -> Iterator[Segment]:
    """The segments up to the end of the first picture: no decoder here reads what phones append to it. A file
    that breaks off is not refused here: the decoder notices it."""
    at = len(JPEG) - 1
    while (found := _MARKER.search(content, at)) is not None:
        marker, start = content[found.end() - 1], found.end()
        if marker in (_START, _END):
            return
        length = int.from_bytes(content[start : start + _LENGTH_BYTES], "big")
        if length < _LENGTH_BYTES or marker not in _KNOWN:
            raise ValueError(f"a segment {marker:x} of {length} bytes")
        yield Segment(marker, start + _LENGTH_BYTES, start + length, found.start() - at)
        at = start + length


def _refuse_many_segments(content: bytes, segments: Sequence[Segment]) -> None:
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
    # Gaps are counted up to the first scan only: a gap before a later segment is the data of a scan.
    before_scans = segments[: segments.index(scans[0]) + 1]
    if (gap_bytes := sum(each.gap_bytes for each in before_scans)) > GAP_BYTES_MAX:
        raise ValueError(f"{gap_bytes} bytes between segments")
    tables = [each.end - each.start for each in segments if each.marker == _QUANTIZATION]
    if max(tables, default=0) > QUANTIZATION_BYTES_MAX:
        raise ValueError(f"{max(tables)} bytes of tables")


def _inks(content: bytes, scan: Segment) -> int:
    return content[scan.start] if scan.start < min(scan.end, len(content)) else 0


def _blocks(content: bytes, frame: Segment) -> int:
    """The blocks of the ink that has the most, with the picture filled up to whole units as a decoder does
    it: to a decoder a picture of one column is 8 to 32 pixels wide. The result is an upper bound: it is too
    high where one ink has the most blocks across and another the most down."""
    told = content[frame.start : frame.end]
    height, width = int.from_bytes(told[1:3], "big"), int.from_bytes(told[3:5], "big")
    across = max([1, *(sampling >> 4 for sampling in told[7::3])])
    down = max([1, *(sampling & 15 for sampling in told[7::3])])
    return -(-width // (8 * across)) * across * -(-height // (8 * down)) * down


def _with_one_exif(content: bytes, segments: Sequence[Segment]) -> bytes:
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
    """The names of the chunks. Each chunk is its length in four bytes, its name, its content, and a checksum
    in four bytes."""
    at = len(PNG)
    while at + 8 <= len(content) and (name := content[at + 4 : at + 8]) != b"IEND":
        yield name
        at += 12 + int.from_bytes(content[at : at + 4], "big")
