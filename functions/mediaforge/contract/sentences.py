"""Our own sentences for what is wrong with a field: pydantic's name its own classes."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_NO_MOMENT = "is no date and time that there is"
_ONE_OF = "must be one of {expected}"
# The placeholders are filled from the error's context.
SENTENCES: Mapping[str, str] = {
    "bool_type": "must be true or false",
    "datetime_from_date_parsing": _NO_MOMENT,
    "datetime_parsing": _NO_MOMENT,
    "enum": _ONE_OF,
    "extra_forbidden": "is no field of this request",
    "greater_than_equal": "must be at least {ge}",
    "int_type": "must be a whole number",
    "less_than_equal": "must be at most {le}",
    "literal_error": _ONE_OF,
    "missing": "is missing",
    "model_type": "must be an object",
    "string_pattern_mismatch": "must be {form}",
    "string_too_long": "must be at most {max_length} long, counted in characters",
    "string_too_short": "must be at least {min_length} long, counted in characters",
    "string_type": "must be a text",
    "string_unicode": "is not valid Unicode (a lone surrogate)",
    "too_long": "must have at most {max_length} items",
    "tuple_type": "must be a list",
}
# What each pattern of a field requires, in words.
FORMS: Mapping[str, str] = {
    r"^[A-Za-z0-9-][A-Za-z0-9_-]{0,127}$": (
        "an id: up to 128 letters, digits, - and _, the first of them no _"
    ),
    r"^(user|team)_[^/]{1,128}$": "an account's id: user_ and a uid, or team_ and the id of a team",
    r"^[^/]{1,128}$": "a user's id: up to 128 characters, none of them a slash",
    r"^[1-9][0-9]?:[1-9][0-9]?$": "a ratio like 16:9",
    r"^[0-9]{1,4}[pk]$": "the name of a size, like 720p or 4k",
}
# For a type of error that this pydantic does not have; a test fails if one can be reached.
_UNFORESEEN = "cannot be taken"
_QUOTED = re.compile(r"'([^']*)'")


def sentence(error: "ErrorDetails") -> str:
    """The sentence for a pydantic error."""
    context = error.get("ctx", {})
    if error["type"] == "value_error":
        return str(context["error"])  # raised by our own validators
    shown = {
        **context,
        "expected": ", ".join(_QUOTED.findall(str(context.get("expected")))),
        "form": FORMS.get(str(context.get("pattern")), "of another form"),
    }
    return SENTENCES.get(error["type"], _UNFORESEEN).format_map(shown)
