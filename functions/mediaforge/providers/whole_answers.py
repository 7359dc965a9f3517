"""Limits of an HTTP answer. Its bytes are counted as they come, and a compressed answer is refused: a few
kilobytes of one could fill the memory. Its JSON values are counted, too: each takes far more memory in Python
than, say, `[],` takes in JSON."""

from collections.abc import Iterator

import httpx

# The largest answers that we know have a few thousand values; a text in base64, however long, is one value.
VALUES_MAX = 100_000
_BEFORE_VALUES = (b"[", b"{", b",")
# Asks the server not to compress its answer.
UNFOLDED = {"Accept-Encoding": "identity"}


class Counted(httpx.SyncByteStream):
    """The body of `response`. Raises DecodingError where it has more than `bytes_max` bytes or VALUES_MAX
    values, or where the answer is compressed though we asked for none."""

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
