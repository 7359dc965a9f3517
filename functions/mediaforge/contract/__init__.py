"""Requests, answers and documents as pydantic models: the only place that knows how they are written."""
