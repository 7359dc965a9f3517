"""Checks the studio in `web`: format, lint, types, unit tests. It prints what the tools say."""

from __future__ import annotations

import subprocess
import sys

from tools.setup import STUDIO, node_environment


def main() -> int:
    command = ["npm", "run", "--silent", "check"]
    return subprocess.run(command, cwd=STUDIO, env=node_environment(), check=False).returncode  # noqa: S603 - ours


if __name__ == "__main__":
    sys.exit(main())
