/** What a point stands for where readings are put together: by which figure, over which step. Pure. */

import type { Channel } from "../api/client";

export const aggregates = ["mean", "min", "max", "sum", "first", "last", "count"] as const;
export type Aggregate = (typeof aggregates)[number];

export const grains = ["1m", "15m", "1h", "1d"] as const;
export type Grain = (typeof grains)[number];

const MINUTE_MS = 60_000;
const LENGTH_MS: Record<Grain, number> = { "1m": MINUTE_MS, "15m": 15 * MINUTE_MS, "1h": 60 * MINUTE_MS, "1d": 1_440 * MINUTE_MS };
const USUAL_POINTS = 400;
const MOST_POINTS = 20_000;

/** The step for a time of a length: the one that was asked for, or one that gives a chart some hundred points; never so fine that none could be told apart. */
export function grainOf(lengthMs: number, asked: Grain | undefined): Grain {
  const most = asked === undefined ? USUAL_POINTS : MOST_POINTS;
  const finest = asked === undefined ? 0 : grains.indexOf(asked);
  return grains.find((one, place) => place >= finest && lengthMs / LENGTH_MS[one] <= most) ?? "1d";
}

/** A channel as it is drawn once its readings are counted, added or averaged: a number of states is no state. */
export function aggregated(channel: Channel, by: Aggregate): Channel {
  if (by === "count") return { ...channel, kind: "gauge", unit: "", precision: 0, minimum: null, maximum: null, states: null };
  if (channel.kind === "state" && (by === "mean" || by === "sum")) return { ...channel, kind: "gauge", precision: null, states: null };
  return channel;
}
