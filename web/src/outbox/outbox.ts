/** The outbox of the person who is signed in: what waits, and sending it as soon as the server can be reached. */
import { useSyncExternalStore } from "react";
import { live } from "../live/hooks";
import { problemText } from "../ui/words";
import type { Translate } from "../i18n";
import { allOf, put, remove, type Waiting } from "./queue";
import { give } from "./send";

const AGAIN_MS = 30_000;
const LOCK = "calha-outbox"; // of several pages of this browser one sends

let person: number | null = null;
let waiting: readonly Waiting[] = [];
let translate: Translate = (key) => key;
const listeners = new Set<() => void>();

export function useOutbox(): readonly Waiting[] {
  const listen = (listener: () => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  return useSyncExternalStore(listen, () => waiting);
}

/** Look after the outbox of a person until the returned function is called. */
export function lookAfter(whose: number, t: Translate): () => void {
  if (!window.isSecureContext) return () => undefined; // browsers keep nothing safely there, and the page says so
  person = whose;
  translate = t;
  const go = () => void sendAll();
  go();
  const timer = setInterval(go, AGAIN_MS);
  window.addEventListener("online", go);
  const stop = live.onBack(go);
  return () => {
    person = null;
    clearInterval(timer);
    window.removeEventListener("online", go);
    stop();
  };
}

export async function add(what: Waiting["what"]): Promise<void> {
  if (person === null) throw new Error("nobody is signed in");
  await put({ id: crypto.randomUUID(), person, madeAt: Date.now(), what, refusal: null });
  await look();
  void sendAll();
}

export async function discard(id: string): Promise<void> {
  await remove(id);
  await look();
}

/** What was refused is given once more, as when its device has been registered meanwhile. */
export async function again(one: Waiting): Promise<void> {
  await put({ ...one, refusal: null });
  await look();
  void sendAll();
}

async function sendAll(): Promise<void> {
  await look();
  await navigator.locks.request(LOCK, { ifAvailable: true }, async (lock) => {
    if (lock === null) return;
    for (const one of waiting.filter(({ refusal }) => refusal === null)) {
      const outcome = await give(one);
      if (outcome.kind === "waits") break;
      if (outcome.kind === "sent") await remove(one.id);
      else await put({ ...one, refusal: problemText(outcome.problem, translate) });
      await look();
    }
  });
}

async function look(): Promise<void> {
  waiting = person === null ? [] : await allOf(person);
  listeners.forEach((listener) => listener());
}
