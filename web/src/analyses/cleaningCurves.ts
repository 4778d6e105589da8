/**
 * The curves of a cleaning as charts take them: a chart for each signal, with the golden cycle laid over it step by step and
 * the recipe's limits as lines where a step has them. Pure.
 */

import type { Channel, Device, Readings } from "../api/client";
import type { components } from "../api/schema";
import type { ChartSeries } from "../chart/columns";
import { pointsOf } from "../chart/groups";
import type { Points } from "../chart/series";

export type Cleanings = components["schemas"]["CleaningsAnswer"];
export type Cleaning = components["schemas"]["CleaningAnswer"];
export type Step = components["schemas"]["CleaningStep"];
export type Finding = components["schemas"]["CleaningFinding"];
export type Shortfall = components["schemas"]["CleaningShortfall"];
export type Signal = Shortfall["signal"];

export interface Times {
  /** ms */
  from: number;
  to: number;
}

export interface Curve {
  signal: Signal;
  channel: Channel;
  series: ChartSeries[];
}

export const limitNames = ["low", "high", "end", "mean"] as const;
export type LimitName = (typeof limitNames)[number];

export const POINTS = 1_500;
export const signals: readonly Signal[] = ["temperature", "conductivity", "flow"];
const MARGIN_MS = 90_000;
const AROUND_STEP = 0.15; // of its length, on both sides
const LAST_MS = 60_000; // of a rinse: its end is what is judged

export function timesOf({ from, to }: { from: string; to: string }): Times {
  return { from: Date.parse(from), to: Date.parse(to) };
}

/** A cleaning with some time around it. */
export function wholeOf(cleaning: { from: string; to: string }): Times {
  const { from, to } = timesOf(cleaning);
  return { from: from - MARGIN_MS, to: to + MARGIN_MS };
}

/** A part of a cleaning with so much around it that it is seen where it lies. */
export function closeTo({ from, to }: Times): Times {
  const around = Math.max(MARGIN_MS / 3, (to - from) * AROUND_STEP);
  return { from: from - around, to: to + around };
}

/** The time that the golden cycle took for the steps that are compared; null without one. */
export function goldenTimes({ steps, is_golden }: Cleaning): Times | null {
  const all = is_golden ? [] : steps.flatMap(({ golden }) => (golden === null ? [] : [timesOf(golden)]));
  return all.length === 0 ? null : { from: Math.min(...all.map(({ from }) => from)), to: Math.max(...all.map(({ to }) => to)) };
}

/** Where in the chart a finding is to be seen; null for a step that is missing. */
export function placeOf({ reason, step_from }: Finding, { steps }: Cleaning): Times | null {
  const step = steps.find(({ from }) => from === step_from);
  if (step === undefined) return null;
  const { from, to } = timesOf(step);
  if (reason === "residue") return { from: Math.max(from, to - LAST_MS), to };
  return (reason === "gap" ? longestOf(step.gaps) : undefined) ?? { from, to };
}

export function longestOf(spans: readonly { from: string; to: string }[]): Times | undefined {
  return spans.map(timesOf).sort((one, other) => other.to - other.from - (one.to - one.from))[0];
}

/** How a step's limit of a signal is called, and what it is. */
const limits: Record<Signal, Partial<Record<LimitName, (step: Step, cleaning: Cleaning) => number | null>>> = {
  temperature: { low: (step) => step.min_temperature_c },
  conductivity: { low: (step) => step.min_conductivity_ms_cm, high: (step) => step.max_conductivity_ms_cm, end: (step) => step.max_end_conductivity_ms_cm },
  flow: { low: (step) => step.min_flow_m3_h, mean: (_, cleaning) => cleaning.min_mean_flow_m3_h },
};

export function curvesOf(device: Device, channels: Cleanings["channels"], cleaning: Cleaning, own: Readings, golden: Readings | undefined, names: Record<LimitName | "golden", string>): Curve[] {
  return signals.flatMap((signal) => {
    const channel = device.channels.find(({ key }) => key === channels[signal]);
    const points = channel === undefined ? undefined : readingsOf(own, channel);
    if (channel === undefined || points === undefined || points.t.length === 0) return [];
    const past = golden === undefined ? undefined : readingsOf(golden, channel);
    const series: ChartSeries[] = [{ channel, points, isSettled: true }];
    if (past !== undefined) series.push({ channel, points: beside(points.t, past, cleaning.steps), name: names.golden, isPast: true, look: 1 });
    for (const name of limitNames) {
      const limit = limits[signal][name];
      if (limit === undefined || cleaning.steps.every((step) => limit(step, cleaning) === null)) continue;
      series.push({ channel, points: constant(points.t, cleaning.steps, (step) => limit(step, cleaning)), name: names[name], isLimit: true });
    }
    return [{ signal, channel, series }];
  });
}

function readingsOf(readings: Readings, { key }: Channel): Points | undefined {
  const found = readings.series.find(({ channel }) => channel === key);
  return found === undefined ? undefined : pointsOf(found, readings, POINTS);
}

/** The golden cycle's values at times of this one: each of its steps is laid where this one's step began. */
export function beside(t: readonly number[], golden: Points, steps: readonly Step[]): Points {
  return sampled(t, steps, (at, step) => {
    if (step.golden === null) return null;
    const like = timesOf(step.golden);
    const there = like.from + (at - Date.parse(step.from));
    return there < like.to ? between(golden, there) : null;
  });
}

function constant(t: readonly number[], steps: readonly Step[], of: (step: Step) => number | null): Points {
  return sampled(t, steps, (_, step) => of(step));
}

/** A value for each time, and none outside the steps. Both ascend, so that they are gone through together. */
function sampled(t: readonly number[], steps: readonly Step[], of: (at: number, step: Step) => number | null): Points {
  const ends = steps.map(({ to }) => Date.parse(to));
  let place = 0;
  const value = t.map((at) => {
    while (place < steps.length && at >= (ends[place] ?? 0)) place += 1;
    const step = steps[place];
    return step === undefined || at < Date.parse(step.from) ? null : of(at, step);
  });
  return { t, value, quality: t.map(() => "good"), shortestGap: Infinity };
}

/** The value of a line at a time; null beside a gap. */
function between({ t, value, shortestGap }: Points, at: number): number | null {
  let [low, high] = [0, t.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((t[middle] ?? 0) <= at) low = middle;
    else high = middle - 1;
  }
  const [before, after] = [t[low] ?? Infinity, t[low + 1] ?? Infinity];
  const [from, to] = [value[low] ?? null, value[low + 1] ?? null];
  if (at === before) return from;
  if (before > at || from === null || to === null || after - before > Math.max(shortestGap, MARGIN_MS)) return null;
  return from + ((to - from) * (at - before)) / (after - before);
}
