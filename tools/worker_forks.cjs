// Preloaded into firebase-tools (tools/firebase.py), which starts a Python process for each function, and one
// more for each event that comes while others are at work. Each of them imports the same, for most of a second of
// a processor; so one process imports it once, and workers are its forks (tools/worker_forks.py).
"use strict";

const { spawn } = require("child_process");
const { randomBytes } = require("crypto");
const { EventEmitter } = require("events");
const net = require("net");
const path = require("path");
const { PassThrough } = require("stream");

const python = require("firebase-tools/lib/functions/python");
const { RuntimeWorkerPool } = require("firebase-tools/lib/emulator/functionsRuntimeWorker");
const { runWithVirtualEnv } = python;
const { refresh } = RuntimeWorkerPool.prototype;

const FORKS = path.join(__dirname, "worker_forks.py");
let parent;

python.runWithVirtualEnv = function (command, folder, variables, ...others) {
  if (command.join(" ") !== "functions-framework") {
    return runWithVirtualEnv.call(this, command, folder, variables, ...others);
  }
  const bin = path.join(folder, "venv", "bin");
  const environment = {
    ...process.env,
    ...variables,
    VIRTUAL_ENV: path.dirname(bin),
    PATH: `${bin}${path.delimiter}${process.env.PATH}`,
  };
  parent ??= new Parent(path.join(bin, "python"), folder, environment);
  return new Worker(parent, folder, environment);
};

// The code has changed: what was imported is of the past.
RuntimeWorkerPool.prototype.refresh = function () {
  parent?.end();
  parent = undefined;
  refresh.call(this);
};

class Parent {
  constructor(program, folder, environment) {
    this.token = randomBytes(24).toString("hex");
    this.process = spawn(program, ["-u", "-I", FORKS], {
      cwd: folder,
      env: environment,
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.process.stdin.on("error", () => {});
    this.process.stdin.write(`${this.token}\n`);
    this.port = new Promise((resolve, reject) => {
      this.process.stdout.once("data", (line) => resolve(Number(line)));
      this.process.once("error", reject);
      this.process.once("exit", () => {
        reject(new Error("the process that workers are forks of has ended"));
        parent = parent === this ? undefined : parent;
      });
    });
    this.port.catch(() => {});
  }

  end() {
    this.process.stdin.end();
  }
}

// As much of a ChildProcess as the functions emulator uses.
class Worker extends EventEmitter {
  constructor(parent, folder, environment) {
    super();
    this.stdout = new PassThrough();
    this.start(parent, JSON.stringify({ token: parent.token, folder, environment }));
  }

  async start(parent, asked) {
    try {
      const port = await parent.port;
      this.connection = net.connect(port, "127.0.0.1", () => this.connection.write(`${asked}\n`));
    } catch (error) {
      this.stdout.write(`${error.message}\n`);
      return this.emit("exit", 1);
    }
    this.connection.on("error", () => {});
    this.connection.once("close", () => this.emit("exit", 0));
    this.connection.once("data", (first) => this.begin(first));
  }

  begin(first) {
    const end = first.indexOf("\n");
    this.pid = Number(first.subarray(0, end));
    this.stdout.write(first.subarray(end + 1));
    this.connection.pipe(this.stdout);
    if (this.isEnding) {
      this.kill();
    }
  }

  kill() {
    this.isEnding = true;
    if (this.pid === undefined) {
      return true;
    }
    try {
      return process.kill(this.pid, "SIGTERM");
    } catch {
      return false; // it has ended
    }
  }
}
