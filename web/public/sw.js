// The service worker: keeps what was shown, so that a reload without a line shows the studio and what waits to
// be sent. Files with a hash in their name never change, so the kept one is taken; all else of ours is asked
// for first. Nothing of the backend passes through here: neither pictures nor answers are kept.
const KEPT = "studio-1";
const PATIENCE_MS = 3000;
const ENTRIES_MAX = 400;

const isOurs = ({ origin, pathname }) => origin === self.location.origin && !isReserved(pathname);
// Hosting's own pages, such as those of Google's window; where the project is has to be known offline, too.
const isReserved = (pathname) => pathname.startsWith("/__/") && !pathname.startsWith("/__/firebase/init.js");
const isHashed = ({ pathname }) => pathname.startsWith("/_next/static/");
// A page is the same file whatever its query says.
const nameOf = (url) => url.origin + url.pathname;

async function keep(url, response) {
  if (!response.ok || response.type !== "basic" || response.redirected) return;
  const cache = await caches.open(KEPT);
  await cache.put(nameOf(url), response);
  const entries = await cache.keys(); // the oldest first
  await Promise.all(entries.slice(0, Math.max(0, entries.length - ENTRIES_MAX)).map((old) => cache.delete(old)));
}

const kept = async (url) => (await caches.open(KEPT)).match(nameOf(url));

async function keptFirst(event, url) {
  const found = await kept(url);
  if (found) return found;
  const response = await fetch(event.request);
  event.waitUntil(keep(url, response.clone()));
  return response;
}

async function askedFirst(event, url) {
  const asked = fetch(event.request).then((response) => {
    event.waitUntil(keep(url, response.clone()));
    return response;
  });
  const patience = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
  try {
    const answered = await Promise.race([asked, patience]);
    return answered ?? (await kept(url)) ?? (await asked);
  } catch (error) {
    const found = await kept(url);
    if (found) return found;
    // A page that was never opened here: the first one is, and it has what waits to be sent.
    if (event.request.mode === "navigate" && url.pathname !== "/") return Response.redirect("/");
    throw error;
  }
}

self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("activate", (event) => {
  const old = caches.keys().then((names) => names.filter((name) => name !== KEPT));
  const cleared = old.then((names) => Promise.all(names.map((name) => caches.delete(name))));
  event.waitUntil(Promise.all([cleared, self.clients.claim()]));
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || !isOurs(url)) return;
  event.respondWith(isHashed(url) ? keptFirst(event, url) : askedFirst(event, url));
});

// What a page had loaded before this worker was there: see offline.js.
self.addEventListener("message", (event) => {
  const urls = event.data.map((address) => new URL(address)).filter(isOurs);
  const missing = urls.map(async (url) => {
    if (!(await kept(url))) await keep(url, await fetch(url));
  });
  event.waitUntil(Promise.allSettled(missing));
});
