"""What a file is by its first bytes, whatever its name or content type says."""

from dataclasses import dataclass

# How many of a file's first bytes have to be read.
HEAD_BYTES = 64

_PNG, _JPEG, _RIFF, _WEBP = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF", b"WEBP"
_FTYP, _QUICKTIME, _EBML = b"ftyp", b"qt  ", b"\x1aE\xdf\xa3"
# Brands of picture formats that have an `ftyp` box like a video.
_HEIC = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")
_AVIF = (b"avif", b"avis")


def image_type(head: bytes) -> tuple[str, str] | None:
    """Extension and content type of a PNG, a JPEG or a WebP; None for anything else. The stated type may be
    wrong: https://github.com/googleapis/python-genai/issues/1824"""
    if head.startswith(_PNG):
        return "png", "image/png"
    if head.startswith(_JPEG):
        return "jpg", "image/jpeg"
    if head.startswith(_RIFF) and head[8:12] == _WEBP:
        return "webp", "image/webp"
    return None


def video_type(head: bytes) -> tuple[str, str] | None:
    """Extension and content type of an MP4, a QuickTime file or a WebM; None for anything else."""
    if head.startswith(_EBML):
        return "webm", "video/webm"
    if head[4:8] != _FTYP or head[8:12] in (*_HEIC, *_AVIF):
        return None
    return ("mov", "video/quicktime") if head[8:12] == _QUICKTIME else ("mp4", "video/mp4")


@dataclass(frozen=True, slots=True)
class Foreign:
    """A file that is not of a type that we read. `name` is kebab-case; `says` is a sentence for a person."""

    name: str
    says: str


_FOREIGN = (
    (b"GIF8", Foreign("gif", "This is a GIF picture; export it as PNG.")),
    (b"BM", Foreign("bmp", "This is a BMP picture; export it as PNG.")),
    (
        b"II*\0",
        Foreign("tiff", "This is a TIFF picture, or a camera's raw file; export it as JPEG."),
    ),
    (
        b"MM\0*",
        Foreign("tiff", "This is a TIFF picture, or a camera's raw file; export it as JPEG."),
    ),
    (b"8BPS", Foreign("psd", "This is a Photoshop file; export it as PNG or JPEG.")),
    (b"%PDF", Foreign("pdf", "This is a PDF document; export the picture as PNG or JPEG.")),
    (b"\xff\x0a", Foreign("jpeg-xl", "This is a JPEG XL picture; export it as JPEG.")),
    (b"\0\0\0\x0cJXL ", Foreign("jpeg-xl", "This is a JPEG XL picture; export it as JPEG.")),
    (b"\0\0\0\x0cjP  ", Foreign("jpeg-2000", "This is a JPEG 2000 picture; export it as JPEG.")),
)
_SVG = Foreign("svg", "This is an SVG drawing; export it as PNG.")
_NO_PICTURE = Foreign("no-picture", "This is no PNG, JPEG or WebP picture.")


def foreign_type(head: bytes) -> Foreign:
    """What the first bytes show, of a file that is no PNG, JPEG or WebP."""
    if not head:
        return Foreign("empty", "The file is empty; upload it again.")
    if head[4:8] == _FTYP:
        return _of_boxes(head)
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith((b"<svg", b"<?xml", b"<!doctype svg")):
        return _SVG
    return next((foreign for begins, foreign in _FOREIGN if head.startswith(begins)), _NO_PICTURE)


def _of_boxes(head: bytes) -> Foreign:
    """Of a file in boxes. Its brands are told one after the other; the first may be a general one."""
    brands = head[8:HEAD_BYTES]
    if any(brand in brands for brand in _AVIF):
        return Foreign("avif", "This is an AVIF picture; export it as JPEG.")
    if any(brand in brands for brand in _HEIC):
        return Foreign("heic", "This is an HEIC picture; export it as JPEG.")
    return Foreign("video", "This is a video; a reference is a picture: PNG, JPEG or WebP.")
