/** Variables of a dashboard: which device or site a name stands for, once whoever looks has chosen. Pure. */

import type { Document, SeriesRef, Variable, Widget } from "./types";

export type Values = Readonly<Record<string, string | number>>;

/** Each variable's value: chosen, else what it begins with. */
export function valuesOf(variables: readonly Variable[], chosen: Values): Values {
  return Object.fromEntries(variables.map((one) => [one.key, chosen[one.key] ?? (one.kind === "device" ? one.device : one.site)]));
}

export function deviceOf(name: string, values: Values): string {
  return name.startsWith("$") ? String(values[name.slice(1)] ?? "") : name;
}

export function siteOf(name: string | number | null | undefined, values: Values, own: number): number {
  if (name === null || name === undefined) return own;
  return typeof name === "number" ? name : Number(values[name.slice(1)] ?? own);
}

/** The series that a widget shows. */
export function seriesOf(widget: Widget): readonly SeriesRef[] {
  switch (widget.kind) {
    case "value":
    case "gauge":
    case "heat":
      return [widget.series];
    case "chart":
    case "table":
    case "timeline":
      return widget.series;
    case "schematic":
      return widget.bindings.map(({ series }) => series);
    default:
      return [];
  }
}

/** The devices that a dashboard names, with its variables' values, each once. */
export function devicesOf({ widgets }: Document, values: Values): string[] {
  const named = widgets.flatMap((widget) => [
    ...seriesOf(widget).map(({ device }) => device),
    ...(widget.kind === "command" ? [widget.device] : []),
    ...(widget.kind === "map" ? widget.places.flatMap(({ device }) => (device === null || device === undefined ? [] : [device])) : []),
  ]);
  return [...new Set(named.map((one) => deviceOf(one, values)).filter((one) => one !== ""))].sort();
}

/** The same document with each mention of one device made a mention of a variable. */
export function generalised(document: Document, device: string, variable: Variable & { kind: "device" }): Document {
  const name = `$${variable.key}`;
  const swapped: unknown = JSON.parse(JSON.stringify(document.widgets), (key, value: unknown) => (key === "device" && value === device ? name : value));
  return { ...document, variables: [...document.variables, variable], widgets: swapped as Widget[] };
}
