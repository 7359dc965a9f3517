import { expect, test, vi } from "vitest";

vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => {}, removeItem: () => {} });
const { setSession } = await import("./session");
const { currentIsAdmin, setClaims } = await import("./claims");

const signIn = (uid: string) => setSession({ status: "in", user: { uid, name: uid, email: undefined } });

test("who is an administrator is known of who is signed in, and of nobody else", () => {
  expect(currentIsAdmin()).toBe(false); // nobody was signed in the last time
  signIn("ann");
  expect(currentIsAdmin()).toBeUndefined();
  setClaims({ uid: "ann", isAdmin: true });
  expect(currentIsAdmin()).toBe(true);
  signIn("bob"); // whose claims come a moment later
  expect(currentIsAdmin()).toBeUndefined();
  setClaims({ uid: "bob", isAdmin: false });
  expect(currentIsAdmin()).toBe(false);
  setSession({ status: "out" });
  setClaims({ uid: "ann", isAdmin: true }); // late
  expect(currentIsAdmin()).toBe(false);
});
