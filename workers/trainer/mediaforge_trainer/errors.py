"""How a training can end without weights, by the exit statuses of docs/trainer.md. Any other status is a
crash, which is tried again.

No message quotes the customer: the container's log is read by whoever runs the project.
"""

EX_DATAERR = 65
"""The pictures cannot be used: the job fails at once, and is not charged."""
EX_CONFIG = 78
"""The container cannot do what it was set up for: an operator has to see to it, and nothing is repeated."""


class UnusableError(Exception):
    """The pictures are no training set."""

    status = EX_DATAERR


class MisconfiguredError(Exception):
    """The base model, or a setting, is none that this container can use."""

    status = EX_CONFIG
