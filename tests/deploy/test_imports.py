"""What importing `main` loads: every callable and every trigger pays for it at each cold start."""

import json
import os
import subprocess
import sys
from pathlib import Path

FUNCTIONS = Path(__file__).parents[2] / "functions"
HEAVY = (
    "google.genai",
    "google.cloud.aiplatform",
    "google.cloud.aiplatform_v1",
    "PIL",
    "numpy",
    "av",
)
LIST_MODULES = "import json, sys, main; print(json.dumps(sorted(sys.modules)))"


def test_importing_main_loads_no_heavy_sdk_and_looks_for_no_account() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", LIST_MODULES],
        cwd=FUNCTIONS,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(json.loads(ran.stdout))
    assert "mediaforge.entrypoints.callables" in loaded
    assert loaded.isdisjoint(HEAVY)
