"""Firestore, Cloud Tasks and Storage behind the ports. Their in-memory twins are in `tests/memory`."""
