"""Gemini, Veo, Omni and trainings on Vertex AI: a module for each, over a shared client and shared mappings
of errors."""
