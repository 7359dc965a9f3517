"""docs/webhooks.md keeps its word: its commands run, its receivers take what is signed and nothing else."""

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import TextIO

import httpx
import pytest

from tests.docs.test_api_page import PAGE as API_PAGE
from tests.docs.test_api_page import on_ports_of
from tests.docs.test_readme import BLOCK, FIREBASE
from tools.client import Addresses
from tools.seed import seed
from tools.setup import ROOT
from tools.suite import Suite

PAGE = (ROOT / "docs" / "webhooks.md").read_text(encoding="utf-8")
PORT = "8787"
WAITS_S = 300
LINE = re.compile(r"job\.completed generations/\S+ completed\n")


def blocks(page: str, language: str) -> list[str]:
    return [code for tag, code in BLOCK.findall(page) if tag == language]


KEY, REGISTER, LATER = blocks(API_PAGE, "sh")[0], *blocks(PAGE, "sh")
JSON = "-H 'Content-Type: application/json'"
ASKS = (
    f"""curl -s "$API/generate" -H "Authorization: Bearer $KEY" {JSON} -d '{{"prompt": "a fox"}}'"""
)


def shell(code: str, folder: Path) -> str:
    done = subprocess.run(
        ["/bin/bash", "-eu", "-o", "pipefail", "-c", code],
        cwd=folder,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=WAITS_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def command_of(language: str, folder: Path, port: int) -> list[str]:
    (code,) = blocks(PAGE, language)
    file = folder / {"python": "receiver.py", "js": "receiver.mjs"}[language]
    file.write_text(code.replace(PORT, str(port)), encoding="utf-8")
    if language == "python":
        return [sys.executable, "-u", str(file)]
    (folder / "node_modules").symlink_to(FIREBASE.parent)
    return [shutil.which("node") or "node", str(file)]


def _pass_on(said: TextIO, lines: "Queue[str]") -> None:
    for line in said:
        lines.put(line)


@contextmanager
def running(command: list[str], secret: str) -> Iterator["Queue[str]"]:
    """The lines that the receiver prints."""
    lines: Queue[str] = Queue()
    with subprocess.Popen(
        command,
        env={"PATH": os.environ["PATH"], "SECRET": secret},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        reader = Thread(target=_pass_on, args=(process.stdout, lines))
        reader.start()
        try:
            yield lines
        finally:
            process.terminate()
            reader.join()


def knock(port: int) -> int:
    """What the receiver answers to a message that nobody has signed; it may still be starting."""
    connection = httpx.HTTPTransport(retries=10)
    with httpx.Client(transport=connection, trust_env=False) as client:
        headers = {
            "webhook-id": "msg_1",
            "webhook-timestamp": "1",
            "webhook-signature": "v1,aGVsbG8=",
        }
        return client.post(f"http://127.0.0.1:{port}/hook", json={}, headers=headers).status_code


@pytest.mark.parametrize("language", ["python", "js"])
def test_a_receiver_of_the_page_is_told_of_a_job(
    language: str, suite: Suite, addresses: Addresses, tmp_path: Path
) -> None:
    port = free_port()
    seed(addresses)
    keeps = 'declare -p API KEY ID > kept.sh; printf %s "$SECRET" > secret'
    shell("\n".join([on_ports_of(suite, KEY), REGISTER.replace(PORT, str(port)), keeps]), tmp_path)
    secret = (tmp_path / "secret").read_text(encoding="utf-8")
    with running(command_of(language, tmp_path, port), secret) as lines:
        assert knock(port) == 400
        shell(f"source kept.sh\n{ASKS}", tmp_path)
        while not LINE.fullmatch(lines.get(timeout=WAITS_S)):
            pass  # what Flask says of itself
        said = shell(f"source kept.sh\n{LATER}", tmp_path)
    assert '"status": "delivered"' in said
    assert said.count("whsec_") == 1  # the new one: no list tells a secret
