"""Test hooks in a prompt: `[[sleep:2.5]]`, `[[fail:transient:2]]` … Obeyed on the emulators only.

Brackets that are not exactly one of these stay part of the prompt, since people do write brackets.
"""

import re
from dataclasses import dataclass

_TAG = re.compile(
    r"\[\[(?:"
    r"sleep:(?P<sleep_s>\d{1,3}(?:\.\d{1,3})?)"
    r"|fail:(?P<fail>permanent|always|transient:(?P<fail_times>\d{1,2}))"
    r"|throttle:(?P<throttle_times>\d{1,2})"
    r"|crash:(?P<crash>before-save|after-save)"
    r"|(?P<blocked>blocked)"
    r"|partial:(?P<partial>\d)"
    r")\]\]"
)


@dataclass(frozen=True, slots=True)
class PromptTags:
    """What a prompt asks of the local provider. `fail_times` and
    `throttle_times`: how many of the first calls."""

    sleep_s: float = 0.0
    fails_permanently: bool = False
    fails_always: bool = False
    fail_times: int = 0
    throttle_times: int = 0
    crash: str | None = None
    is_blocked: bool = False
    partial: int | None = None


def has_tags(prompt: str) -> bool:
    return _TAG.search(prompt) is not None


def without_tags(prompt: str) -> str:
    return " ".join(_TAG.sub(" ", prompt).split())


def read_tags(prompt: str) -> PromptTags:
    found: dict[str, str] = {}
    for match in _TAG.finditer(prompt):
        found |= {name: value for name, value in match.groupdict().items() if value is not None}
    return PromptTags(
        sleep_s=float(found.get("sleep_s", 0)),
        fails_permanently=found.get("fail") == "permanent",
        fails_always=found.get("fail") == "always",
        fail_times=int(found.get("fail_times", 0)),
        throttle_times=int(found.get("throttle_times", 0)),
        crash=found.get("crash"),
        is_blocked="blocked" in found,
        partial=int(found["partial"]) if "partial" in found else None,
    )
