/** Working through a list by keyboard: where one stands, what is ticked, and what keys mean. */

export interface Place {
  /** The one that is looked at. */
  id: number | null;
  ticked: readonly number[];
}

/** The id some places further down a list (up, below 0); the first one when nothing was chosen. */
export function stepped(ids: readonly number[], from: number | null, by: number): number | null {
  if (ids.length === 0) return null;
  const place = from === null ? -1 : ids.indexOf(from);
  if (place < 0) return ids[0] ?? null;
  return ids[Math.min(ids.length - 1, Math.max(0, place + by))] ?? null;
}

/** Where to stand when some leave the list: at the next that stays, else at the last. */
export function after(ids: readonly number[], at: number | null, leaving: readonly number[]): number | null {
  const gone = new Set(leaving);
  if (at === null || !gone.has(at)) return at;
  const place = ids.indexOf(at);
  const next = ids.slice(place + 1).find((id) => !gone.has(id));
  return next ?? ids.slice(0, Math.max(0, place)).findLast((id) => !gone.has(id)) ?? null;
}

export function toggled(ticked: readonly number[], id: number): number[] {
  return ticked.includes(id) ? ticked.filter((one) => one !== id) : [...ticked, id];
}

/** Which ones an action is about: the ticked ones, else the one that is looked at. */
export function chosen({ id, ticked }: Place): number[] {
  if (ticked.length > 0) return [...ticked];
  return id === null ? [] : [id];
}

/** A function that tells what a key means; nothing while a text is typed or with a modifier, which belong to others. */
export function meaningOf<Action extends string>(keys: Readonly<Record<string, Action>>): (key: string, isTyping: boolean, hasModifier: boolean) => Action | "next" | "previous" | null {
  return (key, isTyping, hasModifier) => {
    if (isTyping || hasModifier) return null;
    if (key === "ArrowDown") return "next";
    if (key === "ArrowUp") return "previous";
    return keys[key] ?? null;
  };
}

/** Whether somebody types into that: then keys mean letters. */
export function isTyping(target: EventTarget): boolean {
  return (target instanceof HTMLInputElement && target.type !== "checkbox") || target instanceof HTMLTextAreaElement;
}

/** Whether a key pressed there already means something by itself, as space does on a button. */
export function isControl(target: EventTarget): boolean {
  return target instanceof HTMLButtonElement || target instanceof HTMLSelectElement || target instanceof HTMLAnchorElement || target instanceof HTMLInputElement;
}
