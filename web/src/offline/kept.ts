/** Whether answers come from the server, or from what the service worker has kept of it. */
import { useSyncExternalStore } from "react";

const KEPT_AT = "X-Calha-Kept-At"; // set by the service worker alone

let keptAt: number | null = null;
const listeners = new Set<() => void>();

/** Look where an answer comes from; of several that were kept the oldest counts. */
export function noteAnswer(answer: Response): Response {
  const at = answer.headers.get(KEPT_AT);
  const found = at === null ? null : Math.min(Date.parse(at), keptAt ?? Infinity);
  if (found !== keptAt) {
    keptAt = found;
    listeners.forEach((listener) => listener());
  }
  return answer;
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Since when what is shown was kept; null while the server answers itself. ms since 1970 */
export function useKeptAt(): number | null {
  return useSyncExternalStore(listen, () => keptAt);
}
