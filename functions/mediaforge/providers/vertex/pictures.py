"""Which picture of a refused request is none. The API says only that an argument is invalid."""

from collections.abc import Iterator
from contextlib import contextmanager

from mediaforge.domain.errors import MediaForgeError, RejectedError
from mediaforge.ports.provider import ProviderRequest, ReferenceImage
from mediaforge.providers.media_type import image_type


@contextmanager
def blaming_pictures(request: ProviderRequest) -> Iterator[None]:
    """Inside it a request that was refused as it was sent is looked at once more, for free."""
    try:
        yield
    except RejectedError as error:
        if error.code != "provider-rejected" or (name := _unreadable(request)) is None:
            raise
        message = f"{name} is no PNG, JPEG or WebP picture."
        raise RejectedError(
            "reference-unreadable", message, may_have_billed=error.may_have_billed
        ) from error


def _unreadable(request: ProviderRequest) -> str | None:
    """The name of the first picture that is none; None where all are, or cannot be looked at now."""
    try:
        return next(
            (name for name, each in _pictures(request) if image_type(each.load()) is None), None
        )
    except MediaForgeError:
        return None


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
