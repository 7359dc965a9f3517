"""A limit per minute that needs one number: the moment by which everything counted is forgotten. Pure.

Each count moves that moment on by its share of a minute. So a whole minute's worth passes at once, and after
that as many as the limit allows on average.
"""

PERIOD_S = 60.0
_ROUNDING_S = 0.001


def wait_s(forgotten_at_s: float, limit: int, now_s: float) -> float:
    """Seconds until one more may be counted; 0 if it may be now."""
    left_s = count(forgotten_at_s, limit, now_s) - now_s - PERIOD_S
    return left_s if left_s > min(_ROUNDING_S, PERIOD_S / limit / 2) else 0.0


def count(forgotten_at_s: float, limit: int, now_s: float) -> float:
    """The moment after one more count. A clock that was ahead shuts nobody out for longer than a minute."""
    since_s = min(max(forgotten_at_s, now_s), now_s + PERIOD_S)
    return since_s + PERIOD_S / limit


def left(forgotten_at_s: float, limit: int, now_s: float) -> int:
    """How many may be counted now, one after the other."""
    used = max(0.0, forgotten_at_s - now_s) * limit / PERIOD_S
    return max(0, int(limit - used + _ROUNDING_S))
