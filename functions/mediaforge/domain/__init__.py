"""The rules: pure values and functions. Nothing here reads a clock, a database or a setting."""
