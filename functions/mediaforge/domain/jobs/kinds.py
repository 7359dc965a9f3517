"""What a job can make. All that the rest of the code has to know of a kind is here."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from mediaforge.domain.media_type import image_type, video_type

# Returns a file's extension and content type, by its first bytes; None if the file is not of the kind.
TypeOf = Callable[[bytes], tuple[str, str] | None]


@dataclass(frozen=True, slots=True)
class Traits:
    """`callable_name` is the callable that asks for such a job. `type_of` tells the type of its files; None:
    the kind delivers no files. `urls` is the field of `generation_data` that has their addresses. `is_seen`:
    the kind is made of pixels, so each model of it has sizes, and each of its files a thumbnail."""

    callable_name: str
    type_of: TypeOf | None = None
    urls: str = "urls"
    is_seen: bool = False


class JobKind(StrEnum):
    """The value is used in paths (`generating/{uid}/image/`), requests and the catalogue. The `plural` names
    the collection of its views (`generations/{uid}/images/`), and the counts and limits of its use (`images`,
    `imagesADay`). `storage.rules` make the plural in the same way, and name no kind."""

    IMAGE = "image"
    VIDEO = "video"
    TRAINING = "training"

    @property
    def plural(self) -> str:
        return f"{self.value}s"

    @property
    def traits(self) -> Traits:
        return _TRAITS[self]


_TRAITS = {
    JobKind.IMAGE: Traits("generateImage", image_type, "image_urls", is_seen=True),
    JobKind.VIDEO: Traits("generateVideo", video_type, "video_url", is_seen=True),
    JobKind.TRAINING: Traits("trainBrand"),
}
