const NOTHING = "—";

export interface Change {
  name: string;
  before: string | undefined;
  after: string | undefined;
}

/** What an entry of the audit log says has changed, part by part; only what differs, where both sides are known. */
export function changesOf(before: string, after: string): Change[] {
  const [old, now] = [partsOf(before), partsOf(after)];
  const names = [...new Set([...Object.keys(old), ...Object.keys(now)])];
  return names.flatMap((name) => {
    const change = { name, before: old[name], after: now[name] };
    const isNothing = change.before === undefined && change.after === NOTHING;
    return isNothing || change.before === change.after ? [] : [change];
  });
}

function partsOf(text: string): Record<string, string> {
  if (text === "") return {};
  const value = parsed(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return { "": shown(value) };
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, shown(part)]));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function shown(value: unknown): string {
  if (value === null || value === "") return NOTHING;
  return typeof value === "string" ? value : JSON.stringify(value);
}
