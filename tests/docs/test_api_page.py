"""docs/api.md keeps its word: its commands run in a shell, as they stand there, with nothing but curl."""

import json
import os
import re
import subprocess
from pathlib import Path

from mediaforge.domain.media_type import image_type
from tests.docs.test_readme import BLOCK
from tools.client import Addresses
from tools.seed import seed
from tools.setup import ROOT
from tools.suite import Suite

PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
ENDS_WITHIN_S = 600


def on_ports_of(suite: Suite, code: str) -> str:
    """The page's commands on the ports of this suite instead of those of `make serve`."""
    served = json.loads((ROOT / "firebase.json").read_text(encoding="utf-8"))["emulators"]
    for name in ("auth", "functions"):
        code, found = re.subn(rf"\b{served[name]['port']}\b", str(suite.ports[name]), code)
        assert found == 1, f"docs/api.md does not name the port of {name} once"
    return code


def test_every_command_of_the_page_runs_as_it_stands_there(
    suite: Suite, addresses: Addresses, tmp_path: Path
) -> None:
    seed(addresses)
    code = "".join(text for language, text in BLOCK.findall(PAGE) if language == "sh")
    ran = subprocess.run(
        ["/bin/bash", "-eu", "-o", "pipefail", "-c", on_ports_of(suite, code)],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=ENDS_WITHIN_S,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    job = json.loads((tmp_path / "job.json").read_text(encoding="utf-8"))
    assert job["status"] == "completed"
    assert image_type((tmp_path / "lighthouse.png").read_bytes()) == ("png", "image/png")
    batch = json.loads((tmp_path / "batch.json").read_text(encoding="utf-8"))
    assert (batch["status"], batch["counts"]["completed"]) == ("completed", 2)
    rows = json.loads((tmp_path / "rows.json").read_text(encoding="utf-8"))
    assert [row["status"] for row in rows["items"]] == ["completed"] * 2
    assert "mf_test_" in ran.stdout
    assert '"reason": "invalid-request"' in ran.stdout
    assert "HTTP/1.1 404" in ran.stdout
