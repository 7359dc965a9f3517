"""Refusals by the safety filter, in words for the caller.

Source: https://docs.cloud.google.com/vertex-ai/generative-ai/docs/multimodal/gemini-image-responsible-ai
"""

import re
from collections.abc import Sequence

from mediaforge.domain.errors import RejectedError

_SUPPORT_CODES = {
    **dict.fromkeys(("58061214", "17301594"), "children"),
    **dict.fromkeys(("29310472", "15236754"), "a well-known person"),
    "62263041": "danger",
    **dict.fromkeys(("57734940", "22137204"), "hate"),
    **dict.fromkeys(("42876398", "29578790", "74803281"), "its rules"),
    "39322892": "a person or a face",
    "92201652": "personal data",
    **dict.fromkeys(("89371032", "49114662", "72817394"), "prohibited content"),
    **dict.fromkeys(("90789179", "63429089", "43188360"), "sexual content"),
    "78610348": "insults",
}
# What a `finishReason` or `blockReason` tells of the content that was refused.
_REASONS = {
    "BLOCKLIST": "a forbidden word",
    "PROHIBITED_CONTENT": "prohibited content",
    "IMAGE_PROHIBITED_CONTENT": "prohibited content",
    "RECITATION": "likeness to existing work",
    "IMAGE_RECITATION": "likeness to existing work",
    "SPII": "personal data",
    "JAILBREAK": "instructions to the model itself",
}


# The filter looks at these before anything is made. Anything else that it refuses has been made, and may be
# billed.
_UNMADE = ("prompt", "brief")


def blocked(what: str, reason: str = "", message: str = "") -> RejectedError:
    """The safety filter's refusal of `what` ("prompt", "image" …). It says what the refusal was about, if the
    `reason` or a support code in the provider's `message` tells it; neither is quoted."""
    about = [_REASONS[reason]] if reason in _REASONS else _categories(message)
    because = f" because of {' and '.join(about)}" if about else ""
    return RejectedError(
        "content-blocked",
        f"The safety filter refused the {what}{because}.",
        may_have_billed=what not in _UNMADE,
    )


def rejection(what: str, message: str) -> RejectedError:
    """A refused request. The filter answers a refused prompt like a malformed one, but with a support
    code."""
    if is_filtered(message):
        return blocked(what, message=message)
    return RejectedError("provider-rejected", "The model refused the request as it was sent.")


def is_filtered(message: str) -> bool:
    """Whether an error is the safety filter's, by its words or by its code (`PROHIBITED_CONTENT`)."""
    words = (
        "support code", "safety", "responsible ai", "usage guidelines", "prohibited", "blocked", "violat",
        "policy", "policies",
    )  # fmt: skip
    return any(word in message.lower() for word in words) or bool(_categories(message))


def _categories(message: str) -> Sequence[str]:
    codes = re.findall(r"\b\d{8}\b", message)
    return sorted({_SUPPORT_CODES[code] for code in codes if code in _SUPPORT_CODES})
