/** Points of several series as uPlot wants them: one ascending time axis, gaps as nulls. */

export interface Points {
  /** ms */
  t: readonly number[];
  value: readonly (number | null)[];
  min?: readonly (number | null)[] | null | undefined;
  max?: readonly (number | null)[] | null | undefined;
  quality: readonly string[];
  gapMs: number | null;
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
    gapMs: history.gapMs,
  };
}

/** With a null in each hole that is longer than the gap, so that no line is drawn over it. */
export function withGaps(points: Points): Points {
  const { gapMs } = points;
  if (gapMs === null) return points;
  const t: number[] = [];
  const value: (number | null)[] = [];
  const min: (number | null)[] = [];
  const max: (number | null)[] = [];
  const quality: string[] = [];
  points.t.forEach((at, index) => {
    const before = points.t[index - 1];
    if (before !== undefined && at - before > gapMs) {
      t.push(before + gapMs / 2);
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
  return { t, value, min: points.min && min, max: points.max && max, quality, gapMs };
}

export const SUSPECT = new Set(["uncertain", "estimated", "substituted", "out_of_range"]);
