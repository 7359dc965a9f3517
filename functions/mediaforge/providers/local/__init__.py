"""The built-in renderer: it makes pictures and videos by itself, without a network and without cost."""
