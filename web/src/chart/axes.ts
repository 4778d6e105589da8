/** The value axes of a chart: one for each unit, the first at the left, the others at the right. */

import type uPlot from "uplot";
import { FONT, strokeOf } from "./inks";
import { numberLabels, stateLabels, wholeNumbers } from "./labels";
import { type Look, scaleOf, unitOf } from "./plot";
import type { ChartSeries } from "./columns";

const BESIDE_LABEL_PX = 18; // tick and space on both sides
// uPlot names its sides by an enum that only its types have.
const [LEFT, RIGHT] = [3, 1] as unknown as [uPlot.Axis.Side, uPlot.Axis.Side];

export function unitsOf(series: readonly ChartSeries[]): string[] {
  return [...new Set(series.map(unitOf))];
}

/** As many as any of the charts below each other has, so that their times stand below each other. */
export function axesOf(look: Look, units: readonly string[], line: uPlot.Axis): uPlot.Axis[] {
  return look.gutters.map((gutter, place) => {
    const unit = units[place];
    const common: uPlot.Axis = { ...line, side: place === 0 ? LEFT : RIGHT, scale: scaleOf(unit === undefined ? 0 : place), ...(place === 0 ? {} : { grid: { show: false } }) };
    if (unit === undefined) return { ...common, values: () => [], ticks: { show: false }, size: (chart) => gutter.share(chart, 0) };
    const one = look.series.filter((series) => unitOf(series) === unit && series.isPast !== true);
    const isShared = units.length > 1;
    const [first] = one;
    const ofLine = first !== undefined && one.length === 1 ? strokeOf(first.look ?? look.series.indexOf(first), look.scheme) : undefined;
    return {
      ...common,
      ...(isShared ? { label: nameOf(unit), labelSize: 18, labelFont: FONT, ...(ofLine === undefined ? {} : { stroke: ofLine }) } : {}),
      ...valuesOf(look, unit),
      size: (chart, labels) => gutter.share(chart, widest(labels) + BESIDE_LABEL_PX),
    };
  });
}

function nameOf(unit: string): string {
  return unit.startsWith("state:") ? "" : unit;
}

function valuesOf({ series, language, own }: Look, unit: string): Pick<uPlot.Axis, "values" | "splits"> {
  const channel = series.find((one) => unitOf(one) === unit)?.channel;
  if (channel?.kind !== "state") return { values: (_, splits, __, ___, step) => numberLabels(splits, step, language) };
  return { splits: (_, __, low, high) => wholeNumbers(low, high), values: (_, splits) => stateLabels(splits, channel, language, own) };
}

let measuring: CanvasRenderingContext2D | null = null;

/** Width of the widest line of some labels, in px. */
function widest(labels: readonly string[] | null): number {
  measuring ??= document.createElement("canvas").getContext("2d");
  if (measuring === null) return 0;
  const context = measuring;
  context.font = FONT;
  return Math.max(0, ...(labels ?? []).flatMap((label) => label.split("\n")).map((text) => context.measureText(text).width));
}
