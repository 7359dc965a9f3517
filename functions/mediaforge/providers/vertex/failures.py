"""What it means that an accepted operation has failed. It is over, whatever the code says, so asking again is
of no use: the job is refused, or the operation is lost."""

from mediaforge.domain.errors import LostError, ProviderError, RejectedError
from mediaforge.providers.operator import Asked, operators_fault
from mediaforge.providers.vertex.refusals import MESSAGE_CHARS_MAX, OPERATORS_FAULTS, missing_right
from mediaforge.providers.vertex.safety import blocked, is_filtered

# The same request would fail again: it is wrong, or names something that does not exist.
_REFUSED = ("INVALID_ARGUMENT", "NOT_FOUND", "OUT_OF_RANGE")


def operation_error(code: str, message: str, asked: Asked) -> ProviderError:
    """`code` is one of google.rpc's codes, or "" for any other. All failures but an operator's fault may be
    billed: the operation was accepted, and the API does not tell how far it came."""
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
        # Not ThrottledError, which would give the attempt back: the operation was started, and may be billed.
        return LostError("throttled", "The model had no room for this video after all.")
    return LostError("provider-failed", "The model failed while it made the video.")
