"""An answer is counted as it comes, and nothing in it is unfolded: a few kilobytes could fill the memory. So
could its values, each of which takes more in Python than `[],` does in JSON."""

from collections.abc import Iterator

import httpx

# The largest that we know have a few thousand; what is in base64, however long, is one.
VALUES_MAX = 100_000
_BEFORE_VALUES = (b"[", b"{", b",")
# Asked for, so that who may fold an answer does not.
UNFOLDED = {"Accept-Encoding": "identity"}


class Counted(httpx.SyncByteStream):
    """The body of `response`, of at most so many bytes and values. DecodingError for one more, and for one
    that is folded though nobody asked for that."""

    def __init__(self, response: httpx.Response, bytes_max: int) -> None:
        if response.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
            raise httpx.DecodingError("the answer is folded")
        assert isinstance(response.stream, httpx.SyncByteStream)
        self._stream = response.stream
        self._bytes_max = bytes_max

    def __iter__(self) -> Iterator[bytes]:
        count = values = 0
        for chunk in self._stream:
            count += len(chunk)
            values += sum(map(chunk.count, _BEFORE_VALUES))
            if count > self._bytes_max or values > VALUES_MAX:
                raise httpx.DecodingError("the answer is larger than any may be")
            yield chunk

    def close(self) -> None:
        self._stream.close()
