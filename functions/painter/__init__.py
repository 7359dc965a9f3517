"""Paints and films without a network and without a model: Pillow, PyAV, and rules. Knows nothing of
MediaForge, which uses it on the emulators and in the GPU worker's container only; it is never deployed."""
