"""How often what has failed for good may be tried again for its user. Pure."""

from mediaforge.domain.errors import IllegalStateError

REPLAYS_MAX = 3


def check_replays(times: int) -> None:
    """Raises IllegalStateError for a request that has been repeated `times` times already and failed each
    time: it is not the provider's trouble any more, but the request's own."""
    if times >= REPLAYS_MAX:
        raise IllegalStateError(
            f"The request was repeated {times} times, and failed each time. Look into it, and purge it; "
            "or repeat it once more with force.",
            limit=REPLAYS_MAX,
        )
