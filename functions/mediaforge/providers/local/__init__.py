"""The built-in renderer: it paints and films by itself, everywhere, for nothing."""
