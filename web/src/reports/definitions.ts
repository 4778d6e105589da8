import type { components } from "../api/schema";
import { firstDay, type WeekDay } from "../ui/week";

export type Report = components["schemas"]["ReportAnswer"];
export type ReportBody = components["schemas"]["ReportBody"];
export type Definition = components["schemas"]["DefinitionBody"];
export type Run = components["schemas"]["ReportRunAnswer"];
export type Kind = Definition["kind"];
export type Step = Definition["step"];
export type Format = components["schemas"]["FileAnswer"]["format"];
export type Relative = NonNullable<Definition["period"]["relative"]>;
export type Severity = Definition["qualities"][number];

/** As the server knows them, what is asked for most first. */
export const stepsOf: Record<Kind, readonly Step[]> = {
  flow: ["1h", "1d", "raw"],
  consumption: ["1d", "1mo", "1h", "15m"],
  water_balance: ["1d", "1mo", "1h"],
  data_quality: ["1d"],
  alarms: ["1d", "raw"],
  anomalies: ["raw", "1d"],
  machines: ["1d", "1mo", "1h"],
  cleanings: ["raw"],
};
type Filter = "devices" | "channels" | "qualities";
/** What the server refuses, because the report would not heed it. */
const ignored: Partial<Record<Kind, readonly Filter[]>> = { water_balance: ["devices", "channels", "qualities"], alarms: ["channels", "qualities"], anomalies: ["qualities"], machines: ["channels", "qualities"], cleanings: ["channels", "qualities"] };
export const kinds = Object.keys(stepsOf) as Kind[];
export const formats: readonly Format[] = ["pdf", "xlsx", "csv"];
export const severities: readonly Severity[] = ["good", "uncertain", "bad"];
export const relatives: readonly Relative[] = ["yesterday", "last_7_days", "last_30_days", "last_week", "last_month", "last_year", "today", "last_24_hours", "this_week", "this_month", "this_year"];

export type WeekBegins = NonNullable<Definition["period"]["week_begins"]>;
const WEEK_BEGINS: Record<WeekBegins, WeekDay> = { monday: 1, saturday: 6, sunday: 7 };
const MONDAY_NOON_MS = Date.UTC(2026, 0, 5, 12);
const DAY_MS = 86_400_000;

/** On which day weeks begin where the person is, as a report is told. */
export function weekBegins(locale: string): WeekBegins {
  const first = firstDay(locale);
  return first === WEEK_BEGINS.sunday ? "sunday" : first === WEEK_BEGINS.saturday ? "saturday" : "monday";
}

export function speaksOfWeeks(relative: Relative): boolean {
  return relative === "this_week" || relative === "last_week";
}

/** Its first and last day, as in "Sun – Sat". */
export function weekText(begins: WeekBegins, language: string): string {
  const name = (days: number) => new Intl.DateTimeFormat(language, { weekday: "short", timeZone: "UTC" }).format(MONDAY_NOON_MS + (days % 7) * DAY_MS);
  const first = WEEK_BEGINS[begins] - 1;
  return `${name(first)} – ${name(first + 6)}`;
}

/** Schedules that most people want; any other is written as cron. */
export const schedules = { never: "", daily: "0 7 * * *", weekly: "0 7 * * 1", monthly: "0 7 1 * *" } as const;
export type Schedule = keyof typeof schedules | "other";

export function scheduleOf(cron: string): Schedule {
  const found = Object.entries(schedules).find(([, one]) => one === cron);
  return found === undefined ? "other" : (found[0] as Schedule);
}

/** The step if the kind knows it, else the one that is asked for most. */
export function fitting(kind: Kind, step: Step): Step {
  const known = stepsOf[kind];
  return known.includes(step) ? step : (known[0] ?? "1d");
}

export function heeds(kind: Kind, filter: Filter): boolean {
  return ignored[kind]?.includes(filter) !== true;
}

export interface Sensed {
  key: string;
  name: string;
  channels: readonly { key: string; name: string | Readonly<Record<string, string>>; unit: string }[];
}

/** What can be chosen of devices: those that were found, and those chosen before that were not. */
export function deviceChoices(found: readonly Sensed[], chosen: readonly string[]): { value: string; label: string }[] {
  const known = new Map(found.map(({ key, name }) => [key, name === "" || name === key ? key : `${name} (${key})`]));
  for (const key of chosen) if (!known.has(key)) known.set(key, key);
  return [...known].map(([value, label]) => ({ value, label }));
}

/** The channels of the chosen devices (of all that were found without any), each key once, and those chosen before. */
export function channelChoices(found: readonly Sensed[], devices: readonly string[], chosen: readonly string[], title: (name: Sensed["channels"][number]["name"]) => string): { value: string; label: string }[] {
  const known = new Map<string, string>();
  for (const { key, channels } of found) {
    if (devices.length > 0 && !devices.includes(key)) continue;
    for (const one of channels) if (!known.has(one.key)) known.set(one.key, labelOf(one.key, title(one.name), one.unit));
  }
  for (const key of chosen) if (!known.has(key)) known.set(key, key);
  return [...known].map(([value, label]) => ({ value, label }));
}

function labelOf(key: string, name: string, unit: string): string {
  const whole = name === "" || name === key ? key : `${name} (${key})`;
  return unit === "" ? whole : `${whole}, ${unit}`;
}

/** Words that are parted by commas, semicolons, blanks or lines, each once. */
export function words(text: string): string[] {
  return [...new Set(text.split(/[\s,;]+/).filter((one) => one !== ""))];
}
