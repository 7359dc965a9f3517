"""MediaForge: a serverless backend for generated media."""

VERSION = "0.1.0"
