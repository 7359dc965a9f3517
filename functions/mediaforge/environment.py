"""Where this process runs. That decides what may exist there and what may be logged."""

import os


def is_discovered() -> bool:
    """Whether firebase-tools has started this process to ask which functions
    there are. It serves no requests."""
    return "ADMIN_PORT" in os.environ


def is_emulated() -> bool:
    """Whether the database is an emulator: then nothing here can cost money or reach a stranger."""
    return "FIRESTORE_EMULATOR_HOST" in os.environ
