"""When to come back. Pure: randomness is an argument, so a test can pin it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BackOff:
    """Exponential back-off with full jitter above a floor.

    Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015: full jitter spreads a herd
    best; the floor keeps a retry from coming back at once.
    """

    base_s: float
    cap_s: float

    def delay_s(self, retry: int, chance: float) -> float:
        """Seconds before retry number `retry` (1 = first); `chance` is uniform in [0, 1)."""
        ceiling = min(self.cap_s, self.base_s * 2.0 ** min(retry - 1, 32))
        return ceiling / 2 + chance * ceiling / 2


def snooze_delay_s(
    back_off: BackOff, snoozes: int, retry_after_s: float | None, chance: float
) -> float:
    """Seconds to wait after a 429: what the provider asked for plus up to a quarter, so that jobs which were
    told the same do not come back together; at least the back-off, since some providers name no time, a time
    that has passed, or the same second again and again."""
    own_s = back_off.delay_s(snoozes + 1, chance)
    if retry_after_s is None:
        return own_s
    return max(own_s, min(retry_after_s, back_off.cap_s) * (1 + chance / 4))
