"""Checks the books of a running suite: `make invariants`, in another terminal than `make serve`.

The same check that a deployment runs every night, over everything there is instead of the last day.
Prints each document that is wrong, with what was expected; the exit status is 1 when there is one.
"""

from __future__ import annotations

import logging
import os
import sys
from datetime import timedelta

import httpx

from tools.console import complain, say
from tools.firebase import client_environment
from tools.ports import HOST, PortError, Ports, read_ports
from tools.setup import ROOT

ANSWER_LIMIT_S = 60.0
EVERYTHING = timedelta(days=36_500)


def main() -> int:
    try:
        ports = read_ports(ROOT / "firebase.json")
    except PortError as error:
        complain(str(error))
        return 2
    if not _is_running(ports):
        complain(f"No suite answers on port {ports['firestore']}: start one with make serve.")
        return 2
    return check(ports)


def check(ports: Ports) -> int:
    os.environ |= client_environment(ports)
    sys.path.insert(0, str(ROOT / "functions"))
    from mediaforge import bootstrap  # noqa: PLC0415 - reads the environment that was just set
    from mediaforge.services.watch.invariants import check_invariants  # noqa: PLC0415

    logging.disable()  # the findings are printed below
    violations = check_invariants(bootstrap.backend(), EVERYTHING)
    for wrong in violations:
        say(
            f"{wrong.document}: {wrong.rule}\n  expected {wrong.expected}\n  found    {wrong.found}"
        )
    say(f"{len(violations)} violations" if violations else "Every promise of the books holds.")
    return 1 if violations else 0


def _is_running(ports: Ports) -> bool:
    try:
        httpx.get(f"http://{HOST}:{ports['firestore']}", timeout=ANSWER_LIMIT_S, trust_env=False)
    except httpx.TransportError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
