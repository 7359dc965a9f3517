"""The lanes that keep free work from crowding out what is paid for. Pure."""

from enum import StrEnum


class Lane(StrEnum):
    """Whether what an account starts is paid for: its tier says so."""

    FREE = "free"
    PAID = "paid"
