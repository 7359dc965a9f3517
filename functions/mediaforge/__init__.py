"""MediaForge: a serverless backend for generated media."""
