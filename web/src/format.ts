import type { Channel } from "./api/client";
import type { Language, Translate } from "./i18n";

/**
 * A number with the channel's decimals; without them with six digits that say something, and never fewer than a register shows: whole
 * numbers and thousandths are not rounded away. What has no room as digits, such as a sensor's runaway value, has an exponent.
 */
export function formatNumber(value: number, precision: number | null, language: Language): string {
  const isRunaway = Math.abs(value) >= RUNAWAY || (precision === null && value !== 0 && Math.abs(value) < TINY);
  const name = `${language} ${isRunaway ? "exponent" : precision}`;
  const known = numbers.get(name);
  if (known !== undefined) return known.format(value);
  const made = new Intl.NumberFormat(language, { signDisplay: "negative", ...(isRunaway ? EXPONENT : precision === null ? PLAIN : { minimumFractionDigits: precision, maximumFractionDigits: precision }) });
  numbers.set(name, made);
  return made.format(value);
}

const RUNAWAY = 1e15;
const TINY = 1e-9;
const EXPONENT = { notation: "scientific", maximumSignificantDigits: 6 } as const;
const PLAIN = { maximumSignificantDigits: 6, maximumFractionDigits: 3, roundingPriority: "morePrecision" } as const;
const numbers = new Map<string, Intl.NumberFormat>(); // for each language and precision; to make one takes longer than to use it

/** A value as people read it: a state's text, or a number; an em dash for a failed read. */
export function formatValue(
  value: number | null,
  channel: Pick<Channel, "kind" | "precision" | "states">,
  language: Language,
  own: (text: string | Record<string, string>) => string,
): string {
  if (value === null) return "—";
  const state = channel.states?.[String(value)];
  if (channel.kind === "state" && state !== undefined) return own(state);
  return formatNumber(value, channel.kind === "state" ? 0 : channel.precision, language);
}

/** How long ago, in the largest unit that fits. */
export function formatAge(milliseconds: number, t: Translate): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 2) return t("age.now");
  if (seconds < 100) return t("age.seconds", { n: seconds });
  if (seconds < 100 * 60) return t("age.minutes", { n: Math.round(seconds / 60) });
  if (seconds < 48 * 3600) return t("age.hours", { n: Math.round(seconds / 3600) });
  return t("age.days", { n: Math.round(seconds / 86400) });
}

/** A time; in a zone if one is named, and then with the zone's name where the clock of who looks shows another time. */
export function formatTime(at: number | string, language: Language, zone?: string): string {
  const moment = new Date(at);
  if (zone === undefined) return new Intl.DateTimeFormat(language, { dateStyle: "short", timeStyle: "medium" }).format(moment);
  return new Intl.DateTimeFormat(language, { dateStyle: "short", timeStyle: isElsewhere(moment, zone) ? "long" : "medium", timeZone: zone }).format(moment);
}

/** The name of a zone at a moment, where the clock of who looks shows another time; nothing where it shows the same. */
export function foreignZone(at: number, language: Language, zone: string): string {
  const moment = new Date(at);
  if (!isElsewhere(moment, zone)) return "";
  return new Intl.DateTimeFormat(language, { timeZone: zone, timeZoneName: "short" }).formatToParts(moment).find(({ type }) => type === "timeZoneName")?.value ?? zone;
}

function isElsewhere(moment: Date, zone: string): boolean {
  return moment.toLocaleString("sv-SE", { timeZone: zone }) !== moment.toLocaleString("sv-SE");
}

export function formatBytes(bytes: number, language: Language): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let size = bytes;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${new Intl.NumberFormat(language, { maximumFractionDigits: size < 10 && unit > 0 ? 1 : 0 }).format(size)} ${units[unit] ?? ""}`;
}

export type Presence = "live" | "late" | "silent" | "never";

const MISSED = 3; // intervals without a word until a device counts as late, as with gaps in a chart
const SHORTEST_LATE_MS = 60_000;
const UNKNOWN_LATE_MS = 10 * 60_000; // while the device's rhythm is not known
const SHORTEST_SILENT_MS = 60 * 60_000;
const MISSED_SILENT = 10;

/** Whether a device still speaks, from the time of its newest reading and how often it usually reports. */
export function presence(newest: number | undefined, now: number, intervalMs?: number): Presence {
  if (newest === undefined) return "never";
  const age = now - newest;
  if (age > Math.max(SHORTEST_SILENT_MS, MISSED_SILENT * (intervalMs ?? 0))) return "silent";
  const lateAfter = intervalMs === undefined ? UNKNOWN_LATE_MS : Math.max(SHORTEST_LATE_MS, MISSED * intervalMs);
  return age > lateAfter ? "late" : "live";
}
