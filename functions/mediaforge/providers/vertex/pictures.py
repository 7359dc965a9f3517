"""Finds the picture of a refused request that cannot be read: the API says only that an argument is
invalid."""

from collections.abc import Iterator
from contextlib import contextmanager

from mediaforge.domain.errors import MediaForgeError, RejectedError
from mediaforge.domain.media_type import image_type
from mediaforge.ports.provider import ProviderRequest, ReferenceImage

_LOOKED_AT_EDGE_PX = 256


@contextmanager
def blaming_pictures(request: ProviderRequest) -> Iterator[None]:
    """If the request is refused as it was sent inside this block, its pictures are decoded to find one that
    cannot be read, and the error names it."""
    try:
        yield
    except RejectedError as error:
        if error.code != "provider-rejected" or (name := _unreadable(request)) is None:
            raise
        message = f"{name} is no PNG, JPEG or WebP picture that can be read."
        raise RejectedError(
            "reference-unreadable", message, may_have_billed=error.may_have_billed
        ) from error


def _unreadable(request: ProviderRequest) -> str | None:
    """The name of the first picture that cannot be decoded; None where all can, or cannot be loaded now."""
    try:
        return next((name for name, each in _pictures(request) if not _is_whole(each.load())), None)
    except MediaForgeError:
        return None


def _is_whole(content: bytes) -> bool:
    """Whether the picture can be decoded to its end. Before the call only its first bytes were looked at,
    which do not show that it breaks off."""
    from mediaforge.providers.decoding import open_picture  # noqa: PLC0415 - Pillow

    try:
        open_picture(content, _LOOKED_AT_EDGE_PX)
    except ValueError:
        return False
    return image_type(content) is not None


def _pictures(request: ProviderRequest) -> Iterator[tuple[str, ReferenceImage]]:
    if request.edit_of:
        yield "The picture to edit", request.edit_of
    for index, reference in enumerate(request.references, start=1):
        yield f"Reference {index}", reference
    video = request.video
    for name, frame in (
        ("The first frame", video and video.first_frame),
        ("The last frame", video and video.last_frame),
    ):
        if frame:
            yield name, frame
