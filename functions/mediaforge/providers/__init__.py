"""Providers of models: a module for each, or a package for those that share a client."""
