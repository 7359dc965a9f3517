"""Models that make media, one module a provider."""
