"""Uploads, each with whether the Storage rules take it: exact types, the callables' own names, sizes, what is
said of how a file is served, and whether there is room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

BYTES_MAX = 10 * 1024 * 1024
UNSAID: Mapping[str, str | None] = {}
FOLDER = {"files": 3, "size_bytes": 1000, "files_max": 5, "bytes_max": 5000}


@dataclass(frozen=True)
class UploadCase:
    """`folder` is the user's count as the backend wrote it, None where there is none yet; `before_bytes` the
    size of what lies there already, None where nothing does."""

    name: str
    is_allowed: bool
    file_name: str = "a.png"
    content_type: str | None = "image/png"
    size_bytes: int = 8
    said: Mapping[str, str | None] = field(default_factory=dict)
    folder: Mapping[str, int] | None = None
    before_bytes: int | None = None

    def __str__(self) -> str:
        return f"{self.name}-{'allowed' if self.is_allowed else 'denied'}"


def named(name: str, file_name: str, *, is_allowed: bool) -> UploadCase:
    return UploadCase(name, is_allowed, file_name)


def typed_as(name: str, content_type: str | None, *, is_allowed: bool = False) -> UploadCase:
    return UploadCase(name, is_allowed, content_type=content_type)


def served(name: str, said: Mapping[str, str | None], *, is_allowed: bool = False) -> UploadCase:
    return UploadCase(name, is_allowed, said=said)


def counted(name: str, size_bytes: int = 8, *, is_allowed: bool, **folder: int) -> UploadCase:
    return UploadCase(name, is_allowed, size_bytes=size_bytes, folder={**FOLDER, **folder})


def replaced(
    name: str, before_bytes: int, after_bytes: int, *, is_allowed: bool, **folder: int
) -> UploadCase:
    return UploadCase(
        f"replaced-{name}",
        is_allowed,
        size_bytes=after_bytes,
        folder={**FOLDER, **folder},
        before_bytes=before_bytes,
    )


NAMES = [
    named("png", "a.png", is_allowed=True),
    named("jpg", "a.jpg", is_allowed=True),
    named("jpeg", "a.jpeg", is_allowed=True),
    named("webp", "a.webp", is_allowed=True),
    named("a-camera-s", "IMG_0001.JPG", is_allowed=True),
    named("capitals-and-small", "IMG_0001.Jpeg", is_allowed=True),
    named("capital-webp", "A.WEBP", is_allowed=True),
    named("any-file-id", "a b ü.v2 (1) #?%2F 🦊.png", is_allowed=True),
    named("underscores", "__a_.png", is_allowed=True),
    named("begins-with-a-dot", ".a.png", is_allowed=True),
    named("svg", "a.svg", is_allowed=False),
    named("gif", "a.gif", is_allowed=False),
    named("ending-not-last", "a.png.exe", is_allowed=False),
    named("no-dot", "apng", is_allowed=False),
    named("no-file-id", ".png", is_allowed=False),
    named("line-feed", "a\n.png", is_allowed=False),
    named("line-feed-at-the-end", "a.png\n", is_allowed=False),
    named("nul", "a\0.png", is_allowed=False),
    named("delete-character", "a\x7f.png", is_allowed=False),
    named("tab", "\ta.png", is_allowed=False),
    named("no-document-s-name-dot", "..png", is_allowed=False),
    named("no-document-s-name-dots", "...PNG", is_allowed=False),
    named("no-document-s-name-underscores", "__a__.png", is_allowed=False),
    named("dots-enough", "....png", is_allowed=True),
    named("underscores-within-ending", "__a__.b.png", is_allowed=True),
]
TYPES = [
    typed_as("type-jpeg", "image/jpeg", is_allowed=True),
    typed_as("type-webp", "image/webp", is_allowed=True),
    typed_as("type-svg", "image/svg+xml"),
    typed_as("type-gif", "image/gif"),
    typed_as("type-x", "image/x"),
    typed_as("type-no-subtype", "image/"),
    typed_as("type-html", "text/html"),
    typed_as("type-tab-html", "image/png\ttext/html"),
    typed_as("type-parameter", "image/png; x=text/html"),
    typed_as("type-parameter-empty", "image/png;"),
    typed_as("type-capitals", "IMAGE/PNG"),
    typed_as("type-within", "text/image/png"),
    typed_as("type-line-feed", "image/png\n"),
    typed_as("type-none", None),
]
SERVED = [
    served("said-nothing", {"contentEncoding": None, "contentDisposition": None}, is_allowed=True),
    served(
        "said-by-storage",
        {"contentEncoding": "identity", "contentDisposition": "inline; filename*=utf-8''a.png"},
        is_allowed=True,
    ),
    served("said-inline", {"contentDisposition": "inline"}, is_allowed=True),
    served("said-gzip", {"contentEncoding": "gzip"}),
    served("said-brotli", {"contentEncoding": "br"}),
    served("said-attachment", {"contentDisposition": 'attachment; filename="a.exe"'}),
]
SIZES = [
    UploadCase("10-mib", True, size_bytes=BYTES_MAX),
    UploadCase("one-byte-more", False, size_bytes=BYTES_MAX + 1),
    counted("has-room", is_allowed=True),
    counted("last-file", is_allowed=True, files=4),
    counted("full-of-files", is_allowed=False, files=5),
    counted("over-full-of-files", is_allowed=False, files=9),
    counted("last-byte", 4000, is_allowed=True),
    counted("a-byte-too-many", 4001, is_allowed=False),
    counted("nothing-allowed", is_allowed=False, files=0, files_max=0),
]
REPLACED = [
    replaced("in-a-full-folder", 8, 8, is_allowed=True, files=5),
    replaced("in-an-over-full-folder", 8, 8, is_allowed=True, files=9),
    replaced("by-its-last-byte", 900, 4900, is_allowed=True),
    replaced("by-a-byte-too-many", 900, 4901, is_allowed=False),
    replaced("by-less-where-too-much-is-kept", 900, 899, is_allowed=True, size_bytes=9000),
    replaced("by-more-where-too-much-is-kept", 900, 901, is_allowed=False, size_bytes=9000),
    replaced("by-who-is-blocked", 8, 8, is_allowed=False, files_max=0),
    UploadCase("replaced-by-svg", False, content_type="image/svg+xml", before_bytes=8),
]
CASES = [*NAMES, *TYPES, *SERVED, *SIZES, *REPLACED]
