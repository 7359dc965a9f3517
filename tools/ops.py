"""The operators' command on the running suite: `make ops ARGS="…"`, in another terminal than `make serve`.
With `--project` it is the same command on a project."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from tools.console import complain
from tools.firebase import client_environment
from tools.ports import PortError, read_ports
from tools.setup import ROOT

WRONG = 2


def main(arguments: Sequence[str]) -> int:
    names_project = any(each.partition("=")[0] == "--project" for each in arguments)
    if not names_project and not os.environ.get("MEDIAFORGE_PROJECT"):
        try:
            os.environ |= client_environment(read_ports(ROOT / "firebase.json"))
        except PortError as error:
            complain(str(error))
            return WRONG
    sys.path.insert(0, str(ROOT / "functions"))
    from mediaforge.ops import command  # noqa: PLC0415 - reads the environment that was just set

    return command.main(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
