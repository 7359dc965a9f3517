"""Looks at the bytes of an upload: what they are, and the file that is kept in their place: upright, of one
frame, in colours that every model knows, and with nothing in it but the picture."""

import io
from typing import Any

from mediaforge.domain.library.uploads import UnreadableError
from mediaforge.domain.media_type import foreign_type, image_type
from mediaforge.ports.media import CheckedPicture
from mediaforge.providers.thumbnail import thumbnail_webp

# Where a file of another kind of colours, or one that was turned, is written anew with loss: nobody sees it.
_QUALITY = 95
_KEPT_INFO = ("icc_profile", "transparency")
_PROFILE_BYTES_MAX = 4_000_000


def checked_upload(content: bytes) -> CheckedPicture:
    """Raises UnreadableError."""
    known = image_type(content)
    if known is None:
        foreign = foreign_type(content)
        raise UnreadableError(foreign.name, foreign.says)
    # Not at the top of the module: every function would load Pillow at its cold start.
    from mediaforge.providers.decoding import TooManyPixelsError, opened_picture  # noqa: PLC0415

    try:
        kept = _kept(content, known[0])
        thumbnail = thumbnail_webp(kept)
        with opened_picture(kept) as picture:
            width, height = picture.size
    except TooManyPixelsError as error:
        raise UnreadableError("too-many-pixels", _too_many()) from error
    except ValueError as error:
        says = "The picture is damaged or incomplete; export it anew, and upload it again."
        raise UnreadableError("damaged", says) from error
    return CheckedPicture(kept, known[1], width, height, thumbnail)


def _too_many() -> str:
    from mediaforge.providers import decoding  # noqa: PLC0415

    most, webp, cmyk = (
        pixels // 1_000_000
        for pixels in (decoding.PIXELS_MAX, decoding.WEBP_PIXELS_MAX, decoding.CMYK_PIXELS_MAX)
    )
    return f"The picture has more than {most} megapixels ({webp} as WebP, {cmyk} in CMYK); make it smaller."


def _kept(content: bytes, extension: str) -> bytes:
    """The file that is kept: the same object where it can stay as it is. Its pixels are written anew only
    where they have to change. Raises ValueError."""
    from mediaforge.providers.decoding import opened_picture, turn_of  # noqa: PLC0415
    from mediaforge.providers.stripping import is_animated_webp, stripped  # noqa: PLC0415

    with opened_picture(content) as source:
        is_moving = extension == "webp" and is_animated_webp(content)
        if turn_of(source) is not None or source.mode == "CMYK" or is_moving:
            return _redrawn(source, content, extension)
    return stripped(content)


def _redrawn(source: Any, content: bytes, extension: str) -> bytes:
    """The picture upright, its first frame alone, and in RGB where it was in CMYK."""
    from mediaforge.providers.decoding import turn_of  # noqa: PLC0415

    turn, options = turn_of(source), _options(source, content, extension)
    picture = _in_rgb(source) if source.mode in ("CMYK", "RGBX") else source
    if turn is not None:
        picture = picture.transpose(turn)
        source.close()  # its pixels are not needed any more, and take as much memory as the new ones
    picture.info = {key: picture.info[key] for key in _KEPT_INFO if key in picture.info}
    buffer = io.BytesIO()
    picture.save(buffer, icc_profile=picture.info.get("icc_profile"), **options)
    return buffer.getvalue()


def _options(source: Any, content: bytes, extension: str) -> dict[str, Any]:
    """How the file is written: a PNG without loss, a WebP as it was, a JPEG with its own tables."""
    from mediaforge.providers.stripping import is_lossless_webp  # noqa: PLC0415

    if extension == "png":
        return {"format": "PNG"}
    if extension == "webp":
        is_lossless = is_lossless_webp(content)
        # At its best an encoder without loss takes a gigabyte for the largest picture.
        how = {"quality": 0, "method": 0} if is_lossless else {"quality": _QUALITY}
        return {"format": "WEBP", "lossless": is_lossless, **how}
    if source.mode == "CMYK":
        return {"format": "JPEG", "quality": _QUALITY, "subsampling": 0}
    return {"format": "JPEG", **_as_coded(source)}


def _as_coded(source: Any) -> dict[str, Any]:
    """With the same tables nearly the same numbers come out, so nothing is lost that the file had. Where the
    picture is turned by a quarter, the tables are, too."""
    from PIL.Image import Transpose  # noqa: PLC0415
    from PIL.JpegImagePlugin import get_sampling  # noqa: PLC0415

    from mediaforge.providers.decoding import turn_of  # noqa: PLC0415

    tables = {number: list(table) for number, table in source.quantization.items()}
    lies = (Transpose.ROTATE_90, Transpose.ROTATE_270, Transpose.TRANSPOSE, Transpose.TRANSVERSE)
    if turn_of(source) in lies:
        turned = [8 * (place % 8) + place // 8 for place in range(64)]
        tables = {number: [table[place] for place in turned] for number, table in tables.items()}
    # Halved in both directions or in none: turned by a quarter, halved in one would be halved in the other.
    return {"qtables": tables, "subsampling": 2 if get_sampling(source) == 2 else 0}  # noqa: PLR2004


def _in_rgb(source: Any) -> Any:
    if source.mode != "CMYK":
        return source.convert("RGB")
    picture = _by_profile(source) or source.convert("RGB")
    picture.info = {}  # its profile is about inks
    return picture


def _by_profile(source: Any) -> Any:
    """As the picture's own profile says how its inks look. None without one: then they are shown as browsers
    show them."""
    from PIL import ImageCms  # noqa: PLC0415

    from mediaforge.providers.decoding import profile_kind  # noqa: PLC0415

    profile = source.info.get("icc_profile") or b""
    if profile_kind(profile) != b"CMYK" or len(profile) > _PROFILE_BYTES_MAX:
        return None
    try:
        return ImageCms.profileToProfile(
            source, io.BytesIO(profile), ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except ImageCms.PyCMSError:
        return None
