"""What a file is by its first bytes, whatever its name or content type says."""

# How many of a file's first bytes have to be read.
HEAD_BYTES = 16

_PNG, _JPEG, _RIFF, _WEBP = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF", b"WEBP"
_FTYP, _QUICKTIME, _EBML = b"ftyp", b"qt  ", b"\x1aE\xdf\xa3"
# Brands of picture formats that have an `ftyp` box like a video.
_HEIF = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis")


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
    if head[4:8] != _FTYP or head[8:12] in _HEIF:
        return None
    return ("mov", "video/quicktime") if head[8:12] == _QUICKTIME else ("mp4", "video/mp4")
