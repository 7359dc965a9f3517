"""Our own sentences for what is wrong with a field: pydantic's name its own classes."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel

from mediaforge.domain.library import templates

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_NO_MOMENT = "is not a date and time that exists"
_ONE_OF = "must be one of {expected}"
# The placeholders are filled from the error's context.
SENTENCES: Mapping[str, str] = {
    "bool_type": "must be true or false",
    "datetime_from_date_parsing": _NO_MOMENT,
    "datetime_parsing": _NO_MOMENT,
    "dict_type": "must be an object",
    "enum": _ONE_OF,
    "extra_forbidden": "is not a field of {owner}",
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
    "too_short": "must have at least {min_length} item",
    "tuple_type": "must be a list",
}
# What each pattern of a field requires, in words.
FORMS: Mapping[str, str] = {
    r"^[A-Za-z0-9-][A-Za-z0-9_-]{0,127}$": (
        "an id: up to 128 letters, digits, - and _, not beginning with _"
    ),
    r"^(user|team)_[^/]{1,128}$": "an account's id: user_ and a uid, or team_ and the id of a team",
    r"^[^/]{1,128}$": "a user's id: up to 128 characters, none of them a slash",
    r"^[1-9][0-9]?:[1-9][0-9]?$": "a ratio like 16:9",
    r"^[0-9]{1,4}[pk]$": "the name of a size, like 720p or 4k",
    rf"^{templates.NAME}$": (
        "a variable's name: a letter, and up to 63 more characters without spaces, brackets and dots"
    ),
}
# For a type of error that this pydantic does not have; a test fails if one can be reached.
_UNFORESEEN = "cannot be taken"
_QUOTED = re.compile(r"'([^']*)'")
# Two names that are less alike than this are different words: `userId` is no misspelt `styleId`.
_ALIKE = 0.65
_NAME_CHARS_MAX = 40


def sentence(error: "ErrorDetails", owner: str, model: type[BaseModel]) -> str:
    """The sentence for a pydantic error. `owner` is what the field belongs to: the operation, or a field
    with fields of its own. `model` is the model of the whole payload."""
    context = error.get("ctx", {})
    if error["type"] == "value_error":
        return str(context["error"])  # raised by our own validators
    shown = {
        **context,
        "owner": owner,
        "expected": ", ".join(_QUOTED.findall(str(context.get("expected")))),
        "form": FORMS.get(str(context.get("pattern")), "of another form"),
    }
    said = SENTENCES.get(error["type"], _UNFORESEEN).format_map(shown)
    return said + _hint(error["loc"], model) if error["type"] == "extra_forbidden" else said


def _hint(loc: tuple[int | str, ...], model: type[BaseModel]) -> str:
    """A question that names the field which the caller may have meant, or nothing."""
    from difflib import get_close_matches  # noqa: PLC0415 - only for a misspelt field

    *within, name = loc
    if len(str(name)) > _NAME_CHARS_MAX:
        return ""
    known = {field.lower(): field for field in _fields_at(model, within)}
    near = get_close_matches(str(name).lower(), known, n=1, cutoff=_ALIKE)
    return f'; did you mean "{known[near[0]]}"?' if near else ""


def _fields_at(model: type[BaseModel], within: Sequence[int | str]) -> list[str]:
    """The names of the fields that an object has at this place of the payload."""
    for part in within:
        if isinstance(part, str):
            [field] = (each for each in model.model_fields.values() if each.alias == part)
            [model] = _models_in(field.annotation)
    return [str(field.alias) for field in model.model_fields.values()]


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    """The models that are named in a type like `tuple[Reference, ...]` or `Frame | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]
