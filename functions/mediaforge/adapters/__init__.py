"""Firestore, Cloud Tasks, Storage and their in-memory twins, behind the ports."""
