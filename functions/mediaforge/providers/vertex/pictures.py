"""Which picture of a refused request is none. The API says only that an argument is invalid."""

from collections.abc import Iterator
from contextlib import contextmanager

from mediaforge.domain.errors import MediaForgeError, RejectedError
from mediaforge.domain.media_type import image_type
from mediaforge.ports.provider import ProviderRequest, ReferenceImage

_LOOKED_AT_EDGE_PX = 256


@contextmanager
def blaming_pictures(request: ProviderRequest) -> Iterator[None]:
    """Inside it a request that was refused as it was sent is looked at once more, for free."""
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
    """The name of the first picture that is none; None where all are, or cannot be looked at now."""
    try:
        return next((name for name, each in _pictures(request) if not _is_whole(each.load())), None)
    except MediaForgeError:
        return None


def _is_whole(content: bytes) -> bool:
    """What it begins with was looked at before the call; only who decodes it sees that it breaks off."""
    from mediaforge.providers.decoding import open_picture  # noqa: PLC0415 - Pillow

    try:
        open_picture(content, _LOOKED_AT_EDGE_PX)
    except ValueError:
        return False
    return image_type(content) is not None


def _pictures(request: ProviderRequest) -> Iterator[tuple[str, ReferenceImage]]:
    for index, reference in enumerate(request.references):
        yield f"references[{index}]", reference
    video = request.video
    for name, frame in (
        ("The first frame", video and video.first_frame),
        ("The last frame", video and video.last_frame),
    ):
        if frame:
            yield name, frame
