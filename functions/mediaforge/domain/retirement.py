"""When a model ends: the day from which its owner may shut it down, and how near that is."""

from datetime import date, timedelta

NOTICE_DAYS = 90
"""So long before that day it is said wherever the model is shown."""


def is_past(retires: date | None, today: date) -> bool:
    """Whether the model may have been shut down by now."""
    return retires is not None and retires <= today


def is_near(retires: date | None, today: date) -> bool:
    """Whether that day is near, or past."""
    return retires is not None and retires - timedelta(days=NOTICE_DAYS) <= today


def warning(model_id: str, retires: date | None, heir: str | None, today: date) -> str | None:
    """A sentence about a model whose end is near; None for any other. `heir` takes its place."""
    if retires is None or not is_near(retires, today):
        return None
    when = "has been possible since" if is_past(retires, today) else "is possible from"
    then = f"then {heir} takes its place" if heir else "nothing takes its place"
    return f"The end of {model_id} {when} {retires.isoformat()}; {then}."
