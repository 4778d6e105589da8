import uPlot from "uplot";
import { formatTime, formatValue } from "../format";
import type { Language } from "../i18n";
import type { ChartSeries, Columns, Line } from "./columns";
import type { Gutter } from "./gutter";
import { numberLabels, stateLabels, timeLabels, wholeNumbers } from "./labels";
import { type Flaw, lonely } from "./series";

/** Distinguishable without colour vision as well, by their dashes; together enough for 25 lines. */
const strokes = {
  light: ["#1f6f78", "#7a4a9e", "#a65300", "#30537d", "#5b6b00"],
  dark: ["#6cc4cf", "#c79be8", "#f0a35e", "#8fb8ea", "#c3d35b"],
};
const dashes: number[][] = [[], [7, 4], [2, 3], [10, 3, 2, 3], [4, 4]];
const inks = { light: { text: "#566168", grid: "#e4e8ea", warn: "#8a5a00", bad: "#b3261e" }, dark: { text: "#a2adb4", grid: "#2c3236", warn: "#f0b84a", bad: "#ff8a80" } };
const FONT = "12px system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";
const BESIDE_LABEL_PX = 18; // tick and space on both sides
const AROUND_STATES_PX = 80;
const STATE_PX = 28;
const TIME_LABEL_PX = 70;
const BAR_PX = 60;

export type Scheme = keyof typeof strokes;

export interface Look {
  series: readonly ChartSeries[];
  scheme: Scheme;
  language: Language;
  zone: string;
  timeText: string;
  own: (text: string | Record<string, string>) => string;
  gutter: Gutter<uPlot>;
  flaws: () => readonly Flaw[];
  select: (from: number, to: number) => void;
  /** How values are drawn; as lines where nothing is said. */
  shape?: Shape | undefined;
}

export type Shape = "line" | "area" | "bar";

export function heightOf(series: readonly ChartSeries[]): number {
  const first = series[0]?.channel;
  if (first?.kind !== "state") return 250;
  return Math.min(330, AROUND_STATES_PX + STATE_PX * Math.max(2, Object.keys(first.states ?? {}).length));
}

export function optionsOf(look: Look, columns: Columns, width: number, height = heightOf(look.series)): uPlot.Options {
  const ink = inks[look.scheme];
  const line = { stroke: ink.text, font: FONT, grid: { stroke: ink.grid, width: 1 }, ticks: { stroke: ink.grid, width: 1 } };
  return {
    width,
    height,
    padding: [null, TIME_LABEL_PX / 2, null, null],
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), look.zone),
    scales: { x: { time: true }, y: { range: (_, low, high) => (look.shape === "bar" ? padded(Math.min(0, low), Math.max(0, high)) : padded(low, high)) } },
    cursor: { drag: { x: true, y: false, setScale: false }, sync: { key: "calha" } },
    legend: { live: true },
    axes: [
      { ...line, space: TIME_LABEL_PX, values: (_, splits, __, ___, step) => timeLabels(splits, step, look.language, look.zone) },
      { ...line, ...valueAxis(look), size: (chart, labels) => look.gutter.share(chart, widest(labels) + BESIDE_LABEL_PX) },
    ],
    series: [
      { label: look.timeText, value: (_, seconds: number | null) => (seconds === null ? "—" : formatTime(seconds * 1000, look.language, look.zone)) },
      ...columns.lines.map((one) => lineOf(one, look)),
    ],
    bands: columns.bands.map(({ series, source }) => ({ series, fill: `${strokeOf(source, look.scheme)}30` })),
    hooks: {
      setSelect: [
        (chart) => {
          const { left, width: dragged } = chart.select;
          if (dragged > 8) look.select(chart.posToVal(left, "x") * 1000, chart.posToVal(left + dragged, "x") * 1000);
          chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
      draw: [(chart) => drawFlaws(chart, look.flaws(), ink)],
      destroy: [(chart) => look.gutter.leave(chart)],
    },
  };
}

function valueAxis({ series, language, own }: Look): Pick<uPlot.Axis, "values" | "splits"> {
  const first = series[0]?.channel;
  if (first?.kind !== "state") return { values: (_, splits, __, ___, step) => numberLabels(splits, step, language) };
  return {
    splits: (_, __, low, high) => wholeNumbers(low, high),
    values: (_, splits) => stateLabels(splits, first, language, own),
  };
}

function lineOf({ source, part }: Line, { series, scheme, language, own, shape }: Look): uPlot.Series {
  const one = series[source];
  if (one === undefined || part !== "value") return { class: "band", width: 0, points: { show: false } };
  const { channel } = one;
  return {
    label: own(channel.name),
    stroke: strokeOf(source, scheme),
    dash: dashes[(source + Math.floor(source / 5)) % 5] ?? [],
    width: 1.6,
    points: { show: true, size: 4, fill: strokeOf(source, scheme), filter: (chart, index) => lonely(chart.data[index] ?? []) },
    ...(shape === "area" || shape === "bar" ? { fill: `${strokeOf(source, scheme)}${shape === "bar" ? "99" : "30"}` } : {}),
    ...(shape === "bar" && uPlot.paths.bars ? { paths: uPlot.paths.bars({ size: [0.8, BAR_PX] }), points: { show: false } } : {}),
    ...(channel.kind === "state" && uPlot.paths.stepped ? { paths: uPlot.paths.stepped({ align: 1 }) } : {}),
    value: (_, value: number | null) => (value === null ? "—" : `${formatValue(value, channel, language, own)} ${channel.unit}`),
  };
}

function strokeOf(source: number, scheme: Scheme): string {
  return strokes[scheme][source % 5] ?? strokes[scheme][0] ?? "";
}

/** Suspect points as squares on the line, bad ones as ticks at the bottom. */
function drawFlaws(chart: uPlot, found: readonly Flaw[], ink: { warn: string; bad: string }): void {
  const { ctx, bbox } = chart;
  const [low, high] = [(chart.scales.x?.min ?? 0) * 1000, (chart.scales.x?.max ?? 0) * 1000];
  ctx.save();
  ctx.fillStyle = ink.bad;
  ctx.strokeStyle = ink.warn;
  ctx.lineWidth = 1.5;
  for (const { t, value, isBad } of found) {
    if (t < low || t > high) continue;
    const x = chart.valToPos(t / 1000, "x", true);
    if (isBad) ctx.fillRect(x - 1, bbox.top + bbox.height - 9, 2.5, 9);
    else if (value !== null) ctx.strokeRect(x - 3, chart.valToPos(value, "y", true) - 3, 6, 6);
  }
  ctx.restore();
}

function padded(low: number | null, high: number | null): [number, number] {
  if (low === null || high === null || !Number.isFinite(low) || !Number.isFinite(high)) return [0, 1];
  const room = (high - low) * 0.08 || Math.abs(high) * 0.05 || 1;
  return [low >= 0 && low - room < 0 ? Math.min(0, low) : low - room, high + room];
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
