"""A clock that goes when it is told to."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass
class ManualClock:
    """Time that passes when it is told to."""

    moment: datetime
    while_asleep: Callable[[], object] = lambda: (
        None
    )  # what happens elsewhere while somebody sleeps

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        """Does not wait, but moves the time forward for all users of this clock."""
        self.advance(seconds)
        self.while_asleep()

    def advance(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)
