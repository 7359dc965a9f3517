"""What only the operator can mend: told to the user in our words, to the operator in an alarm line."""

from dataclasses import dataclass

from mediaforge import log
from mediaforge.domain.errors import NotAllowedError, ProviderError, UnavailableError

NOT_ALLOWED = (
    "provider-not-allowed",
    "This installation may not use the model at the moment. Its operator has to allow it.",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """Who was asked for what. `limited_s`: for how many seconds they have said that a limit is reached; None
    where they did not the last time. `can_send_files`: files were named by address, and can be sent along
    where they may not be read there."""

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
    """The error, once the alarm is out; `told` is its code and its words for the user. A start is final, so
    that nobody's credits are held while an operator is needed. What runs is paid for, and worth asking
    again: a key that was rotated, or a right that was taken, will be put right.

    `cause` is a code, a status or a quota's name, never a sentence of the provider's, which may quote a
    prompt or a name."""
    alarm(asked, cause)
    if is_start:
        return NotAllowedError(*told, was_asked=was_asked)
    return UnavailableError(*told, was_asked=was_asked)


def alarm(asked: Asked, cause: str) -> None:
    log.error("provider.misconfigured", provider=asked.provider, model=asked.model, cause=cause)
