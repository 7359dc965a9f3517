"""Gemini, Veo and trainings on Vertex AI: a module for each, over one client and one mapping of errors."""
