"""Pictures that are small as files and large in memory, written without being drawn."""

import io
import struct
import zlib

from PIL import Image

# Bits a sample and PNG's colour type, with the bytes that a pixel takes in the file before it is deflated.
PALETTE, GREY_16, RGBA_16 = (8, 3, 1), (16, 0, 2), (16, 6, 8)
UPRIGHT_BY_A_QUARTER = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"


def png(edge_px: int, kind: tuple[int, int, int], padding_bytes: int = 0) -> bytes:
    """A PNG of one colour whose Exif says that it lies on its side; a palette has a transparent colour."""
    bits, colour_type, pixel_bytes = kind
    parts = [chunk(b"IHDR", struct.pack(">IIBBBBB", edge_px, edge_px, bits, colour_type, 0, 0, 0))]
    if kind == PALETTE:
        parts += [chunk(b"PLTE", bytes(range(256)) * 3), chunk(b"tRNS", b"\x80")]
    parts.append(chunk(b"eXIf", UPRIGHT_BY_A_QUARTER))
    if padding_bytes:
        parts.append(chunk(b"tEXt", b"Comment\0" + b"x" * padding_bytes))
    data = _deflated_zeros(row_bytes=1 + edge_px * pixel_bytes, rows=edge_px)
    return b"\x89PNG\r\n\x1a\n" + b"".join([*parts, chunk(b"IDAT", data), chunk(b"IEND", b"")])


def png_without_palette() -> bytes:
    """A PNG whose pixels are indexes into a palette that is missing."""
    header = struct.pack(">IIBBBBB", 8, 8, 8, 3, 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(72))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def _deflated_zeros(row_bytes: int, rows: int) -> bytes:
    """Zeros, deflated: one row is compressed once, and its bytes are repeated."""
    deflate = zlib.compressobj(wbits=-15)
    row = deflate.compress(bytes(row_bytes)) + deflate.flush(zlib.Z_FULL_FLUSH)
    check = (row_bytes * rows % 65_521) << 16 | 1
    return b"\x78\x9c" + row * rows + deflate.flush() + struct.pack(">I", check)


def chunk(name: bytes, content: bytes) -> bytes:
    return (
        struct.pack(">I", len(content))
        + name
        + content
        + struct.pack(">I", zlib.crc32(name + content))
    )


def webp(edge_px: int) -> bytes:
    """A WebP of one colour, whose pixels take no bits at all: only the header says how many there are."""
    buffer = io.BytesIO()
    Image.new("RGB", (16, 16), "teal").save(buffer, "WEBP", lossless=True)
    content = bytearray(buffer.getvalue())
    at = content.index(b"VP8L") + 9
    [bits] = struct.unpack_from("<I", content, at)
    size = (edge_px - 1) | (edge_px - 1) << 14
    struct.pack_into("<I", content, at, bits & ~(2**28 - 1) | size)
    return bytes(content)


def jpeg(mode: str, size: tuple[int, int], scans: int = 0, **options: object) -> bytes:
    """A JPEG of one colour in several scans, the last of which is repeated `scans` times."""
    buffer = io.BytesIO()
    Image.new(mode, size).save(buffer, "JPEG", progressive=True, **options)
    content = buffer.getvalue()
    end = len(content) - 2
    return content[:end] + content[content.rindex(b"\xff\xda") : end] * scans + content[end:]


def segment(marker: int, content: bytes) -> bytes:
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(content) + 2) + content


def thin_jpeg(
    size: tuple[int, int], scans: int, samplings: tuple[int, ...] = (0x11,) * 4, frame: int = 0xC2
) -> bytes:
    """A JPEG whose scans are headers without data, of 20 bytes each. It has one ink for each sampling."""
    inks = range(1, len(samplings) + 1)
    told = b"".join(
        bytes([ink, sampling, 0]) for ink, sampling in zip(inks, samplings, strict=True)
    )
    chosen = bytes([len(samplings)]) + b"".join(bytes([ink, 0]) for ink in inks)
    parts = [
        segment(0xDB, b"\0" + bytes([1] * 64)),
        segment(frame, struct.pack(">BHHB", 8, size[1], size[0], len(samplings)) + told),
        segment(0xC4, b"\0" + bytes([1] + [0] * 15) + b"\0"),
        segment(0xDA, chosen + bytes([0, 0, 1])),
        segment(0xDA, chosen + bytes([0, 0, 0x10])) * (scans - 1),
    ]
    return b"\xff\xd8" + b"".join(parts) + b"\xff\xd9"
