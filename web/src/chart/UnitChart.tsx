import "uplot/dist/uPlot.min.css";
import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useEffectEvent, useRef } from "react";
import uPlot from "uplot";
import { useTexts } from "../i18n";
import { live } from "../live/hooks";
import { type ChartSeries, type Columns, columnsOf } from "./columns";
import type { Gutter } from "./gutter";
import { paced } from "./pace";
import { heightOf, optionsOf, type Shape } from "./plot";
import type { Span } from "./range";
import { withTail } from "./series";

interface Props {
  /** As stored; what came live since is added while drawing. */
  series: readonly ChartSeries[];
  span: Span;
  zone: string;
  stale: boolean;
  gutter: Gutter<uPlot>;
  onSelect: (from: number, to: number) => void;
  label: string;
  shape?: Shape;
  /** Takes the height of what it stands in, legend and all. */
  fills?: boolean;
}

const LEAST_PX = 60;

/** What is left of a place's height beside the legend. */
function heightWithin(element: HTMLElement): number {
  return Math.max(LEAST_PX, element.clientHeight - (element.querySelector<HTMLElement>(".u-legend")?.offsetHeight ?? 0));
}

/** One unit's channels over one span. Live readings go from the store to the canvas; React has no part in it. */
export function UnitChart({ series, span, zone, stale, gutter, onSelect, label, shape: drawn, fills = false }: Props) {
  const { language, own, t } = useTexts();
  const scheme = useComputedColorScheme("light");
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const shown = useRef<Columns | null>(null);
  const shape = series.map(({ channel, points }) => `${channel.series}:${channel.kind}:${points.min ? "band" : "line"}`).join();

  const select = useEffectEvent(onSelect);
  const columns = useEffectEvent(() => {
    const all = span.live ? series.map(({ channel, points }) => ({ channel, points: withTail(points, live.tail(channel.series)) })) : series;
    shown.current = columnsOf(all);
    return shown.current;
  });
  const options = useEffectEvent((first: Columns, width: number, height: number | undefined) =>
    optionsOf(
      { series, scheme, language, zone, timeText: t("chart.time"), own, gutter, flaws: () => shown.current?.flaws ?? [], select: (from, to) => select(from, to), shape: drawn },
      first,
      width,
      height,
    ),
  );
  const draw = useEffectEvent(() => {
    const { current: chart } = plot;
    if (chart === null) return;
    const { data } = columns();
    const to = span.live ? live.clock : span.to;
    chart.batch(() => {
      chart.setData(data, false);
      chart.setScale("x", { min: (to - (span.to - span.from)) / 1000, max: to / 1000 });
    });
  });

  useEffect(() => {
    const { current: element } = place;
    if (element === null) return;
    const first = columns();
    const chart = new uPlot(options(first, element.clientWidth, fills ? heightWithin(element) : undefined), first.data, element);
    plot.current = chart;
    const resized = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height: fills ? heightWithin(element) : chart.height }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      chart.destroy();
      plot.current = null;
    };
  }, [shape, scheme, language, zone, gutter, drawn, fills]);

  useEffect(() => {
    draw();
    if (!span.live) return;
    const pace = paced(() => draw());
    const ends = [live.onAny(pace.ask), ...series.map(({ channel }) => live.onSeries(channel.series, pace.ask))];
    return () => {
      pace.end();
      ends.forEach((end) => end());
    };
  }, [series, span, shape, scheme, language, zone, drawn, fills]);

  return <div ref={place} className={stale ? "chart stale" : "chart"} role="img" aria-label={label} style={fills ? { height: "100%", overflow: "hidden" } : { minHeight: heightOf(series) }} />;
}
