import type { Channel } from "../api/client";
import type { components } from "../api/schema";
import type { ChartSeries } from "./columns";
import type { Calculated } from "./formulas";
import { thinnedGap } from "./groups";
import type { Points } from "./series";

export type CalculatedAnswer = components["schemas"]["CalculatedAnswer"];

const NOTHING: Points = { t: [], value: [], quality: [], shortestGap: 0 };

/** A calculated series as a chart draws it. `asked`: of how many points the answer consists at most. */
export function drawnOf(one: Calculated, place: number, answer: CalculatedAnswer | undefined, asked: number): ChartSeries {
  const points = answer === undefined ? NOTHING : { t: answer.t, value: answer.value, quality: answer.quality, shortestGap: Math.max(answer.gap_ms ?? 0, thinnedGap(answer, asked)) };
  return { channel: channelOf(one, place), name: one.name, points };
}

/** As a channel of its own. Its number is none that readings have. */
function channelOf({ name, unit }: Calculated, place: number): Channel {
  return { series: -1 - place, key: name, name, unit, kind: "gauge", minimum: null, maximum: null, precision: null, discovered: false, states: null };
}
