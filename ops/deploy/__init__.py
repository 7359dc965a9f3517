"""Deploys MediaForge into a project: `python -m ops.deploy staging` says what it would do, and with `--apply`
does it. docs/deploy.md is its manual, `deployment.toml` what it goes by."""
