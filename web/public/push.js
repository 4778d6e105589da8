// Calha's service worker. It shows what is pushed, and lets the app open without a connection. One file, without imports.
//
// The app itself is kept whole at each version, and served from there: a page that stands open never mixes two versions. A new
// version waits until the person takes it over. Of the data only the answers below are kept, and told only when the server
// cannot be reached, with the time at which they came: the app shows them as what was, never as what is.

const VERSION = "development"; // the build puts its own here,
const APP = []; // and the files that the app is made of

const SHELL = `calha-app-${VERSION}`;
const KEPT = "calha-kept";
const MOST_KEPT = 300; // answers; the oldest give way
const KEPT_AT = "X-Calha-Kept-At";
const KEEPS = [
  /^\/api\/v1\/(session|sites|profiles|latest|presence|alarms|account\/devices|account\/invoices|account\/forecasts)$/,
  /^\/api\/v1\/devices$/,
  /^\/api\/v1\/devices\/[^/]+$/,
  /^\/api\/v1\/devices\/[^/]+\/meters$/,
];

const SERVERS = /^\/(api|a|healthz|readyz|metrics)(\/|$)/; // pages of the server's own, such as that of an acknowledgement

self.addEventListener("install", (event) => {
  if (self.registration.active === null) self.skipWaiting(); // nobody uses an older one
  if (APP.length > 0) event.waitUntil(caches.open(SHELL).then((cache) => cache.addAll(["/", ...APP])));
});

self.addEventListener("activate", (event) => {
  const clean = caches.keys().then((names) => Promise.all(names.filter((name) => name.startsWith("calha-app-") && name !== SHELL).map((name) => caches.delete(name))));
  event.waitUntil(Promise.all([clean, self.clients.claim()]));
});

self.addEventListener("message", (event) => {
  if (event.data === "take over") self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin || APP.length === 0) return;
  if (KEEPS.some((one) => one.test(pathname))) event.respondWith(answered(request));
  else if (SERVERS.test(pathname)) return;
  else if (request.mode === "navigate") event.respondWith(opened(request));
  else if (APP.includes(pathname)) event.respondWith(ofApp(request));
});

/** The page itself: this version's, also while a newer one waits, so that it fits its parts. */
async function opened(request) {
  return (await (await caches.open(SHELL)).match("/")) ?? fetch(request);
}

async function ofApp(request) {
  return (await (await caches.open(SHELL)).match(request)) ?? fetch(request);
}

/** What the server says; what it said last while it cannot be reached. Nothing of what it refuses is kept. */
async function answered(request) {
  const kept = await caches.open(KEPT);
  try {
    const answer = await fetch(request);
    if (answer.status === 200) await keep(kept, request, answer.clone());
    return answer;
  } catch (error) {
    const last = await kept.match(request);
    if (last === undefined) throw error;
    return last;
  }
}

async function keep(kept, request, answer) {
  const headers = new Headers(answer.headers);
  headers.set(KEPT_AT, new Date().toISOString());
  await kept.delete(request); // so that the oldest come first
  await kept.put(request, new Response(await answer.blob(), { status: 200, headers }));
  const all = await kept.keys();
  await Promise.all(all.slice(0, Math.max(0, all.length - MOST_KEPT)).map((one) => kept.delete(one)));
}

self.addEventListener("push", (event) => {
  const told = event.data === null ? {} : event.data.json();
  const options = {
    body: told.body ?? "",
    tag: told.tag ?? "calha",
    icon: "/calha.svg",
    data: { link: told.link ?? "/", acknowledge: told.acknowledge ?? null },
    actions: told.acknowledge === undefined ? [] : [{ action: "acknowledge", title: told.button }],
  };
  event.waitUntil(self.registration.showNotification(told.title ?? "Calha", options));
});

/** An address of this Calha, and its first page in place of any other. */
function own(address) {
  const link = new URL(address, self.location.origin);
  return link.origin === self.location.origin ? link.href : self.location.origin;
}

self.addEventListener("notificationclick", (event) => {
  const { link, acknowledge } = event.notification.data;
  const target = own(event.action === "acknowledge" && acknowledge !== null ? acknowledge : link);
  event.notification.close();
  event.waitUntil(
    self.clients.matchAll({ type: "window" }).then((open) => {
      const page = open.find((one) => "navigate" in one);
      return page === undefined ? self.clients.openWindow(target) : Promise.all([page.focus(), page.navigate(target)]);
    }),
  );
});
