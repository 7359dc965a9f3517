"""Names that are made of texts which somebody else wrote. Pure."""

import hashlib
import json


def digest_of(first: str, second: str, *more: str) -> str:
    """A digest that no other parts, nor these in another order, have, whatever is written in them."""
    return hashlib.sha256(joined(first, second, *more).encode()).hexdigest()


def joined(first: str, second: str, *more: str) -> str:
    """A text that no other parts have. Parts that are one line each are joined by line ends, as earlier
    versions did, so that their names are still found. A part with a line end in it would be ambiguous: then
    the parts are written as JSON, which has no line ends."""
    parts = (first, second, *more)
    return json.dumps(parts) if any("\n" in part for part in parts) else "\n".join(parts)
