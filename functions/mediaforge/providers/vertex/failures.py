"""What it means that an operation which was taken on has failed. It is over whatever the code says, so
none of it can be asked again: it is refused, or lost."""

from mediaforge.domain.errors import LostError, ProviderError, RejectedError
from mediaforge.providers.operator import Asked, operators_fault
from mediaforge.providers.vertex.refusals import MESSAGE_CHARS_MAX, OPERATORS_FAULTS, missing_right
from mediaforge.providers.vertex.safety import blocked, is_filtered

# It would end so again: the request is wrong, or what it names is not there.
_REFUSED = ("INVALID_ARGUMENT", "NOT_FOUND", "OUT_OF_RANGE")


def operation_error(code: str, message: str, asked: Asked) -> ProviderError:
    """`code` is one of google.rpc, "" where it is none of them. All but an operator's fault may be billed:
    it was taken on, and nobody tells how far it came."""
    message = message[:MESSAGE_CHARS_MAX]
    if code in OPERATORS_FAULTS or missing_right(message):
        return operators_fault(asked, f"operation {code}", is_start=True)
    if is_filtered(message):
        return blocked("video", message=message)
    if code in _REFUSED:
        return RejectedError(
            "provider-rejected",
            "The model refused the request as it was sent.",
            may_have_billed=True,
        )
    if code == "RESOURCE_EXHAUSTED":
        # Not ThrottledError, which would give the attempt back: this one was started, and may be billed.
        return LostError("throttled", "The model had no room for this video after all.")
    return LostError("provider-failed", "The model failed while it made the video.")
