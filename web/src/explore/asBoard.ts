/** What is explored as the beginning of a dashboard: the newest values, a chart of each unit with what is calculated there, the states. Pure. */

import { type Calculated, letterOf, renamed } from "../chart/formulas";
import { type Preset, presets } from "../chart/range";
import { COLUMNS } from "../dashboards/grid";
import type { Document, SeriesRef, Widget } from "../dashboards/types";
import type { Explored } from "./useExplored";

const MOST_OF_WIDGET = 24;
const LONGEST_NAME = 100;
const LONGEST_UNIT = 20;
const TILE = { w: 3, h: 2 };
const CHART_ROWS = 6;
const ROWS_OF_UNIT = 3; // more, for each unit beside the first
const STATE_ROWS = 1; // and one for the time below

export type Known = Pick<Explored, "device" | "channel"> & { found: NonNullable<Explored["found"]> };

/** A calculated series whose formula calls its inputs `a`, `b`, … in their order. */
export interface Reckoned extends Calculated {
  inputs: readonly Known[];
}

/** The shortest time to look back that holds a time of that length. */
export function presetFor(lengthMs: number): Preset {
  const names = Object.keys(presets) as Preset[];
  return names.find((name) => presets[name] >= lengthMs) ?? "1y";
}

export function asBoard(series: readonly Known[], calculated: readonly Reckoned[], range: Preset): Document {
  const perRow = COLUMNS / TILE.w;
  const tiles = series.map((one, place) => ({ id: `v${place + 1}`, title: "", kind: "value" as const, series: refOf(one), ...TILE, x: (place % perRow) * TILE.w, y: Math.floor(place / perRow) * TILE.h }));
  let y = Math.ceil(series.length / perRow) * TILE.h;
  const below: Widget[] = [];
  const draw = (shown: readonly Known[], within: readonly Reckoned[]) => {
    const units = new Set([...shown.map(({ found }) => found.unit), ...within.map(({ unit }) => unit)]);
    const h = CHART_ROWS + ROWS_OF_UNIT * (units.size - 1);
    below.push({ id: `c${below.length + 1}`, title: "", kind: "chart", series: shown.map(refOf), calculated: within.map((one) => calculatedOf(one, shown)), look: "line", range, x: 0, y, w: COLUMNS, h });
    y += h;
  };
  const left = new Set(calculated);
  const units = [...new Set(series.filter(({ found }) => found.kind !== "state").map(({ found }) => found.unit))];
  for (const unit of units) {
    const together = series.filter(({ found }) => found.kind !== "state" && found.unit === unit).slice(0, MOST_OF_WIDGET);
    const within = [...left].filter(({ inputs }) => inputs.every((one) => together.includes(one)));
    for (const one of within) left.delete(one);
    draw(together, within);
  }
  for (const one of left) draw(one.inputs, [one]);
  const states = series.filter(({ found }) => found.kind === "state").slice(0, MOST_OF_WIDGET);
  if (states.length > 0) below.push({ id: "s1", title: "", kind: "timeline", series: states.map(refOf), range, x: 0, y, w: COLUMNS, h: 1 + STATE_ROWS * Math.max(1, states.length) });
  return { format: 1, variables: [], widgets: [...tiles, ...below] };
}

function refOf({ device, channel }: Known): SeriesRef {
  return { device, channel };
}

/** As a chart of some series has it, by their letters. */
function calculatedOf({ name, unit, formula, inputs }: Reckoned, shown: readonly Known[]): Calculated {
  const known = renamed(formula, (place) => letterOf(shown.findIndex((one) => one === inputs[place])));
  return { name: name === formula ? "" : name.slice(0, LONGEST_NAME), unit: unit.slice(0, LONGEST_UNIT), formula: known };
}
