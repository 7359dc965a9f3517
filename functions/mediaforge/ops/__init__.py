"""The operators' command: `python -m mediaforge.ops`. It is run from a checkout, and is no part of what is
deployed.

It has no logic of its own: every verb calls the services that the callables use, or those of
`services/operate`. A group of verbs is a module here with a line in `command.py`."""
