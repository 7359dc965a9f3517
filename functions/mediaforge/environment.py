"""Where this process runs, which decides what may be there and what may be said."""

import os


def is_discovered() -> bool:
    """Whether firebase-tools asks what there is to deploy, or to emulate, and nothing is served."""
    return "ADMIN_PORT" in os.environ


def is_emulated() -> bool:
    """Whether the database is an emulator: then nothing here can cost money or reach a stranger."""
    return "FIRESTORE_EMULATOR_HOST" in os.environ
