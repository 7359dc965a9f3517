"""Where credits are paid for."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Order:
    """Credits for an account, and what they cost in cents of `currency` (`usd`). `user_id` is who buys them.
    Two orders of one `key` are one order: whoever sends it again is not charged twice."""

    key: str
    account_id: str
    user_id: str
    credits: int
    price_cents: int
    currency: str


class Checkout(Protocol):
    def open(self, order: Order) -> str:
        """The address of a page where the order can be paid, for a day. The credits come with the event of
        its payment. Raises BusyError, and RequestIdReusedError for a key that another order has."""
        ...
