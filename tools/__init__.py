"""The tools behind the make targets: set-up, the emulator suite, its ports, its ticker."""
