"""Payment pages, in memory: which orders there are, and what is answered."""

from dataclasses import dataclass, field

from mediaforge.domain.errors import RequestIdReusedError
from mediaforge.ports.checkout import Order


@dataclass
class MemoryCheckout:
    """`errors` are raised by the next orders, one each."""

    errors: list[Exception] = field(default_factory=list)
    orders: dict[str, Order] = field(default_factory=dict)

    def open(self, order: Order) -> str:
        if self.errors:
            raise self.errors.pop(0)
        if self.orders.setdefault(order.key, order) != order:
            raise RequestIdReusedError("This requestId was used for another purchase.")
        return f"https://pay.example.com/{list(self.orders).index(order.key)}"
