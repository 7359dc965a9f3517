"""The wire and the documents: pydantic models, and the only place that knows how they are spelled."""
