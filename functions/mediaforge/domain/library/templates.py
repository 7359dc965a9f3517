"""Templates: prompts with placeholders, and what a request leaves out. Clients write them under the security
rules, which have the same limits. Pure.

A placeholder is `{{name}}` or `{{name=default}}`. A name begins with a letter, of any script, and has neither
spaces nor ASCII punctuation but `-` and `_`. Other braces are part of the prompt, since people do write them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from unicodedata import normalize

from mediaforge.domain.library.sharing import Visibility, is_id

NAME = r"[^\W\d_][^\s!-,./:-@\[-^`{-~]{0,63}"
"""The pattern of a variable's name; pydantic reads it, too."""
_PLACEHOLDER = re.compile(rf"\{{\{{\s*({NAME})\s*(?:=([^{{}}]*))?\}}\}}")

DEFAULTS = frozenset(
    {
        "kind",
        "negativePrompt",
        "model",
        "aspectRatio",
        "width",
        "height",
        "seed",
        "styleId",
        "brandId",
        "count",
        "durationSeconds",
        "resolution",
        "fps",
        "generateAudio",
    }
)
"""The fields of requests that a template may fill. None of them decides who pays, or when."""
# A size is said in one way. The fields of the left are no defaults where the request has one of the right.
_RATIO, _EDGES, _SIZE_NAME = "aspectRatio", ("width", "height"), "resolution"
_SAID_OTHERWISE: Mapping[str, Sequence[str]] = {
    _RATIO: _EDGES,
    "width": (_RATIO, _SIZE_NAME),
    "height": (_RATIO, _SIZE_NAME),
    _SIZE_NAME: _EDGES,
}


class TemplateKind(StrEnum):
    PROMPT = "prompt"
    BATCH = "batch"


@dataclass(frozen=True, slots=True)
class Template:
    """`templates/{templateId}`."""

    name: str
    """What it is called; 1 to 80 characters."""
    kind: TemplateKind
    """Whether it is meant for single requests or for batches. It is there to list by: both may be used
    everywhere."""
    user_id: str
    """Who wrote it. It never changes."""
    visibility: Visibility
    """As that of a pack. Who may read a template may use it."""
    version: int
    """1, and with every change exactly one more."""
    created_at: datetime
    """The server's time of the first write. It never changes."""
    modified: datetime
    """The server's time of this write."""
    prompt: str | None = None
    """The prompt of requests that have none; 1 to 4,000 characters. `{{name}}` stands for a variable,
    `{{name=default}}` for one that may be left out. Required for the kind `prompt`."""
    defaults: Mapping[str, Any] | None = None
    """Fields of a request, in camelCase, for requests that leave them out: `kind` (of a batch's rows),
    `negativePrompt`, `model`, `aspectRatio`, `width`, `height`, `seed`, `styleId`, `brandId`, `count`,
    `durationSeconds`, `resolution`, `fps`, `generateAudio`. A field that the request's kind does not have is
    passed over; so is a size where the request says one in another way."""
    reference_pack_id: str | None = None
    """The pack of requests that name none. Who uses the template has to be able to read the pack, too."""
    team_id: str | None = None
    """As that of a pack."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A prompt in which the variables stand. `missing` are the names that nothing was given for."""

    text: str
    missing: Sequence[str]


def fill(prompt: str, variables: Mapping[str, str]) -> Filled:
    """Puts the variables in their places. What a variable says is not filled again. A variable without a
    place is passed over: the rows of a sheet may have columns that one prompt does not need."""
    known = {normalize("NFC", name): value for name, value in variables.items()}
    missing: dict[str, None] = {}

    def value_of(match: re.Match[str]) -> str:
        name, default = match[1], match[2]
        value = known.get(normalize("NFC", name), default and default.strip())
        if value is None:
            missing[name] = None
            return match[0]
        return value

    return Filled(_PLACEHOLDER.sub(value_of, prompt), list(missing))


def merged(defaults: Mapping[str, Any], sent: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that were sent, and the defaults of those that were not."""
    left = {
        name: value
        for name, value in defaults.items()
        if not any(other in sent for other in _SAID_OTHERWISE.get(name, ()))
    }
    return {**left, **sent}


def fault_of(template: Template) -> str | None:
    """The field that is not as the rules want it, in a template that somebody wrote past them; None where all
    is right. The values of the defaults are checked with the request that they fill."""
    defaults = template.defaults or {}
    if unknown := sorted(defaults.keys() - DEFAULTS):
        return f"defaults.{unknown[0]}"
    if (defaults.get("width") is None) != (defaults.get("height") is None):
        return "defaults.height"
    if template.reference_pack_id is not None and not is_id(template.reference_pack_id):
        return "reference_pack_id"
    return None if template.version >= 1 else "version"
