"""The lanes, which keep free work from crowding out paid work. Pure."""

from enum import StrEnum


class Lane(StrEnum):
    """Whether what an account starts is paid for: its tier says so."""

    FREE = "free"
    PAID = "paid"
