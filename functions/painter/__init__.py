"""Makes pictures and videos without a network and without a model, by Pillow, PyAV and rules. The package
knows nothing of MediaForge, which uses it on the emulators and in the GPU worker's container only; it is
never deployed."""
