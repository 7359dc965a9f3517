"""What a model made, wherever the answer says it is: an address in Storage, or the bytes themselves.

The answer is paid for. What is in it and cannot be used must not hide what can.
"""

import re
from collections.abc import Callable, Sequence

from mediaforge.ports.provider import Asset, ProviderRequest, StoredAsset

VIDEO_TYPE = "video/mp4"
_ADDRESS = re.compile(r"gs://[a-z0-9][a-z0-9._-]*[a-z0-9]/.+")

ListUris = Callable[[str], Sequence[str]]
"""The `gs://` addresses that begin with a prefix."""


def is_in_storage(uri: object) -> bool:
    """Whether it is an address that a file can be copied from: any other is a link for somebody else."""
    return isinstance(uri, str) and _ADDRESS.fullmatch(uri) is not None


def folder_of(request: ProviderRequest) -> str:
    return f"{request.scratch_uri.rstrip('/')}/"


def unnamed_videos(
    list_uris: ListUris | None, request: ProviderRequest
) -> list[Asset | StoredAsset]:
    """A known fault: the work is completed and its output, which lies in the folder, is not named.

    https://discuss.ai.google.dev/t/183928
    """
    uris = list_uris(folder_of(request)) if list_uris else ()
    return [StoredAsset(uri, "mp4", VIDEO_TYPE) for uri in uris if uri.endswith(".mp4")]
