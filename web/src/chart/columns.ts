import type uPlot from "uplot";
import type { Channel } from "../api/client";
import { live } from "../live/hooks";
import { drawn, type Drawn } from "./growing";
import { merged } from "./merging";
import type { Flaw, Points } from "./series";

export interface ChartSeries {
  channel: Channel;
  points: Points;
  /** What it is called, where that is not the channel's name. */
  name?: string;
  /** Of another period, laid over the shown one: drawn faintly, and nothing live belongs to it. */
  isPast?: boolean;
  /** Only what is stored: a sum of an hour takes no live reading. */
  isSettled?: boolean;
  /** A line that values should not cross. */
  isLimit?: boolean;
  /** Which colour and dashes it has, where it is not its place among the others. */
  look?: number;
}

/** A line that uPlot draws: a series' values, or an edge of the band between its extremes. */
export interface Line {
  source: number;
  part: "value" | "min" | "max";
}

export interface Columns {
  data: uPlot.AlignedData;
  lines: Line[];
  bands: { series: [number, number]; source: number }[];
  /** By series. */
  flaws: (readonly Flaw[])[];
}

/** Whether what comes live belongs to it. */
export function grows({ isPast, isSettled, isLimit }: Pick<ChartSeries, "isPast" | "isSettled" | "isLimit">): boolean {
  return isPast !== true && isSettled !== true && isLimit !== true;
}

const NO_TAIL: readonly never[] = [];

/** Several series as uPlot wants them: one time axis in seconds, one column for each line. `follows`: with what came live. */
export function columnsOf(series: readonly ChartSeries[], follows: boolean): Columns {
  const lines: Line[] = [];
  const bands: Columns["bands"] = [];
  const found = series.map((one) => drawn(one.points, follows && grows(one) ? live.tail(one.channel.series) : NO_TAIL));
  found.forEach(({ min, max }, source) => {
    lines.push({ source, part: "value" });
    if (min === null || max === null) return;
    bands.push({ series: [lines.length + 1, lines.length + 2], source });
    lines.push({ source, part: "max" }, { source, part: "min" });
  });
  return { data: merged(found.map(tableOf)), lines, bands, flaws: found.map(({ flaws }) => flaws) };
}

function tableOf({ x, value, min, max }: Drawn) {
  return { x, columns: min === null || max === null ? [value] : [value, max, min] };
}
