"""Checks the types of `clients/sheets`. Its compiler is installed when this runs first."""

from __future__ import annotations

import sys

from tools.commands import run
from tools.console import complain
from tools.setup import CLIENT_SHEETS, SetupError, ensure, node_environment, sheets_steps


def main() -> int:
    try:
        ensure(sheets_steps())
    except SetupError as error:
        complain(str(error))
        return 1
    compiler = CLIENT_SHEETS / "node_modules" / "typescript" / "bin" / "tsc"
    checked = run(["node", str(compiler), "-p", str(CLIENT_SHEETS), "--noEmit"], node_environment())
    if checked.returncode:
        complain(checked.stdout)
    return checked.returncode


if __name__ == "__main__":
    sys.exit(main())
