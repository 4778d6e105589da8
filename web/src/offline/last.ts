/** The newest values, kept in this browser, so that the app opens with them when there is no connection. */
import type { Last } from "../live/store";

const STORED = "calha.last";
const EVERY_MS = 30_000;

export function keepLast(look: () => Last | null): void {
  const keep = () => {
    const last = look();
    if (last !== null) store(last);
  };
  setInterval(keep, EVERY_MS);
  window.addEventListener("pagehide", keep);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") keep();
  });
}

/** Where the browser has no room the older values stay; they tell their own age. */
function store(last: Last): void {
  try {
    localStorage.setItem(STORED, JSON.stringify(last));
  } catch {
    localStorage.removeItem(STORED);
  }
}

export function recallLast(): Last | null {
  const stored = localStorage.getItem(STORED);
  return stored === null ? null : (JSON.parse(stored) as Last);
}

export function forgetLast(): void {
  localStorage.removeItem(STORED);
}
