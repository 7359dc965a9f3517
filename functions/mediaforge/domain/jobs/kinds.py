"""What a job can make. All that the rest of the house has to know of a kind stands here."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from mediaforge.domain.media_type import image_type, video_type

# Extension and content type of a file, by its first bytes; None for what is none of the kind's.
TypeOf = Callable[[bytes], tuple[str, str] | None]


@dataclass(frozen=True, slots=True)
class Traits:
    """`callable_name` is where a job of the kind is asked for. `type_of` tells what its files are; None: it
    delivers none. `urls` is the field of `generation_data` that their addresses are in. What `is_seen` is
    made in pixels, so that a model of it has sizes, and each of its files a thumbnail."""

    callable_name: str
    type_of: TypeOf | None = None
    urls: str = "urls"
    is_seen: bool = False


class JobKind(StrEnum):
    """Its name is in paths (`generating/{uid}/image/`), requests and the catalogue; by its `plural` its views
    are kept (`generations/{uid}/images/`), and what is used of it is counted and limited (`images`,
    `imagesADay`). The rules of Storage make the same plural, and name no kind."""

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
