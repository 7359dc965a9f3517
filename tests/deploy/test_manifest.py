"""The golden manifest: what `firebase deploy` would be told, so that a review sees what changes."""

import os
import subprocess
import sys
from pathlib import Path

FUNCTIONS = Path(__file__).parents[2] / "functions"
GOLDEN = Path(__file__).parent / "manifest.yaml"
PRINT_MANIFEST = """
import sys
from firebase_functions.private.serving import functions_as_yaml, get_functions
sys.stdout.write(functions_as_yaml(get_functions()))
"""


def test_what_would_be_deployed_is_what_was_reviewed() -> None:
    """After a wanted change: `UPDATE_GOLDEN=1` writes the file anew, and the diff is the review."""
    ran = subprocess.run(
        [sys.executable, "-c", PRINT_MANIFEST],
        cwd=FUNCTIONS,
        env={"PATH": os.environ["PATH"], "GCLOUD_PROJECT": "demo-mediaforge"},
        capture_output=True,
        text=True,
        check=True,
    )
    if "UPDATE_GOLDEN" in os.environ:
        GOLDEN.write_text(ran.stdout, encoding="utf-8")
    assert ran.stdout == GOLDEN.read_text(encoding="utf-8")
