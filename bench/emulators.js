// The emulators that the benchmarks need, from firebase-tools, without its functions emulator: that one
// starts a process for each concurrent request and delivers Firestore events one at a time, and we
// measure functions as production serves them.
//
// Run as `node emulators.js '<settings as JSON>'`, see bench/platform.py. Its own part is what stands
// between Firestore and a function in production (Eventarc): a server that takes an event, answers at
// once, and hands it to the function that asked for it.

const fs = require("node:fs");
const http = require("node:http");
const path = require("node:path");

const firebase = path.join(__dirname, "..", "node_modules", "firebase-tools", "lib", "emulator");
const { EmulatorRegistry } = require(path.join(firebase, "registry"));
const { FirestoreEmulator } = require(path.join(firebase, "firestoreEmulator"));
const { StorageEmulator } = require(path.join(firebase, "storage"));
const { TasksEmulator, TaskQueueController } = require(path.join(firebase, "tasksEmulator"));

const settings = JSON.parse(process.argv[2]);
const { host, project, ports } = settings;

const REDELIVERY_MS = 10_000; // Eventarc's first back-off

let times = 1; // how often each event is delivered

// The emulator would give a queue a whole second's dispatches once a second; Cloud Tasks gives them out
// evenly.
TaskQueueController.TOKEN_REFRESH_INTERVAL = 20;

const tasks = new TasksEmulator({ host, port: ports.tasks });

// A queue of Cloud Tasks can be paused, and go on with what it holds; the emulator's cannot.
function setRate({ queue, rate }) {
  const held = tasks.controller.queues[queue];
  held.config.rateLimits.maxDispatchesPerSecond = rate;
  held.maxTokens = Math.max(rate, 1.1); // as its constructor says
}

function receive(request, response) {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    if (request.url === "/never") return; // the task that keeps the tasks emulator awake
    response.end("{}");
    if (request.url === "/rate") return setRate(JSON.parse(Buffer.concat(parts)));
    if (request.url === "/times") {
      times = JSON.parse(Buffer.concat(parts)).times;
      return;
    }
    const trigger = decodeURIComponent(request.url.split("/").pop());
    // The emulator encodes the event once more than Eventarc does.
    const event = Buffer.from(Buffer.concat(parts).toString(), "base64");
    for (let delivery = 0; delivery < times; delivery++) {
      deliver(settings.triggers[trigger], request.headers, event);
    }
  });
}

function deliver(address, headers, body) {
  const passed = { ...headers };
  for (const name of ["host", "connection", "content-length"]) delete passed[name];
  // A connection for each event: gunicorn closes an idle one after two seconds, and an event that is
  // sent at that moment is lost.
  const delivery = http.request(address, { method: "POST", headers: passed, agent: false });
  delivery.on("response", (answer) => {
    answer.resume();
    if (answer.statusCode < 300) return;
    console.error(`event refused: ${answer.statusCode}`);
    setTimeout(() => deliver(address, headers, body), REDELIVERY_MS);
  });
  delivery.on("error", (error) => console.error(`event lost: ${error.message}`));
  delivery.end(body);
}

async function start() {
  await new Promise((listening) => http.createServer(receive).listen(ports.events, host, listening));
  const firestore = new FirestoreEmulator({
    host,
    port: ports.firestore,
    project_id: project,
    rules: settings.firestore_rules,
    functions_emulator: `${host}:${ports.events}`,
    auto_download: true,
  });
  const storage = new StorageEmulator({
    host,
    port: ports.storage,
    projectId: project,
    rules: { name: "storage.rules", content: fs.readFileSync(settings.storage_rules, "utf8") },
    auto_download: true,
  });
  for (const emulator of [firestore, tasks, storage]) {
    await EmulatorRegistry.start(emulator);
  }
  console.log("emulators ready");
}

start().catch((error) => {
  console.error(error);
  process.exit(1);
});
