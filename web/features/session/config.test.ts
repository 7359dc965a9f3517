import { expect, test } from "vitest";
import { emulatorsIn } from "./config";

test("the ports are those of the Hosting emulator's script", () => {
  const script = `var firebaseConfig = {"projectId": "demo-x"};
  var firebaseEmulators = {
    "auth": { "host": "127.0.0.1", "port": 11199, "hostAndPort": "127.0.0.1:11199" },
    "firestore": { "host": "127.0.0.1", "port": 10180, "hostAndPort": "127.0.0.1:10180" }
  };
  if (firebaseEmulators) {}`;
  expect(emulatorsIn(script)).toEqual({
    host: "127.0.0.1",
    auth: 11199,
    functions: 5001,
    firestore: 10180,
    storage: 9199,
  });
});

test("without a script they are those that we serve at", () => {
  expect(emulatorsIn("")).toEqual({
    host: "127.0.0.1",
    auth: 9099,
    functions: 5001,
    firestore: 8080,
    storage: 9199,
  });
});
