/** Readings as other shapes than lines: bands of states, cells of hours and days, amounts of a register. Pure. */

import type { SeriesReadings } from "../api/client";

export interface Band {
  from: number;
  to: number;
  value: number | null;
}

/** Stretches in which a state was the same. A gap is a stretch without a value; the last one reaches to the end. */
export function bandsOf({ t, value, gap_ms: gap }: Pick<SeriesReadings, "t" | "value" | "gap_ms">, end: number, holds: boolean): Band[] {
  const bands: Band[] = [];
  t.forEach((at, index) => {
    const next = t[index + 1];
    // A state may rightly stand for days without being told again.
    const until = next ?? end;
    const known = holds || gap === null || until - at <= gap ? until : at + gap;
    const last = bands.at(-1);
    const now = value[index] ?? null;
    if (last !== undefined && last.to === at && last.value === now) last.to = known;
    else bands.push({ from: at, to: known, value: now });
    if (known < until) bands.push({ from: known, to: until, value: null });
  });
  return bands.filter(({ from, to }) => to > from);
}

export interface Cells {
  /** Days by name (YYYY-MM-DD in the zone), oldest first. */
  days: readonly string[];
  /** By day, then hour; null where nothing is known. */
  means: readonly (readonly (number | null)[])[];
  low: number;
  high: number;
}

const HOURS = 24;

/** Hourly values by day and hour of a zone. Two values of one hour, when the clock is put back, count as their mean. */
export function cellsOf(t: readonly number[], value: readonly (number | null)[], zone: string): Cells {
  const format = new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", hourCycle: "h23" });
  const sums = new Map<string, { sum: number; n: number }[]>();
  t.forEach((at, index) => {
    const one = value[index];
    if (one === null || one === undefined) return;
    const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value: text }) => [type, text]));
    const day = `${parts.year ?? ""}-${parts.month ?? ""}-${parts.day ?? ""}`;
    const row = sums.get(day) ?? Array.from({ length: HOURS }, () => ({ sum: 0, n: 0 }));
    sums.set(day, row);
    const cell = row[Number(parts.hour)];
    if (cell !== undefined) {
      cell.sum += one;
      cell.n += 1;
    }
  });
  const days = [...sums.keys()].sort();
  const means = days.map((day) => (sums.get(day) ?? []).map(({ sum, n }) => (n === 0 ? null : sum / n)));
  const known = means.flat().filter((one) => one !== null);
  return { days, means, low: Math.min(...known), high: Math.max(...known) };
}

/** How much a register has grown in each stretch: from its highest value there to the next. A fall is not known. */
export function grown(high: readonly (number | null)[]): (number | null)[] {
  return high.map((now, index) => {
    const before = index === 0 ? null : (high[index - 1] ?? null);
    return now === null || before === null || now < before ? null : now - before;
  });
}

/** Share of a scale, 0 to 1. */
export function shareOf(value: number, low: number, high: number): number {
  return high > low ? Math.min(1, Math.max(0, (value - low) / (high - low))) : 0;
}

/** The ends of a gauge's scale: as told, else the channel's plausible range, else around the value. */
export function scaleOf(value: number | null, told: { low: number | null | undefined; high: number | null | undefined }, channel: { minimum: number | null; maximum: number | null }): [number, number] {
  const low = told.low ?? channel.minimum ?? Math.min(0, value ?? 0);
  const high = told.high ?? channel.maximum ?? roundedUp(Math.max(1, (value ?? 0) * 1.25));
  return high > low ? [low, high] : [low, low + 1];
}

function roundedUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5, 10].find((step) => step * power >= value) ?? 10) * power;
}
