import { forgetLast } from "./last";

const WHOSE = "calha.whose";
const KEPT = "calha-kept"; // as in the service worker

/** Keep what is there if it is that person's; throw it away if it is another's, or nobody's any more. */
export async function keepOnlyOf(person: number | null): Promise<void> {
  const whose = localStorage.getItem(WHOSE);
  if (whose !== null && whose === String(person)) return;
  if (person === null) localStorage.removeItem(WHOSE);
  else localStorage.setItem(WHOSE, String(person));
  if (whose === null && person !== null) return; // nothing was kept before
  forgetLast();
  if ("caches" in window) await caches.delete(KEPT);
}
