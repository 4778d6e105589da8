const LATEST_MS = 1_000;
const PAUSE_MS = 30; // where a browser does not tell when it is idle

/** When nothing else wants the processor, and soon in any case. */
export function idle(): Promise<void> {
  return new Promise((go) => {
    if ("requestIdleCallback" in window) requestIdleCallback(() => go(), { timeout: LATEST_MS });
    else setTimeout(go, PAUSE_MS);
  });
}
