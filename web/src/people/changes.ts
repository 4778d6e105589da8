/** What an entry of the audit log says has changed, down to single values. Pure. */

export type Single = string | number | boolean | null;
export type Value = Single | readonly Single[];

export interface Change {
  /** Where it stands, from the outside in, as the log calls it; empty for an entry that is no more than a value. */
  path: readonly string[];
  before: Value | undefined;
  after: Value | undefined;
}

/** Only what differs, where both sides are known; a part of which the side after says nothing stayed as it was. */
export function changesOf(before: string, after: string): Change[] {
  const [old, now] = [partsOf(before), partsOf(after)];
  const told = new Set([...now.keys()].map((place) => pathOf(place)[0]));
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((place) => {
    const change = { path: pathOf(place), before: old.get(place), after: now.get(place) };
    const isNothing = change.before === undefined && isEmpty(change.after);
    const isUntold = now.size > 0 && !told.has(change.path[0]);
    return isNothing || isUntold || JSON.stringify(change.before) === JSON.stringify(change.after) ? [] : [change];
  });
}

/** What nothing stands in. */
export function isEmpty(value: Value | undefined): boolean {
  return value === null || value === "" || (Array.isArray(value) && value.length === 0);
}

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const BETWEEN = "\n"; // between the names of a path; no name has it

const pathOf = (place: string) => (place === "" ? [] : place.split(BETWEEN));

function partsOf(text: string): Map<string, Value> {
  return new Map(text === "" ? [] : [...values(parsed(text), [])].map(([path, value]) => [path.join(BETWEEN), value]));
}

function* values(given: unknown, path: readonly string[]): Generator<[readonly string[], Value]> {
  if (!isGroup(given)) yield [path, given as Value];
  else for (const [name, part] of Object.entries(given)) yield* values(part, [...path, Array.isArray(given) ? String(Number(name) + 1) : name]);
}

/** Whether it consists of parts with names; a list of single values is one value. */
function isGroup(given: unknown): given is object {
  if (typeof given !== "object" || given === null) return false;
  return Array.isArray(given) ? given.some((one) => typeof one === "object" && one !== null) : true;
}
