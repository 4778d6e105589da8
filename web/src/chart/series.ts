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

/** With a null in each gap, so that no line is drawn over it. */
export function withGaps(points: Points): Points {
  const gaps = gapsIn(points.t, points.shortestGap);
  if (!gaps.includes(true)) return points;
  const t: number[] = [];
  const value: (number | null)[] = [];
  const min: (number | null)[] = [];
  const max: (number | null)[] = [];
  const quality: string[] = [];
  points.t.forEach((at, index) => {
    if (gaps[index - 1]) {
      t.push(((points.t[index - 1] ?? at) + at) / 2);
      value.push(null);
      min.push(null);
      max.push(null);
      quality.push("good");
    }
    t.push(at);
    value.push(points.value[index] ?? null);
    min.push(points.min?.[index] ?? null);
    max.push(points.max?.[index] ?? null);
    quality.push(points.quality[index] ?? "good");
  });
  return { t, value, min: points.min && min, max: points.max && max, quality, shortestGap: points.shortestGap };
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

const SUSPECT = new Set(["uncertain", "estimated", "substituted", "out_of_range", "last_usable"]);

export interface Flaw {
  /** ms */
  t: number;
  value: number | null;
  isBad: boolean;
}

/** The points that are not good. */
export function flaws(points: Points): Flaw[] {
  return points.t.flatMap((t, index) => {
    const quality = points.quality[index] ?? "good";
    const bad = isBad(quality);
    return bad || SUSPECT.has(quality) ? [{ t, value: points.value[index] ?? null, isBad: bad }] : [];
  });
}
