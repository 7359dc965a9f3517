"""What several tests share: a world in memory, faults, clients of the emulators."""
