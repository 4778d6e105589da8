/** What is explored as the beginning of a dashboard: the newest values, a chart of each unit, the states. Pure. */

import { type Preset, presets } from "../chart/range";
import { COLUMNS } from "../dashboards/grid";
import type { Document, SeriesRef, Widget } from "../dashboards/types";
import type { Explored } from "./useExplored";

const MOST_OF_WIDGET = 24;
const TILE = { w: 3, h: 2 };
const CHART_ROWS = 6;
const STATE_ROWS = 1; // and one for the time below

type Known = Pick<Explored, "device" | "channel"> & { found: NonNullable<Explored["found"]> };

/** The shortest time to look back that holds a time of that length. */
export function presetFor(lengthMs: number): Preset {
  const names = Object.keys(presets) as Preset[];
  return names.find((name) => presets[name] >= lengthMs) ?? "1y";
}

export function asBoard(series: readonly Known[], range: Preset): Document {
  const ref = ({ device, channel }: Known): SeriesRef => ({ device, channel });
  const perRow = COLUMNS / TILE.w;
  const tiles = series.map((one, place) => ({ id: `v${place + 1}`, title: "", kind: "value" as const, series: ref(one), ...TILE, x: (place % perRow) * TILE.w, y: Math.floor(place / perRow) * TILE.h }));
  let y = Math.ceil(series.length / perRow) * TILE.h;
  const below: Widget[] = [];
  const units = [...new Set(series.filter(({ found }) => found.kind !== "state").map(({ found }) => found.unit))];
  for (const unit of units) {
    const together = series.filter(({ found }) => found.kind !== "state" && found.unit === unit).slice(0, MOST_OF_WIDGET);
    below.push({ id: `c${below.length + 1}`, title: "", kind: "chart", series: together.map(ref), look: "line", range, x: 0, y, w: COLUMNS, h: CHART_ROWS });
    y += CHART_ROWS;
  }
  const states = series.filter(({ found }) => found.kind === "state").slice(0, MOST_OF_WIDGET);
  if (states.length > 0) below.push({ id: "s1", title: "", kind: "timeline", series: states.map(ref), range, x: 0, y, w: COLUMNS, h: 1 + STATE_ROWS * Math.max(1, states.length) });
  return { format: 1, variables: [], widgets: [...tiles, ...below] };
}
