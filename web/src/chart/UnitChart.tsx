import "uplot/dist/uPlot.min.css";
import { useMantineColorScheme } from "@mantine/core";
import { useEffect, useEffectEvent, useMemo, useRef } from "react";
import uPlot from "uplot";
import type { Channel } from "../api/client";
import { formatValue } from "../format";
import { useTexts } from "../i18n";
import type { Span } from "./range";
import { type Points, SUSPECT, withGaps } from "./series";

/** Distinguishable without colour vision as well: each has its own dash. */
const strokes = {
  light: ["#1f6f78", "#7a4a9e", "#a65300", "#30537d", "#5b6b00"],
  dark: ["#6cc4cf", "#c79be8", "#f0a35e", "#8fb8ea", "#c3d35b"],
};
const dashes: number[][] = [[], [7, 4], [2, 3], [10, 3, 2, 3], [4, 4]];
const ink = { light: { text: "#566168", grid: "#e4e8ea", warn: "#8a5a00", bad: "#b3261e" }, dark: { text: "#a2adb4", grid: "#2c3236", warn: "#f0b84a", bad: "#ff8a80" } };

export interface ChartSeries {
  channel: Channel;
  points: Points;
}

interface Props {
  unit: string;
  series: readonly ChartSeries[];
  span: Span;
  zone: string;
  stale: boolean;
  onSelect: (from: number, to: number) => void;
  label: string;
}

/** One unit's channels over one span. Redrawn by uPlot; React only hands it new columns. */
export function UnitChart({ unit, series, span, zone, stale, onSelect, label }: Props) {
  const { language, own, t } = useTexts();
  const { colorScheme } = useMantineColorScheme();
  const prefersDark = matchMedia("(prefers-color-scheme: dark)").matches;
  const scheme = colorScheme === "dark" || (colorScheme === "auto" && prefersDark) ? "dark" : "light";
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const prepared = useMemo(() => prepare(series), [series]);
  const latest = useRef(prepared);
  const select = useEffectEvent(onSelect);
  const shape = series.map(({ channel, points }) => `${channel.series}:${channel.kind}:${points.min ? "band" : "line"}`).join();

  useEffect(() => {
    latest.current = prepared;
    plot.current?.setData(prepared.data, false);
    plot.current?.setScale("x", { min: span.from / 1000, max: span.to / 1000 });
  }, [prepared, span]);

  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const colours = ink[scheme];
    const options: uPlot.Options = {
      width: element.clientWidth,
      height: 250,
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), zone),
      scales: { x: { time: true }, y: { range: (_, low, high) => padded(low, high) } },
      cursor: { drag: { x: true, y: false, setScale: false }, sync: { key: "calha" } },
      legend: { live: true },
      axes: [
        { stroke: colours.text, grid: { stroke: colours.grid }, ticks: { stroke: colours.grid }, values: timeLabels(language, zone) },
        {
          stroke: colours.text,
          grid: { stroke: colours.grid },
          ticks: { stroke: colours.grid },
          size: series.some(({ channel }) => channel.kind === "state") ? 110 : 62,
          values: (_, splits) => splits.map((value) => tick(value, series, language, own)),
        },
      ],
      series: [
        { label: t("chart.time"), value: (_, seconds: number | null) => (seconds === null ? "—" : timeOf(seconds, language, zone)) },
        ...latest.current.lines.map((line) => lineOptions(line, series, scheme, language, own)),
      ],
      bands: latest.current.bands.map(({ series: [upper, lower], source }) => ({
        series: [upper, lower],
        fill: `${strokes[scheme][source % 5] ?? "#1f6f78"}30`,
      })),
      hooks: {
        setSelect: [
          (chart) => {
            if (chart.select.width > 8) {
              select(chart.posToVal(chart.select.left, "x") * 1000, chart.posToVal(chart.select.left + chart.select.width, "x") * 1000);
            }
            chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          },
        ],
        draw: [(chart) => drawQuality(chart, latest.current, colours)],
      },
    };
    const chart = new uPlot(options, latest.current.data, element);
    plot.current = chart;
    const resized = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height: 250 }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      chart.destroy();
      plot.current = null;
    };
    // A new plot only when its lines change; new data goes through setData above.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [shape, scheme, language, zone, unit]);

  return <div ref={place} className={stale ? "chart stale" : "chart"} role="img" aria-label={label} />;
}

interface Line {
  source: number;
  part: "value" | "min" | "max";
}

interface Prepared {
  data: uPlot.AlignedData;
  lines: Line[];
  bands: { series: [number, number]; source: number }[];
  points: readonly Points[];
}

function prepare(series: readonly ChartSeries[]): Prepared {
  const lines: Line[] = [];
  const bands: Prepared["bands"] = [];
  const tables: uPlot.AlignedData[] = [];
  const points = series.map((one) => withGaps(one.points));
  points.forEach((one, source) => {
    const seconds = one.t.map((at) => at / 1000);
    const columns: (readonly (number | null)[])[] = [one.value];
    lines.push({ source, part: "value" });
    if (one.max && one.min) {
      bands.push({ series: [lines.length + 1, lines.length + 2], source });
      lines.push({ source, part: "max" }, { source, part: "min" });
      columns.push(one.max, one.min);
    }
    tables.push([seconds, ...columns] as uPlot.AlignedData);
  });
  const first = tables[0];
  if (first === undefined) return { data: [[]], lines, bands, points };
  const data = tables.length === 1 ? first : uPlot.join(tables, tables.map((table) => table.map(() => 2)));
  return { data, lines, bands, points };
}

function lineOptions(line: Line, series: readonly ChartSeries[], scheme: "light" | "dark", language: "pt-BR" | "en", own: (text: string | Record<string, string>) => string): uPlot.Series {
  const one = series[line.source];
  const stroke = strokes[scheme][line.source % 5] ?? "#1f6f78";
  if (one === undefined) return {};
  if (line.part !== "value") return { label: "", width: 0, points: { show: false }, spanGaps: false };
  return {
    label: own(one.channel.name),
    stroke,
    dash: dashes[line.source % 5] ?? [],
    width: 1.6,
    spanGaps: false,
    points: { show: true, size: 4, filter: (chart, index) => lonely(chart.data[index] ?? []) },
    ...(one.channel.kind === "state" && uPlot.paths.stepped ? { paths: uPlot.paths.stepped({ align: 1 }) } : {}),
    value: (_, value) => `${formatValue(value, one.channel, language, own)} ${one.channel.unit}`,
  };
}

/** Indices of points without a neighbour, which no line would show. */
function lonely(column: ArrayLike<number | null | undefined>): number[] {
  const found: number[] = [];
  for (let index = 0; index < column.length; index += 1) {
    if (column[index] != null && column[index - 1] == null && column[index + 1] == null) found.push(index);
  }
  return found;
}

/** Suspect points as diamonds on the line, bad ones as ticks at the bottom. */
function drawQuality(chart: uPlot, prepared: Prepared, colours: { warn: string; bad: string }): void {
  const { ctx, bbox } = chart;
  const [low, high] = [chart.scales.x?.min ?? 0, chart.scales.x?.max ?? 0];
  ctx.save();
  for (const points of prepared.points) {
    points.t.forEach((at, index) => {
      const quality = points.quality[index] ?? "good";
      const seconds = at / 1000;
      if (seconds < low || seconds > high) return;
      const x = chart.valToPos(seconds, "x", true);
      if (quality === "bad") {
        ctx.fillStyle = colours.bad;
        ctx.fillRect(x - 1, bbox.top + bbox.height - 9, 2.5, 9);
      } else if (SUSPECT.has(quality)) {
        const value = points.value[index];
        if (value === null || value === undefined) return;
        const y = chart.valToPos(value, "y", true);
        ctx.strokeStyle = colours.warn;
        ctx.lineWidth = 1.5;
        ctx.strokeRect(x - 3, y - 3, 6, 6);
      }
    });
  }
  ctx.restore();
}

function padded(low: number | null, high: number | null): [number, number] {
  if (low === null || high === null || !Number.isFinite(low) || !Number.isFinite(high)) return [0, 1];
  const room = (high - low) * 0.08 || Math.abs(high) * 0.05 || 1;
  return [low >= 0 && low - room < 0 ? Math.min(0, low) : low - room, high + room];
}

function tick(value: number, series: readonly ChartSeries[], language: "pt-BR" | "en", own: (text: string | Record<string, string>) => string): string {
  const first = series[0]?.channel;
  if (first?.kind === "state") return Number.isInteger(value) ? formatValue(value, first, language, own) : "";
  return new Intl.NumberFormat(language, { maximumSignificantDigits: 5 }).format(value);
}

function timeLabels(language: string, zone: string): uPlot.Axis.Values {
  return (chart, splits) => {
    const length = (chart.scales.x?.max ?? 0) - (chart.scales.x?.min ?? 0);
    const options: Intl.DateTimeFormatOptions =
      length > 3 * 86_400 ? { day: "2-digit", month: "short" } : length > 300 ? { hour: "2-digit", minute: "2-digit" } : { minute: "2-digit", second: "2-digit" };
    const format = new Intl.DateTimeFormat(language, { ...options, timeZone: zone });
    return splits.map((seconds) => format.format(new Date(seconds * 1000)));
  };
}

function timeOf(seconds: number, language: string, zone: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: "short", timeStyle: "medium", timeZone: zone }).format(new Date(seconds * 1000));
}
