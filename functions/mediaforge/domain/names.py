"""Names that are made of what somebody wrote. Pure."""

import hashlib
import json


def digest_of(first: str, second: str, *more: str) -> str:
    """A digest that only these parts have, in this order, whatever is written in them."""
    return hashlib.sha256(joined(first, second, *more).encode()).hexdigest()


def joined(first: str, second: str, *more: str) -> str:
    """A text that only these parts have. Parts of one line each are joined by line ends, as they always were,
    so that what was named before is found again. In any other part a line end could pass for a seam: those
    are written as JSON, which has none."""
    parts = (first, second, *more)
    return json.dumps(parts) if any("\n" in part for part in parts) else "\n".join(parts)
