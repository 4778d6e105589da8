import uPlot from "uplot";
import { formatTime, formatValue } from "../format";
import type { Language } from "../i18n";
import { axesOf, unitsOf } from "./axes";
import type { ChartSeries, Columns, Line } from "./columns";
import type { Gutter } from "./gutter";
import { dashOf, FONT, inks, type Scheme, strokeOf } from "./inks";
import { timeLabels } from "./labels";
import { drawFlaws } from "./marks";
import { flawAt, lonely } from "./series";

const AROUND_STATES_PX = 80;
const STATE_PX = 28;
const TIME_LABEL_PX = 70;
const TIME_AXIS_PX = 34; // ticks, a gap and one line: uPlot would leave an empty strip below
const BAR_PX = 60;
const SHORTEST_DRAG_PX = 8;
const LINE_PX = 1.6;
const MANY_POINTS = 8_000; // of all lines: above it they are a device's pixel wide, which a browser draws thirty times as fast
const LIMIT_DASH = [9, 4];
const FAINT = "a0"; // of another period

/** Draws something over a chart's lines: alarms, notes. */
export type Layer = (chart: uPlot) => void;

export interface Look {
  series: readonly ChartSeries[];
  scheme: Scheme;
  language: Language;
  zone: string;
  timeText: string;
  qualityText: (quality: string) => string;
  own: (text: string | Record<string, string>) => string;
  /** One for each value axis that stands beside the chart, or beside one below it. */
  gutters: readonly Gutter<uPlot>[];
  flaws: () => Columns["flaws"];
  layers: () => readonly Layer[];
  select: (from: number, to: number) => void;
  /** How values are drawn; as lines where nothing is said. */
  shape?: Shape | undefined;
  widen: () => void;
}

export type Shape = "line" | "area" | "bar";

export function heightOf(series: readonly ChartSeries[]): number {
  const first = series[0]?.channel;
  if (first?.kind !== "state") return 250;
  return Math.min(330, AROUND_STATES_PX + STATE_PX * Math.max(2, Object.keys(first.states ?? {}).length));
}

export function optionsOf(look: Look, columns: Columns, width: number, height = heightOf(look.series)): uPlot.Options {
  const ink = inks[look.scheme];
  const units = unitsOf(look.series);
  const line = { stroke: ink.text, font: FONT, grid: { stroke: ink.grid, width: 1 }, ticks: { stroke: ink.grid, width: 1 } };
  return {
    width,
    height,
    padding: [null, TIME_LABEL_PX / 2, null, null],
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), look.zone),
    scales: { x: { time: true }, ...Object.fromEntries(units.map((_, place) => [scaleOf(place), { range: (_: uPlot, low: number | null, high: number | null) => (look.shape === "bar" ? padded(Math.min(0, low ?? 0), Math.max(0, high ?? 0)) : padded(low, high)) }])) },
    cursor: { drag: { x: true, y: false, setScale: false }, sync: { key: "calha" }, bind: { dblclick: () => () => (look.widen(), null) } },
    legend: { live: true },
    axes: [{ ...line, space: TIME_LABEL_PX, size: TIME_AXIS_PX, values: (_, splits, __, ___, step) => timeLabels(splits, step, look.language, look.zone) }, ...axesOf(look, units, line)],
    series: [
      { label: look.timeText, value: (_, seconds: number | null) => (seconds === null ? "—" : formatTime(seconds * 1000, look.language, look.zone)) },
      ...columns.lines.map((one) => lineOf(one, look, units)),
    ],
    bands: columns.bands.map(({ series, source }) => ({ series, fill: `${strokeOf(look.series[source]?.look ?? source, look.scheme)}30` })),
    hooks: {
      setSelect: [
        (chart) => {
          const { left, width: dragged } = chart.select;
          if (dragged > SHORTEST_DRAG_PX) look.select(chart.posToVal(left, "x") * 1000, chart.posToVal(left + dragged, "x") * 1000);
          chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
      draw: [
        (chart) => {
          look.flaws().forEach((found, source) => drawFlaws(chart, found, scaleOf(placeOf(look, units, source)), ink));
          look.layers().forEach((layer) => layer(chart));
        },
      ],
      destroy: [(chart) => look.gutters.forEach((gutter) => gutter.leave(chart))],
    },
  };
}

/** Name of the scale of a unit by its place. */
export function scaleOf(place: number): string {
  return `y${place}`;
}

function placeOf({ series }: Look, units: readonly string[], source: number): number {
  const one = series[source];
  return one === undefined ? 0 : Math.max(0, units.indexOf(unitOf(one)));
}

/** Series that share an axis have the same; each of states has its own. */
export function unitOf({ channel }: ChartSeries): string {
  return channel.kind === "state" ? `state:${channel.series}` : channel.unit;
}

function lineOf({ source, part }: Line, look: Look, units: readonly string[]): uPlot.Series {
  const one = look.series[source];
  const scale = scaleOf(placeOf(look, units, source));
  if (one === undefined || part !== "value") return { class: "band", scale, width: 0, points: { show: false } };
  const { channel, name, isPast, isLimit } = one;
  const number = one.look ?? source;
  const stroke = isLimit === true ? inks[look.scheme].warn : strokeOf(number, look.scheme) + (isPast === true ? FAINT : "");
  return {
    label: name ?? look.own(channel.name),
    scale,
    stroke,
    dash: isLimit === true ? LIMIT_DASH : isPast === true ? [2, 4] : dashOf(number),
    width: LINE_PX,
    points: { show: true, size: 4, fill: stroke, filter: (chart, index) => lonely(chart.data[index] ?? []) },
    ...(look.shape === "area" || look.shape === "bar" ? { fill: `${strokeOf(number, look.scheme)}${look.shape === "bar" ? "99" : "30"}` } : {}),
    ...(look.shape === "bar" && uPlot.paths.bars ? { paths: uPlot.paths.bars({ size: [0.8, BAR_PX] }), points: { show: false } } : {}),
    ...(channel.kind === "state" && uPlot.paths.stepped ? { paths: uPlot.paths.stepped({ align: 1 }) } : {}),
    value: (chart, value: number | null, _, index) => {
      if (value === null || index === null) return "—";
      const flaw = flawAt(look.flaws()[source] ?? [], (chart.data[0][index] ?? 0) * 1000);
      return `${formatValue(value, channel, look.language, look.own)} ${channel.unit}${flaw === undefined ? "" : ` · ${look.qualityText(flaw.quality)}`}`;
    },
  };
}

function padded(low: number | null, high: number | null): [number, number] {
  if (low === null || high === null || !Number.isFinite(low) || !Number.isFinite(high)) return [0, 1];
  const room = (high - low) * 0.08 || Math.abs(high) * 0.05 || 1;
  return [low >= 0 && low - room < 0 ? Math.min(0, low) : low - room, high + room];
}

/** Lines as thin as it takes to draw so many points in time. */
export function thinned(chart: uPlot, data: uPlot.AlignedData): void {
  const width = data.length * data[0].length > MANY_POINTS ? 1 / devicePixelRatio : LINE_PX;
  for (const one of chart.series) if ((one.width ?? 0) > 0) one.width = width;
}
