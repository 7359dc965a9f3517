"""Models that make media: a module a provider, or a package of those that share a client."""
