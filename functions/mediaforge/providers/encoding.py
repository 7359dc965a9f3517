"""Bytes in JSON, as whoever wrote it may have written them."""

import base64

_ONE_ALPHABET = str.maketrans("-_", "+/", " \t\r\n")


def decoded(data: object) -> bytes:
    """Either alphabet of base64, with or without its padding and line breaks; empty for what is neither."""
    if not isinstance(data, str):
        return b""
    text = data.translate(_ONE_ALPHABET).rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        return b""
