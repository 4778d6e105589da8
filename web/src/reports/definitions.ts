import type { components } from "../api/schema";

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
};
type Filter = "devices" | "channels" | "qualities";
/** What the server refuses, because the report would not heed it. */
const ignored: Partial<Record<Kind, readonly Filter[]>> = { water_balance: ["devices", "channels", "qualities"], alarms: ["channels", "qualities"] };
export const kinds = Object.keys(stepsOf) as Kind[];
export const formats: readonly Format[] = ["pdf", "xlsx", "csv"];
export const severities: readonly Severity[] = ["good", "uncertain", "bad"];
export const relatives: readonly Relative[] = ["yesterday", "last_7_days", "last_30_days", "last_week", "last_month", "last_year", "today", "last_24_hours", "this_week", "this_month", "this_year"];

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

/** Words that are parted by commas, semicolons, blanks or lines, each once. */
export function words(text: string): string[] {
  return [...new Set(text.split(/[\s,;]+/).filter((one) => one !== ""))];
}
