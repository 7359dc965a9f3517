"""Checks the catalogue as a deploy does: its values, and that each model, provider and queue in it exists."""

from __future__ import annotations

import importlib
import os
import sys

from tools.console import complain, say
from tools.setup import ROOT


def main() -> int:
    sys.path.insert(0, str(ROOT / "functions"))
    os.environ["ADMIN_PORT"] = "0"  # with it `main` declares its functions, as for firebase-tools
    from mediaforge import assembly  # noqa: PLC0415 - its folder is on the path only now
    from mediaforge.domain.errors import CatalogueError  # noqa: PLC0415

    try:
        importlib.import_module("main")
    except CatalogueError as error:
        complain(str(error))
        return 1
    say(f"The catalogue: {len(assembly.catalogue().models)} models, and every name in it is there")
    return 0


if __name__ == "__main__":
    sys.exit(main())
