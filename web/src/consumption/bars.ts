/** Bars of consumption as places in a drawing: pure arithmetic, so that it can be tested. */

export interface Interval {
  /** ms, UTC */
  from: number;
  to: number;
  amount: number | null;
  quality: string;
  coverage: number;
  /** Whether somebody should look at it. */
  suspect?: boolean;
}

export interface Columns {
  t: number[];
  amount: (number | null)[];
  quality: string[];
  coverage: number[];
  suspect?: boolean[];
}

export function intervalsOf({ t, amount, quality, coverage, suspect }: Columns): Interval[] {
  return amount.map((one, index) => ({
    from: t[index] ?? 0,
    to: t[index + 1] ?? 0,
    amount: one,
    quality: quality[index] ?? "bad",
    coverage: coverage[index] ?? 0,
    suspect: suspect?.[index] ?? false,
  }));
}

/** How a bar looks: measured, or not quite. */
export type Look = "measured" | "estimated" | "edited" | "uncertain";

const looks: Record<string, Look> = { good: "measured", arrival_time: "measured", manual: "measured", estimated: "estimated", substituted: "edited" };

export function lookOf({ quality, suspect }: Interval): Look {
  const look = looks[quality] ?? "uncertain";
  return suspect === true && look === "measured" ? "uncertain" : look;
}

export interface Scale {
  low: number;
  high: number;
  ticks: number[];
  step: number;
}

/** A scale with about `count` round steps that holds 0 and all amounts. */
export function scaleOf(amounts: readonly (number | null)[], count = 4): Scale {
  const known = amounts.filter((one) => one !== null);
  const low = Math.min(0, ...known);
  const high = Math.max(0, ...known) || (low === 0 ? 1 : 0);
  const rough = (high - low) / count;
  const size = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((one) => one * size >= rough * 0.999) ?? 10) * size;
  const [first, last] = [Math.floor(low / step + 1e-9), Math.ceil(high / step - 1e-9)];
  const ticks = Array.from({ length: last - first + 1 }, (_, n) => (first + n) * step);
  return { low: first * step, high: last * step, ticks, step };
}

/** Which of `count` labels of a width fit beside each other. */
export function shownLabels(count: number, slotPx: number, labelPx: number): number {
  return Math.max(1, Math.ceil(labelPx / slotPx), count > 200 ? 12 : 1);
}
