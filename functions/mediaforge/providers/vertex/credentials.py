"""What it means that there are no credentials to ask with, whichever client wanted them. Nothing was sent: so
nothing was billed, and nobody has heard how the model is."""

from mediaforge.domain.errors import ProviderError, UnavailableError
from mediaforge.providers.operator import Asked, operators_fault


def credentials_error(error: Exception, asked: Asked, *, is_start: bool) -> ProviderError:
    """Ours for one of google.auth's. The metadata server or the token's issuer not answering passes;
    anything else is an operator's."""
    if _is_passing(error):
        return UnavailableError(
            "provider-unavailable",
            "The provider did not answer.",
            may_have_billed=False,
            was_asked=False,
        )
    return operators_fault(asked, type(error).__name__, is_start=is_start, was_asked=False)


def _is_passing(error: Exception) -> bool:
    """A credential that could not be refreshed carries why as its cause, or its first argument."""
    import google.auth.exceptions as auth  # noqa: PLC0415 - with an error of its, it is loaded

    passing = (auth.TransportError, auth.TimeoutError, auth.ResponseError)
    reasons = (error, error.__cause__, *error.args)
    return getattr(error, "retryable", False) or any(isinstance(each, passing) for each in reasons)
