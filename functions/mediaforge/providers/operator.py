"""Failures that only the operator can mend: the user is told in our words, the operator by an alarm line."""

from dataclasses import dataclass

from mediaforge import log
from mediaforge.domain.errors import NotAllowedError, ProviderError, UnavailableError

NOT_ALLOWED = (
    "provider-not-allowed",
    "This installation may not use the model at the moment. Its operator has to allow it.",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which provider was asked for which model. `limited_s` is for how many seconds the provider has been
    saying that a limit is reached; None where its last answer did not say so. `can_send_files`: files were
    named by address, and can be sent with the request if the provider may not read them there."""

    provider: str
    model: str
    limited_s: float | None = None
    can_send_files: bool = False


def operators_fault(
    asked: Asked,
    cause: str,
    *,
    is_start: bool,
    told: tuple[str, str] = NOT_ALLOWED,
    was_asked: bool = True,
) -> ProviderError:
    """Writes the alarm line and returns the error; `told` is the error's code and its words for the user. The
    error of a start is final, so that no credits stay held until an operator acts. The error of a question is
    not: what runs is paid for, and asking again will work once the operator has put a rotated key or a
    missing right in order.

    `cause` is a code, a status or the name of a quota, and never a sentence of the provider's, which may
    quote a prompt or a name."""
    alarm(asked, cause)
    if is_start:
        return NotAllowedError(*told, was_asked=was_asked)
    return UnavailableError(*told, was_asked=was_asked)


def alarm(asked: Asked, cause: str) -> None:
    log.error("provider.misconfigured", provider=asked.provider, model=asked.model, cause=cause)
