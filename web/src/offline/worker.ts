/** The service worker, which lets the app open without a connection, and a new version of it that waits. */
import { useSyncExternalStore } from "react";

export const WORKER = "/push.js";
const LOOK_EVERY_MS = 60 * 60_000;

let waiting: ServiceWorker | null = null;
let isTakingOver = false;
const listeners = new Set<() => void>();

/** Needs HTTPS or this very machine; elsewhere the app works as before, with a connection. */
export function startWorker(): void {
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (isTakingOver) location.reload();
  });
  const registered: Promise<ServiceWorkerRegistration | undefined> = navigator.serviceWorker.register(WORKER, { updateViaCache: "none" });
  registered.then(follow, () => undefined);
}

function follow(registration: ServiceWorkerRegistration | undefined): void {
  if (registration === undefined) return; // a browser that is told to keep workers out
  const look = () => {
    waiting = navigator.serviceWorker.controller === null ? null : registration.waiting;
    listeners.forEach((listener) => listener());
  };
  registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", look));
  look();
  const ask = () => void registration.update().catch(() => undefined); // the server is gone: later
  setInterval(ask, LOOK_EVERY_MS);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") ask();
  });
}

/** Whether a new version is there, and waits to be taken over. */
export function useNewVersion(): boolean {
  const listen = (listener: () => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  return useSyncExternalStore(listen, () => waiting !== null);
}

/** Begin the new version: the page loads anew as soon as it has taken over. */
export function takeOver(): void {
  isTakingOver = true;
  waiting?.postMessage("take over");
}
