"""gcloud's own linter: it knows the commands and options, and needs no network. It checks no values."""

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

ON_THIS_MACHINE = shutil.which("gcloud")
needs_gcloud = pytest.mark.skipif(ON_THIS_MACHINE is None, reason="there is no gcloud here")


def refused(commands: Sequence[str], folder: Path) -> list[tuple[str, str]]:
    """The commands that gcloud would refuse, each with what it says. Keeps its settings in the folder."""
    assert commands
    file = folder / "commands.md"
    file.write_text("\n".join(["```sh", *commands, "```", ""]), encoding="utf-8")
    words = [
        *(ON_THIS_MACHINE or "", "meta", "lint-gcloud-commands"),
        *(f"--commands-text-file={file}", "--format=json"),
    ]
    settings = {"CLOUDSDK_CONFIG": str(folder / "gcloud"), "CLOUDSDK_CORE_DISABLE_PROMPTS": "1"}
    ran = subprocess.run(
        words, env={**os.environ, **settings}, capture_output=True, text=True, check=False
    )
    looked = _values(ran.stdout)
    assert len(looked) >= len(commands), ran.stdout + ran.stderr
    return [
        (each["command_string"], each["error_message"]) for each in looked if not each["success"]
    ]


def _values(text: str) -> list[dict[str, str]]:
    """It prints one JSON value behind the other, some of them lists."""
    found: list[dict[str, str]] = []
    while text := text.lstrip():
        value, end = json.JSONDecoder().raw_decode(text)
        found += value if isinstance(value, list) else [value]
        text = text[end:]
    return found
