import uPlot from "uplot";
import type { Channel } from "../api/client";
import { type Flaw, flaws, type Points, withGaps } from "./series";

export interface ChartSeries {
  channel: Channel;
  points: Points;
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
  flaws: Flaw[];
}

const NULLS_ARE_GAPS = 2;

/** Several series as uPlot wants them: one time axis in seconds, one column for each line. */
export function columnsOf(series: readonly ChartSeries[]): Columns {
  const lines: Line[] = [];
  const bands: Columns["bands"] = [];
  const tables = series.map(({ points }, source) => {
    const { t, value, min, max } = withGaps(points);
    const columns = [value];
    lines.push({ source, part: "value" });
    if (max && min) {
      bands.push({ series: [lines.length + 1, lines.length + 2], source });
      lines.push({ source, part: "max" }, { source, part: "min" });
      columns.push(max, min);
    }
    return [t.map((at) => at / 1000), ...columns] as uPlot.AlignedData;
  });
  const [first, ...others] = tables;
  const data = others.length === 0 ? (first ?? [[]]) : uPlot.join(tables, tables.map((table) => table.map(() => NULLS_ARE_GAPS)));
  return { data, lines, bands, flaws: series.flatMap(({ points }) => flaws(points)) };
}
