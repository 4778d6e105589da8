/** Points of several series as uPlot wants them: one ascending time axis, gaps as nulls. */

import { isBad } from "../ui/quality";

export interface Points {
  /** ms */
  t: readonly number[];
  value: readonly (number | null)[];
  min?: readonly (number | null)[] | null | undefined;
  max?: readonly (number | null)[] | null | undefined;
  quality: readonly string[];
  /** No distance up to this is a gap, in ms. */
  shortestGap: number;
}

export interface Tail {
  t: number;
  value: number | null;
  quality: string;
}

/** History with what came live after it. */
export function withTail(history: Points, tail: readonly Tail[]): Points {
  const last = history.t.at(-1) ?? -Infinity;
  const newer = tail.filter((one) => one.t > last);
  if (newer.length === 0) return history;
  return {
    t: [...history.t, ...newer.map((one) => one.t)],
    value: [...history.value, ...newer.map((one) => one.value)],
    min: history.min && [...history.min, ...newer.map((one) => one.value)],
    max: history.max && [...history.max, ...newer.map((one) => one.value)],
    quality: [...history.quality, ...newer.map((one) => one.quality)],
    shortestGap: history.shortestGap,
  };
}

const MISSED = 3; // usual intervals without a point: a gap
const NEIGHBOURS = 3; // on each side; at the ends, where one side is missing, the nearest one counts by itself as well

/**
 * For each distance between points, whether it is a gap: much longer than is usual just before and just after it. History
 * that was filled in once a minute is as whole as live data that comes ten times a second, in the same chart.
 */
export function gapsIn(t: readonly number[], shortest = 0): boolean[] {
  const distances = t.slice(1).map((at, index) => at - (t[index] ?? at));
  if (distances.length < 2) return distances.map(() => false);
  // usual[i]: of the distances i - NEIGHBOURS to i - 1
  const usual = Array.from({ length: distances.length + NEIGHBOURS + 1 }, (_, end) => lowerMedian(distances, end - NEIGHBOURS, end));
  const last = distances.length - 1;
  return distances.map((distance, index) => {
    const nearest = index === 0 ? distances[1] : index === last ? distances[last - 1] : 0;
    const around = Math.max(usual[index] ?? 0, usual[index + 1 + NEIGHBOURS] ?? 0, nearest ?? 0);
    return distance > Math.max(MISSED * around, shortest);
  });
}

const sorted: number[] = []; // reused: this runs for thousands of points in each frame

function lowerMedian(values: readonly number[], from: number, to: number): number {
  const [first, end] = [Math.max(0, from), Math.min(values.length, to)];
  let length = 0;
  for (let index = first; index < end; index += 1) {
    const value = values[index] ?? 0;
    let place = length;
    for (; place > 0 && (sorted[place - 1] ?? 0) > value; place -= 1) sorted[place] = sorted[place - 1] ?? 0;
    sorted[place] = value;
    length += 1;
  }
  return length === 0 ? 0 : (sorted[(length - 1) >> 1] ?? 0);
}

/** Indices of points that no line would show. Undefined is another series' time and breaks no line; null does. */
export function lonely(column: ArrayLike<number | null | undefined>): number[] {
  const found: number[] = [];
  let [before, candidate] = [null as number | null, -1];
  for (let index = 0; index < column.length; index += 1) {
    const value = column[index];
    if (value === undefined) continue;
    if (value === null) {
      if (candidate >= 0) found.push(candidate);
      candidate = -1;
    } else {
      candidate = before === null ? index : -1;
    }
    before = value;
  }
  if (candidate >= 0) found.push(candidate);
  return found;
}

const ESTIMATED = new Set(["estimated", "substituted"]);
const SUSPECT = new Set(["uncertain", "out_of_range", "last_usable"]);

/** What is to be said of a value: it was not measured, it is doubtful, or there is none that may be used. */
export type Doubt = "estimated" | "suspect" | "bad";

export function doubtOf(quality: string): Doubt | null {
  if (isBad(quality)) return "bad";
  if (ESTIMATED.has(quality)) return "estimated";
  return SUSPECT.has(quality) ? "suspect" : null;
}

export interface Flaw {
  /** ms */
  t: number;
  value: number | null;
  quality: string;
  doubt: Doubt;
}

/** The points that are not good. */
export function flaws({ t, value, quality }: Pick<Points, "t" | "value" | "quality">): Flaw[] {
  const found: Flaw[] = [];
  quality.forEach((one, index) => {
    const doubt = one === "good" ? null : doubtOf(one);
    if (doubt !== null) found.push({ t: t[index] ?? 0, value: value[index] ?? null, quality: one, doubt });
  });
  return found;
}

/** The one of some flaws, by time, that is at a time in ms. */
export function flawAt(found: readonly Flaw[], at: number): Flaw | undefined {
  let [low, high] = [0, found.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((found[middle]?.t ?? 0) < at - SAME_MS) low = middle + 1;
    else high = middle;
  }
  const nearest = found[low];
  return nearest !== undefined && Math.abs(nearest.t - at) <= SAME_MS ? nearest : undefined;
}

const SAME_MS = 0.001; // the axis is in seconds: times come back with a rounding error
