"""What it means that a client got no credentials for its call. Nothing was sent: so nothing was billed, and
nothing is known of the model's health."""

from mediaforge.domain.errors import ProviderError, UnavailableError
from mediaforge.providers.operator import Asked, operators_fault


def credentials_error(error: Exception, asked: Asked, *, is_start: bool) -> ProviderError:
    """Our error for one of google.auth's. That the metadata server or the token's issuer does not answer is
    temporary; an operator has to mend anything else."""
    if _is_passing(error):
        return UnavailableError(
            "provider-unavailable",
            "The provider did not answer.",
            may_have_billed=False,
            was_asked=False,
        )
    return operators_fault(asked, type(error).__name__, is_start=is_start, was_asked=False)


def _is_passing(error: Exception) -> bool:
    """Whether the error is temporary. A credential that could not be refreshed has the reason as its cause,
    or among its arguments."""
    import google.auth.exceptions as auth  # noqa: PLC0415 - it raised the error, so it is loaded

    passing = (auth.TransportError, auth.TimeoutError, auth.ResponseError)
    reasons = (error, error.__cause__, *error.args)
    return getattr(error, "retryable", False) or any(isinstance(each, passing) for each in reasons)
