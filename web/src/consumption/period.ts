/** Which time a consumption page shows: a day by its hours, a month by its days, a year by its months. Local to the meter. */

export const views = ["day", "month", "year"] as const;
export type View = (typeof views)[number];

/** at: the first day of the period, as in 2026-01-31. */
export interface Period {
  view: View;
  at: string;
}

export const stepOf = { day: "1h", month: "1d", year: "1mo" } as const;

export function isView(given: unknown): given is View {
  return typeof given === "string" && (views as readonly string[]).includes(given);
}

export function isDay(given: unknown): given is string {
  return typeof given === "string" && /^\d{4}-\d{2}-\d{2}$/.test(given) && !Number.isNaN(Date.parse(given));
}

/** The period in which a day lies. */
export function periodOf(view: View, day: string): Period {
  if (view === "day") return { view, at: day };
  return { view, at: view === "month" ? `${day.slice(0, 7)}-01` : `${day.slice(0, 4)}-01-01` };
}

/** Another look at a period: at today, where that lies in it, else at its begin. */
export function seenAs(view: View, period: Period, today: string): Period {
  const { from, to } = edges(period);
  return periodOf(view, from <= today && today < to ? today : period.at);
}

/** The period some later (or, below 0, earlier). */
export function moved({ view, at }: Period, by: number): Period {
  const date = new Date(`${at}T12:00:00Z`);
  if (view === "day") date.setUTCDate(date.getUTCDate() + by);
  if (view === "month") date.setUTCMonth(date.getUTCMonth() + by);
  if (view === "year") date.setUTCFullYear(date.getUTCFullYear() + by);
  return { view, at: date.toISOString().slice(0, 10) };
}

/** Its begin and its end, exclusive, as local days, of which the server knows when they begin. */
export function edges(period: Period): { from: string; to: string } {
  return { from: period.at, to: moved(period, 1).at };
}

/** The period that an interval of this one opens into; nothing is shorter than an hour. */
export function inside({ view }: Period, day: string): Period | null {
  if (view === "year") return periodOf("month", day);
  return view === "month" ? periodOf("day", day) : null;
}

/** The day that it is somewhere, at a moment. */
export function dayAt(moment: number, zone: string): string {
  return new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short" }).format(new Date(moment));
}

/** The newest day that has begun in one of some zones; where none is named, the day of who looks. */
export function newestDay(moment: number, zones: readonly string[]): string {
  const named = zones.length > 0 ? zones : [Intl.DateTimeFormat().resolvedOptions().timeZone];
  return named.map((zone) => dayAt(moment, zone)).sort().at(-1) ?? "";
}

export function titleOf({ view, at }: Period, language: string): string {
  const options: Record<View, Intl.DateTimeFormatOptions> = {
    day: { weekday: "short", day: "numeric", month: "short", year: "numeric" },
    month: { month: "long", year: "numeric" },
    year: { year: "numeric" },
  };
  return new Intl.DateTimeFormat(language, { ...options[view], timeZone: "UTC" }).format(new Date(`${at}T12:00:00Z`));
}

/** The name of an interval that begins at a moment. */
export function intervalName(view: View, begin: number, language: string, zone: string, isShort: boolean): string {
  const full: Record<View, Intl.DateTimeFormatOptions> = {
    day: { hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
    month: { weekday: "short", day: "numeric", month: "short" },
    year: { month: "long", year: "numeric" },
  };
  const short: Record<View, Intl.DateTimeFormatOptions> = { day: { hour: "2-digit", hourCycle: "h23" }, month: { day: "numeric" }, year: { month: "short" } };
  return new Intl.DateTimeFormat(language, { ...(isShort ? short : full)[view], timeZone: zone }).format(new Date(begin)).replace(/\.$/, "");
}
