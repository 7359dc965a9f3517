"""Says whether the written contract is as the models are; with `--write`, writes it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from tools.console import complain, say
from tools.setup import ROOT

sys.path.insert(0, str(ROOT / "functions"))


def main(arguments: list[str]) -> int:
    # The models' folder is on the path only now.
    from tools.contract_docs.contents import undocumented  # noqa: PLC0415
    from tools.contract_docs.files import files, stale  # noqa: PLC0415

    unsaid = list(undocumented())
    for field in unsaid:
        complain(f"{field} has no string below it that says what it means")
    if unsaid:
        return 1
    if "--write" in arguments:
        write(files())
        return 0
    old = stale(ROOT)
    for path in old:
        complain(f"{path} is not as the models are; run `make docs` and read the difference")
    if not old:
        say("The written contract is as the models are")
    return 1 if old else 0


def write(texts: Mapping[str, str]) -> None:
    for path, text in texts.items():
        Path(ROOT / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
