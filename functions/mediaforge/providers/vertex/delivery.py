"""What a model made: an answer has it as an address in Storage, or as the bytes themselves.

The answer is paid for. A part of it that cannot be used must not hide the others.
"""

import re
from collections.abc import Callable, Sequence

from mediaforge.ports.provider import Asset, ProviderRequest, StoredAsset

VIDEO_TYPE = "video/mp4"
_ADDRESS = re.compile(r"gs://[a-z0-9][a-z0-9._-]*[a-z0-9]/.+")

ListUris = Callable[[str], Sequence[str]]
"""The `gs://` addresses that begin with a prefix."""


def is_in_storage(uri: object) -> bool:
    """Whether it is a `gs://` address, from which a file can be copied; other addresses are links for
    browsers."""
    return isinstance(uri, str) and _ADDRESS.fullmatch(uri) is not None


def folder_of(request: ProviderRequest) -> str:
    return f"{request.scratch_uri.rstrip('/')}/"


def unnamed_videos(
    list_uris: ListUris | None, request: ProviderRequest
) -> list[Asset | StoredAsset]:
    """The videos in the folder of a job whose answer names none. This is a known fault of the API: the work
    is completed and its output is in the folder, but not named.

    https://discuss.ai.google.dev/t/183928
    """
    uris = list_uris(folder_of(request)) if list_uris else ()
    return [StoredAsset(uri, "mp4", VIDEO_TYPE) for uri in uris if uri.endswith(".mp4")]
