"""What is served: the product with an instant provider, and the floor. Runs in functions/venv."""
