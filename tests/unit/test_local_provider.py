"""The built-in renderer's crashes: where exactly the process dies."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

FUNCTIONS = Path(__file__).parents[2] / "functions"
DELIVER = """
import sys
from mediaforge.ports import ProviderRequest
from mediaforge.providers.local import LocalProvider

prompt, attempt = sys.argv[1], int(sys.argv[2])
request = ProviderRequest("j", "local-image", prompt, "", None, 64, 64, 2, 1, attempt, 0)
for _ in LocalProvider(obeys_tags=True).start(request).assets:
    print("saved", flush=True)
print("done")
"""


def deliver(prompt: str, attempt: int) -> tuple[int, list[str]]:
    ran = subprocess.run(
        [sys.executable, "-c", DELIVER, prompt, str(attempt)],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(FUNCTIONS)},
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.returncode, ran.stdout.split()


@pytest.mark.parametrize(
    ("tag", "saved"), [("[[crash:before-save]]", []), ("[[crash:after-save]]", ["saved", "saved"])]
)
def test_the_process_dies_where_the_tag_says_on_the_first_attempt_only(
    tag: str, saved: list[str]
) -> None:
    assert deliver(tag, attempt=1) == (137, saved)
    assert deliver(tag, attempt=2) == (0, ["saved", "saved", "done"])
