/** What happened to a device, in words, and where more is told of it. Pure. */

import type { components } from "../api/schema";
import { isKey, type Translate } from "../i18n";

export type Entry = components["schemas"]["TimelineEntry"];
export type Kind = Entry["kind"];

export const KINDS: readonly Kind[] = ["alarm", "anomaly", "command", "connection", "validation", "meter", "record"];

/** Days that are looked back on. */
export const PERIODS = { "1d": 1, "7d": 7, "30d": 30, "1y": 366 } as const;
export type Period = keyof typeof PERIODS;

export function isPeriod(given: unknown): given is Period {
  return typeof given === "string" && given in PERIODS;
}

/** The kinds that a text in an address names; nothing for all of them, or where it names none. */
export function kindsOf(given: unknown): Kind[] | undefined {
  if (typeof given !== "string") return undefined;
  const named = KINDS.filter((kind) => given.split(",").includes(kind));
  return named.length === 0 || named.length === KINDS.length ? undefined : named;
}

const WORDS: Record<Kind, (what: string) => string> = {
  alarm: (what) => `alarmEvent.${what}`,
  anomaly: (what) => `anomalyKind.${what}`,
  command: () => "",
  connection: (what) => `timelineWhat.${what}`,
  validation: (what) => (what.startsWith("edit") ? `timelineWhat.${what}` : `rule.${what}`),
  meter: (what) => (what === "manual_reading" || what === "plate" ? `timelineWhat.${what}` : `verdict.${what}`),
  record: () => "",
};

/** What it was: the word for it, with its own text where it has one. */
export function wordsOf({ kind, what, text }: Pick<Entry, "kind" | "what" | "text">, own: (text: string | Record<string, string>) => string, t: Translate): string {
  const key = WORDS[kind](what);
  const word = isKey(key) ? t(key) : "";
  const told = kind === "connection" ? "" : own(text);
  return [word, told].filter((one) => one !== "").join(": ") || what;
}

/** What was said about it: a comment or reason; of an exception, what became of it. */
export function noteOf({ kind, what, note }: Pick<Entry, "kind" | "what" | "note">, t: Translate): string {
  const key = `timelineState.${note}`;
  return kind === "validation" && !what.startsWith("edit") && isKey(key) ? t(key) : note;
}
