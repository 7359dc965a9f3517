"""Bytes in JSON: base64 in any variant that a sender may have used."""

import base64

_ONE_ALPHABET = str.maketrans("-_", "+/", " \t\r\n")


def decoded(data: object) -> bytes:
    """Decodes either alphabet of base64, with or without padding and line breaks; empty for anything else."""
    if not isinstance(data, str):
        return b""
    text = data.translate(_ONE_ALPHABET).rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        return b""
