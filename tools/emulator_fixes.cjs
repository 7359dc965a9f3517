// Preloaded into firebase-tools (tools/firebase.py): two faults of its functions emulator that make a
// call fail now and then, the more often the busier the machine is; what makes it the busier, or slow to
// start; and what fills the log with errors that are none.
"use strict";

const PORT_KEPT_MS = 60_000;
const IDLE_MS_MAX = 60_000;
const LISTENS_MS = 300_000;

// It keeps the connection to a worker open, and the worker's gunicorn closes it after 2 idle seconds. A
// request that is sent just then is lost: the emulator answers 500 with Node's error ({"code":"ECONNRESET"})
// in place of the function's answer, and ends the worker. So each request has a connection of its own.
const http = require("http");
http.globalAgent.keepAlive = false;

// It looks for a worker's port long before the worker listens there. Two that start at once may be given
// the same one, and then one function is called by the other's name. So none is given twice in a minute.
const portfinder = require("portfinder");
const findPort = portfinder.getPortPromise;
const given = new Set();

portfinder.getPortPromise = async (options) => {
  let port = await findPort(options);
  while (given.has(port)) {
    port = await findPort({ ...options, port: port + 1 });
  }
  given.add(port);
  setTimeout(() => given.delete(port), PORT_KEPT_MS).unref();
  return port;
};

// It starts Java as a server that will run for days. A suite lives for minutes: without the second compiler, and
// with the plain collector, its emulators need half of the processor.
const childProcess = require("child_process");
const { spawn } = childProcess;
const JAVA = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"];

childProcess.spawn = (command, options, ...others) =>
  spawn(command, command === "java" ? [...JAVA, ...options] : options, ...others);

// It gives an emulator a minute to listen, and Firestore's may take longer on a busy machine: then it ends
// them all. The suite's own limit is the one that counts (EMULATORS_LIMIT_S of tools/readiness.py).
const portUtils = require("firebase-tools/lib/emulator/portUtils");
const waitForPortUsed = portUtils.waitForPortUsed;

portUtils.waitForPortUsed = (port, host, timeout = 0) =>
  waitForPortUsed(port, host, Math.max(timeout, LISTENS_MS));

// Its Auth emulator compiles the schemas of all parameters of all methods before it listens: ten seconds of
// every start. So each is compiled when its method is first called.
const exegesis = require("exegesis");
const compileApi = exegesis.compileApi;

exegesis.compileApi = (document, options) =>
  compileApi(document, { ...options, lazyCompileValidationSchemas: true });

// It starts a Python process for each event of a file that comes while another is at work, and Storage's
// events know no folders: a job's results would start a dozen, each to find that it was told of no upload.
// So only what is in the folder of the uploads is told.
const { StorageCloudFunctions } = require("firebase-tools/lib/emulator/storage/cloudFunctions");
const tell = StorageCloudFunctions.prototype.dispatch;

StorageCloudFunctions.prototype.dispatch = async function (action, file) {
  if (file.name.startsWith("references/")) {
    await tell.call(this, action, file);
  }
};

// Of the name of a file that a client asks for it decodes the percent signs twice: a name that has one is
// another name, or none, which ends the emulator. So those that are left after the first time are encoded.
const endpoints = require("firebase-tools/lib/emulator/storage/apis/firebase");
const createFirebaseEndpoints = endpoints.createFirebaseEndpoints;

endpoints.createFirebaseEndpoints = function (emulator) {
  const answer = createFirebaseEndpoints(emulator);
  return (request, response, next) => {
    const asked = request.url;
    const [path, ...query] = asked.split("?");
    request.url = [path.replace(/%25/g, "%2525"), ...query].join("?");
    answer(request, response, (error) => {
      request.url = asked;
      next(error);
    });
  };
};

// It asks a new worker whether it listens yet by a path that our functions answer themselves, each with an
// error in the log. The worker's framework answers /robots.txt, before any function.
const { RuntimeWorker, RuntimeWorkerPool } = require("firebase-tools/lib/emulator/functionsRuntimeWorker");

RuntimeWorker.prototype.isSocketReady = function () {
  return new Promise((resolve, reject) => {
    const options = { ...this.runtime.conn.httpReqOpts(), method: "GET", path: "/robots.txt" };
    const request = http.request(options, (answer) => {
      answer.resume();
      this.readyForWork();
      resolve();
    });
    request.on("error", reject);
    request.end();
  });
};

// It keeps each worker that it ever started: after a burst, hundreds of Python processes that nobody asks any
// more. So one that nobody has asked for a minute ends, but for the last idle one of its function.
const { addWorker } = RuntimeWorkerPool.prototype;

RuntimeWorkerPool.prototype.addWorker = function (...described) {
  const worker = addWorker.apply(this, described);
  let ending;
  worker.stateEvents.on("IDLE", () => {
    clearTimeout(ending);
    ending = setTimeout(() => endIdle(this, worker), IDLE_MS_MAX);
    ending.unref();
  });
  worker.stateEvents.on("BUSY", () => clearTimeout(ending));
  return worker;
};

function endIdle(pool, worker) {
  const its = [...pool.workers.values()].find((workers) => workers.includes(worker)) ?? [];
  if (worker.state === "IDLE" && its.filter((each) => each.state === "IDLE").length > 1) {
    worker.state = "FINISHING";
    worker.runtime.process.kill();
  }
}
