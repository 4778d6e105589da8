/** Widgets as they begin: their size, and what they show before anybody has said so. Pure. */

import { withoutPlace } from "../chart/formulas";
import { COLUMNS, freePlace, MAX_ROWS, settled } from "./grid";
import type { Document, Kind, Of, SeriesRef, Variable, Widget } from "./types";

const SIZES: Record<Kind, readonly [w: number, h: number]> = {
  value: [3, 2],
  gauge: [3, 4],
  chart: [6, 5],
  table: [6, 5],
  timeline: [12, 3],
  heat: [6, 5],
  alarms: [6, 5],
  plant: [8, 9],
  map: [6, 7],
  schematic: [6, 7],
  text: [4, 3],
  image: [4, 4],
  command: [3, 3],
};
export const MAX_WIDGETS = 60;
const NO_SERIES: SeriesRef = { device: "", channel: "" };

/** A new widget of a kind, at the first free place; what it shows has still to be chosen. */
export function newWidget({ widgets, variables }: Document, kind: Kind): Widget {
  const [w, h] = SIZES[kind];
  const place = { id: freeId(widgets), title: "", ...freePlace(widgets, w, h), w, h };
  const first = variables.find((one) => one.kind === "device");
  const series = first === undefined ? NO_SERIES : { device: `$${first.key}`, channel: "" };
  switch (kind) {
    case "value":
      return { ...place, kind, series };
    case "gauge":
      return { ...place, kind, series };
    case "heat":
      return { ...place, kind, series, days: 14 };
    case "chart":
      return { ...place, kind, series: [series], look: "line", range: "24h", calculated: [] };
    case "timeline":
      return { ...place, kind, series: [series], range: "24h" };
    case "table":
      return { ...place, kind, series: [series] };
    case "alarms":
    case "plant":
      return { ...place, kind };
    case "text":
      return { ...place, kind, text: "" };
    case "image":
      return { ...place, kind, file: 0, description: "" };
    case "command":
      return { ...place, kind, device: series.device, command: "" };
    case "map":
      return { ...place, kind, places: [] };
    case "schematic":
      return { ...place, kind, file: 0, bindings: [] };
  }
}

/** A copy of a widget at the first free place; its id is that of the last widget. */
export function duplicated(document: Document, id: string): Document {
  const widget = document.widgets.find((one) => one.id === id);
  if (widget === undefined || document.widgets.length >= MAX_WIDGETS) return document;
  const copy = { ...widget, id: freeId(document.widgets), ...freePlace(document.widgets, widget.w, widget.h) };
  return { ...document, widgets: [...document.widgets, copy] };
}

export function without(document: Document, id: string): Document {
  return { ...document, widgets: settled(document.widgets.filter((one) => one.id !== id)) };
}

/** A variable that is taken away leaves what it began with. */
export function withoutVariable({ variables, widgets, ...rest }: Document, { key, ...variable }: Variable): Document {
  const value = variable.kind === "device" ? variable.device : variable.site;
  const bound: unknown = JSON.parse(JSON.stringify(widgets), (name, one: unknown) => ((name === "device" || name === "site") && one === `$${key}` ? value : one));
  return { ...rest, variables: variables.filter((one) => one.key !== key), widgets: bound as Widget[] };
}

/** A chart without one of its series; formulas that name it wait for another. */
export function withoutSeries(chart: Of<"chart">, place: number): Of<"chart"> {
  const calculated = chart.calculated.map((one) => ({ ...one, formula: withoutPlace(one.formula, place) }));
  return { ...chart, series: chart.series.filter((_, n) => n !== place), calculated };
}

/** As it is kept: bars have nothing calculated. */
export function tidied(widget: Widget): Widget {
  return widget.kind === "chart" && widget.look === "bar" ? { ...widget, calculated: [] } : widget;
}

/** Whether a widget may be kept: on the grid, and with all that it needs. */
export function isComplete(widget: Widget): boolean {
  const inside = widget.x >= 0 && widget.x + widget.w <= COLUMNS && widget.y < MAX_ROWS;
  const isNamed = (one: SeriesRef) => one.device !== "" && one.channel !== "";
  switch (widget.kind) {
    case "value":
    case "gauge":
    case "heat":
      return inside && isNamed(widget.series);
    case "chart":
      return inside && widget.series.length > 0 && widget.series.every(isNamed) && (widget.look === "bar" || widget.calculated.every(({ formula }) => formula.trim() !== ""));
    case "table":
    case "timeline":
      return inside && widget.series.length > 0 && widget.series.every(isNamed);
    case "command":
      return inside && widget.device !== "" && widget.command !== "";
    case "alarms":
      return inside && widget.device !== "";
    case "image":
      return inside && widget.file > 0;
    case "schematic":
      return inside && widget.file > 0 && widget.bindings.every(({ element, series }) => element !== "" && isNamed(series));
    default:
      return inside;
  }
}

function freeId(widgets: readonly Widget[]): string {
  const taken = new Set(widgets.map(({ id }) => id));
  for (let n = widgets.length + 1; ; n += 1) if (!taken.has(`w${n}`)) return `w${n}`;
}
