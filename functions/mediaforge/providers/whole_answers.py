"""An answer is counted as it comes, and nothing in it is unfolded: a few kilobytes could fill the memory."""

from collections.abc import Iterator

import httpx

# Asked for, so that who may fold an answer does not.
UNFOLDED = {"Accept-Encoding": "identity"}


class Counted(httpx.SyncByteStream):
    """The body of `response`, of at most so many bytes. DecodingError for one more, and for one that is
    folded though nobody asked for that."""

    def __init__(self, response: httpx.Response, bytes_max: int) -> None:
        if response.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
            raise httpx.DecodingError("the answer is folded")
        assert isinstance(response.stream, httpx.SyncByteStream)
        self._stream = response.stream
        self._bytes_max = bytes_max

    def __iter__(self) -> Iterator[bytes]:
        count = 0
        for chunk in self._stream:
            count += len(chunk)
            if count > self._bytes_max:
                raise httpx.DecodingError("the answer is larger than any may be")
            yield chunk

    def close(self) -> None:
        self._stream.close()
