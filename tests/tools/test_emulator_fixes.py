"""What is preloaded into firebase-tools mends its faults, and firebase-tools still has them there."""

from __future__ import annotations

import json
import subprocess
import threading
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tools.firebase import PRELOADED, start_command
from tools.setup import FIREBASE_TOOLS, ROOT

# As functionsRuntimeWorker.js asks a worker: by http.request, with the caller's own headers.
ASK_TWICE = """
const http = require("http");
const ask = () => new Promise((resolve, reject) => {
  const headers = {connection: "keep-alive"};
  const request = http.request({host: "127.0.0.1", port: process.argv[1], headers}, (answer) => {
    answer.resume();
    answer.on("end", () => setImmediate(resolve));
  });
  request.on("error", reject);
  request.end();
});
ask().then(ask).then(() => process.exit(0));
"""
# As functionsEmulator.js looks for the port of a worker, which listens there much later.
FIND_TWICE = """
const its = {paths: ["./node_modules/firebase-tools/lib/emulator"]};
const portfinder = require(require.resolve("portfinder", its));
const find = () => portfinder.getPortPromise({port: 18081});
Promise.all([find(), find(), find()]).then((ports) => console.log(JSON.stringify(ports)));
"""
# As registry.js waits for an emulator, which listens a little later than firebase-tools waits.
LISTEN_LATE = """
const portUtils = require("./node_modules/firebase-tools/lib/emulator/portUtils");
const server = require("net").createServer();
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address();
  server.close(() => {
    const waits = portUtils.waitForPortUsed(port, "127.0.0.1", 1);
    setTimeout(() => server.listen(port, "127.0.0.1"), 1000);
    const say = (text) => { console.log(text); process.exit(0); };
    waits.then(() => say("listens"), () => say("gave up"));
  });
});
"""
# As files.js tells the functions of a file; what is posted to them.
TELL = """
const path = "./node_modules/firebase-tools/lib/emulator/storage/cloudFunctions";
const { StorageCloudFunctions } = require(path);
const told = [];
const client = {post: async (_, event) => (told.push(event.data.name), {status: 200})};
const storage = Object.assign(Object.create(StorageCloudFunctions.prototype), {enabled: true, client});
(async () => {
  for (const name of ["references/ann/a.png", "generating/ann/image/a.png", "references"]) {
    await storage.dispatch("finalize", {bucket: "b", name});
    await storage.dispatch("delete", {bucket: "b", name});
  }
  console.log(JSON.stringify(told));
})();
"""
# As storage/server.js serves what a client asks for; the names that it looks for.
ASK_FOR_FILES = """
const { createFirebaseEndpoints } = require(
  "./node_modules/firebase-tools/lib/emulator/storage/apis/firebase");
const names = [];
const router = createFirebaseEndpoints({
  storageLayer: {
    createBucket() {},
    getObject({ decodedObjectId }) { names.push(decodedObjectId); throw new Error("enough"); },
  },
  rulesManager: { getRuleset: () => true },
});
process.on("unhandledRejection", (error) => {
  if (error.message !== "enough") names.push(error.name);
});
const ask = (name) =>
  router({ method: "GET", url: `/b/b/o/${encodeURIComponent(name)}?alt=media`, query: {}, header() {} },
    {}, () => {});
ask("references/ann/a b ü.png");
ask("references/ann/50%25 off.png");
ask("references/ann/100% #1?.png");
setTimeout(() => console.log(JSON.stringify(names)), 200);
"""
# As functionsEmulator.js waits for a worker that has just started.
WAIT = """
const path = "./node_modules/firebase-tools/lib/emulator/functionsRuntimeWorker";
const { RuntimeWorker } = require(path);
const worker = Object.assign(Object.create(RuntimeWorker.prototype), {
  runtime: {conn: {httpReqOpts: () => ({host: "127.0.0.1", port: process.argv[1]})}},
  readyForWork() { console.log("ready"); },
});
worker.waitForSocketReady().then(() => process.exit(0));
"""
# As functionsEmulator.js adds workers to the pool of a function. Their timers are run by hand; what is
# printed are their states once two have ended, or a second later.
IDLE = """
const path = "./node_modules/firebase-tools/lib/emulator/functionsRuntimeWorker";
const { EventEmitter } = require("events");
const { spawn } = require("child_process");
const { RuntimeWorkerPool } = require(path);
const wait = setTimeout;
const timers = new Set();
global.setTimeout = (run) => { const each = {run, unref() {}}; timers.add(each); return each; };
global.clearTimeout = (each) => timers.delete(each);
const pool = new RuntimeWorkerPool();
const runtime = () => ({
  process: spawn("sleep", [process.argv[1]]), events: new EventEmitter(),
});
const workers = [1, 2, 3, 4].map(() =>
  pool.addWorker({id: "us-central1-run", timeoutSeconds: 60}, runtime(), undefined, "python311"));
workers.forEach((worker) => worker.readyForWork());
workers[1].state = "BUSY";
const states = () => workers.map((worker) => worker.state);
const look = (left) => {
  if (left && states().filter((state) => state === "FINISHED").length < 2) return wait(look, 20, left - 1);
  console.log(JSON.stringify(states()));
  process.exit(0);
};
wait(() => { for (const each of [...timers]) each.run(); look(process.argv[2]); }, 300);
"""


# As downloadableEmulators.js and, by cross-spawn, runtime.js start Java. What each program was given.
START_JAVA = """
const run = (spawn, program) => new Promise((resolve) => {
  let given = "";
  const started = spawn(program, ["-jar", "an.jar"], {env: {PATH: process.argv[1]}});
  started.stdout.on("data", (data) => (given += data));
  started.on("close", () => resolve(given.trim()));
});
const its = {paths: ["./node_modules/firebase-tools/lib/emulator"]};
const crossSpawn = require(require.resolve("cross-spawn", its)).spawn;
const childProcess = require("child_process");
(async () => console.log(JSON.stringify([
  await run(childProcess.spawn, "java"), await run(crossSpawn, "java"),
  await run(childProcess.spawn, "other"),
])))();
"""


@pytest.fixture
def worker() -> Iterator[tuple[int, set[int], list[str]]]:
    """A server that would keep a connection open: its port, the ports that it was asked from, and the
    paths."""
    callers: set[int] = set()
    paths: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            callers.add(self.client_address[1])
            paths.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Nothing: the test looks at the callers."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port, callers, paths
        server.shutdown()
        thread.join()


def node(script: str, *arguments: str, preloaded: bool = True) -> str:
    options = [f"--require={PRELOADED[0]}"] if preloaded else []
    command = ["node", *options, "--eval", script, *arguments]
    return subprocess.check_output(command, cwd=ROOT, text=True, timeout=120)


@pytest.mark.parametrize(("preloaded", "connections"), [(True, 2), (False, 1)])
def test_each_request_to_a_worker_has_a_connection_of_its_own(
    preloaded: bool, connections: int, worker: tuple[int, set[int], list[str]]
) -> None:
    port, callers, _ = worker

    node(ASK_TWICE, str(port), preloaded=preloaded)

    assert len(callers) == connections


def test_workers_that_start_at_once_get_different_ports() -> None:
    ports = json.loads(node(FIND_TWICE))

    assert len(set(ports)) == 3


@pytest.mark.parametrize(("preloaded", "said"), [(True, "listens"), (False, "gave up")])
def test_an_emulator_that_listens_late_is_waited_for(preloaded: bool, said: str) -> None:
    assert node(LISTEN_LATE, preloaded=preloaded).strip() == said


@pytest.mark.parametrize(("preloaded", "path"), [(True, "/robots.txt"), (False, "/__/health")])
def test_a_new_worker_is_asked_for_what_its_framework_answers_by_itself(
    preloaded: bool, path: str, worker: tuple[int, set[int], list[str]]
) -> None:
    port, _, paths = worker

    assert node(WAIT, str(port), preloaded=preloaded) == "ready\n"

    assert paths == [path]


@pytest.mark.parametrize(
    ("preloaded", "names"),
    [
        (True, {"references/ann/a.png"}),
        (False, {"references/ann/a.png", "generating/ann/image/a.png", "references"}),
    ],
)
def test_functions_are_told_of_uploads_alone(preloaded: bool, names: set[str]) -> None:
    told = json.loads(node(TELL, preloaded=preloaded))

    assert set(told) == names
    assert told.count("references/ann/a.png") == 4  # twice each: in an old form, and in the new


@pytest.mark.parametrize(
    ("preloaded", "names"),
    [
        (True, ["a b ü.png", "50%25 off.png", "100% #1?.png"]),
        (False, ["a b ü.png", "50% off.png", "URIError"]),
    ],
)
def test_a_file_with_a_percent_sign_is_the_one_that_was_asked_for(
    preloaded: bool, names: list[str]
) -> None:
    asked = json.loads(node(ASK_FOR_FILES, preloaded=preloaded))

    assert [name.removeprefix("references/ann/") for name in asked] == names


@pytest.mark.parametrize(
    ("preloaded", "states", "looks", "left"),
    [
        (True, ["FINISHED", "BUSY", "FINISHED", "IDLE"], 3000, 2),
        (False, ["IDLE", "BUSY", "IDLE", "IDLE"], 50, 4),
    ],
)
def test_workers_that_nobody_asks_end_but_for_one(
    preloaded: bool, states: list[str], looks: int, left: int
) -> None:
    name = f"60.{uuid.uuid4().int % 10**9}"
    printed = node(IDLE, name, str(looks), preloaded=preloaded).splitlines()

    assert json.loads(printed[-1]) == states
    (asked, ended) = ([program, "-fx", f"sleep {name}"] for program in ("pgrep", "pkill"))
    found = subprocess.run(asked, capture_output=True, check=False)
    assert len(found.stdout.split()) == left
    subprocess.run(ended, check=True)


@pytest.mark.parametrize("preloaded", [True, False])
def test_java_is_started_as_what_does_not_run_for_days(preloaded: bool, tmp_path: Path) -> None:
    for name in ("java", "other"):
        (tmp_path / name).write_text('#!/bin/sh\necho "$@"\n')
        (tmp_path / name).chmod(0o755)

    given = json.loads(node(START_JAVA, str(tmp_path), preloaded=preloaded))

    plain = "-jar an.jar"
    short = f"-XX:TieredStopAtLevel=1 -XX:+UseSerialGC {plain}" if preloaded else plain
    assert given == [short, short, plain]


def test_firebase_tools_asks_and_looks_in_the_way_that_is_mended() -> None:
    emulator = FIREBASE_TOOLS.parents[1] / "emulator"
    asks = (emulator / "functionsRuntimeWorker.js").read_text(encoding="utf-8")
    looks = (emulator / "functionsEmulator.js").read_text(encoding="utf-8")
    starts = (emulator / "downloadableEmulators.js").read_text(encoding="utf-8")

    assert "agent:" not in asks
    assert "childProcess.spawn(command.binary, command.args" in starts
    assert "portfinder.getPortPromise(" in looks
    tells = (emulator / "storage" / "files.js").read_text(encoding="utf-8")
    assert '_cloudFunctions.dispatch("finalize", ' in tells


def test_the_suite_preloads_it() -> None:
    command = start_command(ROOT / "firebase.json")

    preloaded = [
        f"--require={ROOT / 'tools' / name}" for name in ("emulator_fixes.cjs", "worker_forks.cjs")
    ]
    assert command[:4] == ["node", *preloaded, str(FIREBASE_TOOLS)]
