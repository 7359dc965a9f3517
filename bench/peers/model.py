"""The model that every contender asks: a picture of the project's painter, after as many seconds as the
prompt says. What it was asked, and what it made, is noted in a file: each question is on the model's bill.

A picture takes the painter seconds of this machine's processor, which would hide what is compared; so each
process has it painted once, and answers that picture from then on.
"""

import json
import os
import re
import time
from functools import cache
from pathlib import Path

EDGE_PX = 1024
ASKED, MADE = "asked", "made"
_SLEEP = re.compile(r"\[\[sleep:(\d+)\]\]")


def prompt_of(key: str, model_s: int) -> str:
    """The prompt of the job that its caller named `key`."""
    return f"a lighthouse at dusk, {key} [[sleep:{model_s}]]"


def generate(prompt: str) -> bytes:
    """A PNG of EDGE_PX²."""
    _note(ASKED, prompt)
    time.sleep(sum(map(int, _SLEEP.findall(prompt))))
    picture = _painted()
    _note(MADE, prompt)
    return picture


@cache
def _painted() -> bytes:
    from painter.painting import paint  # noqa: PLC0415 - no function loads its model's SDK with its own module

    return paint("a lighthouse at dusk", seed=1, width=EDGE_PX, height=EDGE_PX)


def _note(event: str, prompt: str) -> None:
    if file := os.environ.get("BENCH_MODEL_FILE"):
        with Path(file).open("a") as lines:
            lines.write(json.dumps({"event": event, "prompt": prompt, "at_s": time.time()}) + "\n")
