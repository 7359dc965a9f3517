// Sends what is unsent. Each entry is sent under a Web Lock of its own: one tab at a time sends it, and another
// one goes on where that tab is closed. (A single lock for all would let a frozen tab hold up the others.)
import type { Submitted } from "@mediaforge/client";
import {
  answered,
  type Entry,
  isKept,
  isSafeToSend,
  onUnsent,
  type Refused,
  readAgain,
  refuse,
  unsent,
  wasDiscarded,
} from "@/kept/unsent";
import { mediaForge } from "./client";
import { lookAt } from "./jobs";
import { setReachable } from "./online";

const PAUSES_S = [1, 2, 4, 8, 15, 30, 60];
const LOOK_AFTER_MS = 3000;
const busy = new Map<string, AbortController>();

interface Thrown {
  readonly reason?: string;
  readonly message?: string;
  readonly retryable?: boolean;
  readonly details?: unknown;
  readonly fieldErrors?: Refused["fieldErrors"];
}

/** Begins to send what is kept, now and whenever something is added. Returns what ends it. */
export function startSending(): () => void {
  const stop = onUnsent(sendAll);
  window.addEventListener("online", wake);
  sendAll();
  return () => {
    stop();
    window.removeEventListener("online", wake);
    for (const each of busy.values()) each.abort();
    busy.clear();
  };
}

/** Ends the pauses: the line is back, or the user does not want to wait. */
export function wake(): void {
  for (const each of busy.values()) each.abort();
}

function sendAll(): void {
  for (const entry of unsent()) {
    const { path, refused, requestId } = entry;
    if (path || refused || busy.has(requestId) || !isKept(requestId) || !isSafeToSend(entry)) continue;
    busy.set(entry.requestId, new AbortController());
    void underLock(entry).finally(() => busy.delete(entry.requestId));
  }
}

async function underLock(entry: Entry): Promise<void> {
  const name = `mf-unsent/${entry.requestId}`;
  if (!navigator.locks) return deliver(entry); // a page without https; the requestId keeps it single
  await navigator.locks.request(name, async () => {
    await readAgain(); // the tab that had the lock before may have had the answer
    await deliver(entry);
  });
}

async function deliver(entry: Entry): Promise<void> {
  for (let attempt = 0; isWanted(entry); attempt += 1) {
    if (navigator.onLine) {
      try {
        const { path, jobId } = await send(entry);
        setReachable(true);
        if (!wasDiscarded(entry.requestId)) {
          setTimeout(() => lookAt(entry.accountId, path), LOOK_AFTER_MS);
          return await answered(entry, path);
        }
        await (await mediaForge()).controlJob({ jobId, action: "cancel" });
        return;
      } catch (error) {
        const { reason = "network", message = "", retryable, details, fieldErrors = [] } = error as Thrown;
        // Whoever is signed out by now keeps it for their next time.
        if (reason === "unauthenticated") return;
        // Without a reason of ours not even the client could be loaded: that is a lost line, too.
        const isLost = retryable || reason === "network";
        setReachable(!isLost);
        if (!isLost) return refuse(entry, { reason, message, details, fieldErrors });
      }
    }
    await pause(entry, PAUSES_S[Math.min(attempt, PAUSES_S.length - 1)] ?? 60);
  }
}

function isWanted({ requestId }: Entry): boolean {
  return unsent().some((each) => each.requestId === requestId && !each.path && !each.refused);
}

async function send({ kind, payload, requestId }: Entry): Promise<Submitted> {
  const mf = await mediaForge();
  const request = { ...payload, requestId };
  return kind === "video" ? mf.generateVideo(request) : mf.generateImage(request);
}

function pause({ requestId }: Entry, seconds: number): Promise<void> {
  const waiting = new AbortController();
  busy.set(requestId, waiting);
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, seconds * 1000);
    waiting.signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
