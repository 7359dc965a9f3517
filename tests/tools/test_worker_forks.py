"""Functions' workers are forks of one process: each is what functions-framework would be by itself."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import uuid
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tools.firebase import PRELOADED
from tools.setup import FIREBASE_TOOLS, FUNCTIONS_VENV, ROOT
from tools.worker_forks import HOST

FORKS = ROOT / "tools" / "worker_forks.py"
LIMIT_S = 120
MAIN = """
import os, sys
import functions_framework

print("loaded by", os.environ["FUNCTION_TARGET"])

@functions_framework.http
def tell(request):
    return {
        "pid": os.getppid(), "folder": os.getcwd(), "secret": os.environ.get("SECRET"),
        "stranger": os.environ.get("STRANGER"), "argv": sys.argv, "path": sys.path,
    }
"""
# As functionsEmulator.js starts two workers, asks each once it listens, and ends them; then the code changes.
START = """
const { EventEmitter } = require("events");
const http = require("http");
const fs = require("fs");
const python = require("./node_modules/firebase-tools/lib/functions/python");
const { RuntimeWorkerPool } = require("./node_modules/firebase-tools/lib/emulator/functionsRuntimeWorker");
const [folder, ...ports] = process.argv.slice(1);
const start = (port, secret) => {
  const worker = python.runWithVirtualEnv(["functions-framework"], folder, {
    PYTHONUNBUFFERED: "1", DEBUG: "False", HOST: "127.0.0.1", PORT: port, SECRET: secret,
    FUNCTION_TARGET: "tell", FUNCTION_SIGNATURE_TYPE: "http",
  });
  worker.printed = "";
  worker.stdout.on("data", (data) => { worker.printed += data; });
  worker.stderr?.on("data", (data) => { worker.printed += data; });
  worker.ended = new Promise((resolve) => worker.on("exit", resolve));
  return worker;
};
const ask = (port) => new Promise((resolve) => {
  const again = () => setTimeout(() => ask(port).then(resolve), 50);
  http.get({ host: "127.0.0.1", port, agent: false }, (answer) => {
    let body = "";
    answer.on("data", (data) => { body += data; });
    answer.on("end", () => resolve({ ...JSON.parse(body), server: answer.headers.server }));
  }).on("error", again);
});
(async () => {
  const workers = [start(ports[0], "a"), start(ports[1], "b")];
  const answers = await Promise.all(ports.slice(0, 2).map(ask));
  workers.forEach((worker) => worker.kill());
  await Promise.all(workers.map((worker) => worker.ended));
  const pids = workers.map((worker) => worker.pid);
  fs.writeFileSync(`${folder}/main.py`, "raise ValueError('not any more')");
  new RuntimeWorkerPool().refresh();
  const broken = start(ports[2], "c");
  await broken.ended;
  console.log(JSON.stringify({ answers, pids, printed: [...workers, broken].map((one) => one.printed) }));
  process.exit(0);
})();
"""


@dataclass
class Forks:
    process: subprocess.Popen[str]
    token: str
    port: int

    def start(self, folder: Path, token: str, **environment: str) -> socket.socket:
        connection = socket.create_connection((HOST, self.port), timeout=LIMIT_S)
        asked = {"token": token, "folder": str(folder), "environment": environment}
        connection.sendall(f"{json.dumps(asked)}\n".encode())
        return connection


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "venv").symlink_to(FUNCTIONS_VENV)
    (tmp_path / "main.py").write_text(MAIN, encoding="utf-8")
    return tmp_path


@pytest.fixture
def forks(folder: Path) -> Iterator[Forks]:
    token = uuid.uuid4().hex
    with subprocess.Popen(
        [FUNCTIONS_VENV / "bin" / "python", "-u", "-I", FORKS],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{token}\n")
        process.stdin.flush()
        yield Forks(process, token, int(process.stdout.readline()))
        process.kill()


def free_port() -> str:
    with closing(socket.create_server((HOST, 0))) as server:
        return str(server.getsockname()[1])


def started(folder: Path, *, forked: bool) -> Mapping[str, Any]:
    preloaded = [f"--require={file}" for file in PRELOADED] if forked else []
    command = ["node", *preloaded, "--eval", START, str(folder), *(free_port() for _ in range(3))]
    environment = os.environ | {"STRANGER": "of the suite"}
    printed = subprocess.check_output(
        command, cwd=ROOT, env=environment, text=True, timeout=LIMIT_S, stderr=subprocess.PIPE
    )
    found: Mapping[str, Any] = json.loads(printed.splitlines()[-1])
    return found


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_workers_are_what_they_would_be_by_themselves(folder: Path) -> None:
    found = started(folder, forked=True)

    own = {"folder": str(folder), "stranger": "of the suite", "server": "gunicorn"}
    first, second = (own | {"secret": secret} for secret in ("a", "b"))
    assert [{name: answer[name] for name in first} for answer in found["answers"]] == [
        first,
        second,
    ]
    assert [answer["pid"] for answer in found["answers"]] == found["pids"]
    assert not any(is_running(pid) for pid in found["pids"])
    for answer in found["answers"]:
        assert answer["argv"] == ["functions-framework"]
        assert str(ROOT / "tools") not in answer["path"]
    assert all("loaded by tell" in printed for printed in found["printed"][:2])


def test_a_worker_whose_code_cannot_be_loaded_says_why_and_ends(folder: Path) -> None:
    *_, printed = started(folder, forked=True)["printed"]

    assert printed.rstrip().endswith("ValueError: not any more")


def test_they_cost_one_start_and_not_one_each(forks: Forks, folder: Path) -> None:
    """Of a second worker's start, next to nothing is importing: it finds the packages loaded."""
    (folder / "main.py").write_text("import sys\nassert 'gunicorn.app.base' in sys.modules\n1/0\n")

    with (
        forks.start(folder, forks.token, FUNCTION_TARGET="tell") as worker,
        worker.makefile() as printed,
    ):
        assert "ZeroDivisionError" in printed.read()


@pytest.mark.parametrize("line", ["", "{}\n", "[]\n", "no JSON\n", '{"token": "another"}\n'])
def test_who_does_not_know_the_token_gets_nothing(forks: Forks, folder: Path, line: str) -> None:
    with socket.create_connection((HOST, forks.port), timeout=LIMIT_S) as stranger:
        stranger.sendall(line.encode())
        stranger.shutdown(socket.SHUT_WR)
        assert stranger.recv(1) == b""

    with forks.start(folder, forks.token, FUNCTION_TARGET="none") as worker:
        assert int(worker.makefile().readline()) > 0


def test_it_ends_with_the_process_that_started_it(forks: Forks) -> None:
    assert forks.process.stdin is not None
    forks.process.stdin.close()

    assert forks.process.wait(LIMIT_S) == 0


def test_other_commands_are_run_as_ever(folder: Path) -> None:
    script = """
const python = require("./node_modules/firebase-tools/lib/functions/python");
python.runWithVirtualEnv(["echo", "$VIRTUAL_ENV"], process.argv[1], {}, { stdio: "inherit" });
"""
    preloaded = [f"--require={file}" for file in PRELOADED]
    command = ["node", *preloaded, "--eval", script, str(folder)]
    printed = subprocess.check_output(command, cwd=ROOT, text=True, timeout=LIMIT_S)

    assert Path(printed.strip()).name == "venv"


def test_firebase_tools_starts_workers_in_the_way_that_is_replaced() -> None:
    emulator = (FIREBASE_TOOLS.parents[1] / "emulator" / "functionsEmulator.js").read_text("utf-8")

    assert 'const args = ["functions-framework"];' in emulator
    assert "(0, python_1.runWithVirtualEnv)(args, backend.functionsDir, {" in emulator
    assert ".workerPools[emulatableBackend.codebase].refresh();" in emulator
