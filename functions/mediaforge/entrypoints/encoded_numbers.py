"""Whole numbers in the encoding that the callable protocol has for those which JavaScript may not be able to
hold. The SDKs for iOS and Android encode each `Int` and `Long` in this way, however small.

https://firebase.google.com/docs/functions/callable-reference
"""

import re
from collections.abc import Mapping

from mediaforge.domain.errors import FieldError, InvalidRequestError

_RANGES: Mapping[str, range] = {
    "type.googleapis.com/google.protobuf.Int64Value": range(-(2**63), 2**63),
    "type.googleapis.com/google.protobuf.UInt64Value": range(2**64),
}
# At most as many digits as the largest number has: a longer text is not converted at all.
_DECIMAL = re.compile(r"0|-?[1-9][0-9]{0,19}", re.ASCII)
_FIELD_CHARS_MAX = 200
_FORM = 'must be written as {"@type": "…", "value": "123"}, a whole number in decimal digits'


def decode_numbers(data: object) -> object:
    """The payload with plain numbers in place of encoded ones; objects of other types are left as they are.
    Raises InvalidRequestError, which names each encoded number that is malformed."""
    errors: list[FieldError] = []
    decoded = _decode(data, "", errors)
    if errors:
        raise InvalidRequestError(errors)
    return decoded


def _decode(value: object, field: str, errors: list[FieldError]) -> object:
    """Recursive, which is safe: `doors` has refused deep nesting."""
    if isinstance(value, list):
        return [_decode(item, f"{field}[{i}]", errors) for i, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    named = value.get("@type")
    if isinstance(named, str) and named in _RANGES:
        number, message = _number(value, _RANGES[named])
        if message:
            # The field's name comes from the caller and is shown back to them, so it has to be valid UTF-8.
            errors.append(FieldError(field.encode("utf-8", "replace").decode(), message))
        return number
    dot = "." if field else ""
    return {
        # The name is cut at each level: a name of half a megabyte would otherwise be copied for each of a
        # hundred thousand items in it.
        name: _decode(item, f"{field}{dot}{name}"[:_FIELD_CHARS_MAX], errors)
        for name, item in value.items()
    }


def _number(value: Mapping[str, object], allowed: range) -> tuple[int | None, str]:
    """The number and an empty text, or None and what is wrong with it."""
    text = value.get("value")
    is_pair = set(value) == {"@type", "value"}
    if not is_pair or not isinstance(text, str) or not _DECIMAL.fullmatch(text):
        return None, _FORM
    if int(text) not in allowed:
        return None, f"must be {allowed.start} to {allowed.stop - 1}"
    return int(text), ""
