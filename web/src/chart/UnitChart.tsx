import "uplot/dist/uPlot.min.css";
import { useEffect, useEffectEvent, useRef } from "react";
import uPlot from "uplot";
import { useTexts } from "../i18n";
import { live } from "../live/hooks";
import { usePrintedAt, widthOnPaper } from "../ui/printing";
import { qualityText } from "../ui/words";
import { type ChartSeries, type Columns, columnsOf } from "./columns";
import { gestures } from "./gestures";
import type { Gutter } from "./gutter";
import { paced } from "./pace";
import { heightOf, type Layer, optionsOf, type Shape, thinned, unitOf } from "./plot";
import { type Span, untilNow, zoomed } from "./range";
import { useInk } from "./useInk";

interface Props {
  /** As stored; what came live since is added while drawing. */
  series: readonly ChartSeries[];
  span: Span;
  zone: string;
  stale: boolean;
  /** One for each axis; those of charts below each other are shared. */
  gutters: readonly Gutter<uPlot>[];
  /** What is drawn over the lines. Another list draws anew, so keep it while nothing changes. */
  layers?: readonly Layer[];
  height?: number;
  onSelect: (from: number, to: number) => void;
  label: string;
  shape?: Shape;
  /** Takes the height of what it stands in, legend and all. */
  fills?: boolean;
}

const LEAST_PX = 60;

/** What is left of a place's height beside the legend, unless that lies over the plot. */
function heightWithin(element: HTMLElement): number {
  const [whole, plot] = [".uplot", ".u-wrap"].map((part) => element.querySelector<HTMLElement>(part)?.offsetHeight ?? 0) as [number, number];
  return Math.max(LEAST_PX, element.clientHeight - (whole - plot));
}

const NOTHING_OVER: readonly Layer[] = [];

/** Series over one span, an axis for each unit. Live readings go from the store to the canvas; React has no part in it. */
export function UnitChart({ series, span, zone, stale, gutters, layers = NOTHING_OVER, height, onSelect, label, shape: drawn, fills = false }: Props) {
  const { language, own, t } = useTexts();
  const scheme = useInk();
  const isPrinted = usePrintedAt() !== null;
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const shown = useRef<Columns | null>(null);
  const isHeld = useRef(false);
  const tall = height ?? heightOf(series);
  const shape = series.map((one) => `${one.channel.series}:${unitOf(one)}:${one.name ?? ""}:${one.look ?? ""}:${one.isPast === true ? "past" : ""}:${one.points.min ? "band" : "line"}`).join();

  const select = useEffectEvent(onSelect);
  const columns = useEffectEvent(() => {
    shown.current = columnsOf(series, span.live);
    return shown.current;
  });
  const over = useEffectEvent(() => layers);
  const shownUntil = useEffectEvent(() => (span.live ? live.clock : span.to));
  const widen = useEffectEvent(() => {
    const to = shownUntil();
    const wider = zoomed({ from: to - (span.to - span.from), to, live: false }, 2, live.clock);
    onSelect(wider.from, wider.to);
  });
  const options = useEffectEvent((first: Columns, width: number, height: number) =>
    optionsOf(
      {
        series,
        scheme,
        language,
        zone,
        own,
        gutters,
        shape: drawn,
        timeText: t("chart.time"),
        qualityText: (quality) => qualityText(quality, t),
        flaws: () => shown.current?.flaws ?? [],
        layers: () => over(),
        select: (from, to) => select(from, to),
        widen: () => widen(),
      },
      first,
      width,
      height,
    ),
  );
  const draw = useEffectEvent(() => {
    const { current: chart } = plot;
    if (chart === null) return;
    const { data } = columns();
    const to = shownUntil();
    thinned(chart, data);
    chart.batch(() => {
      chart.setData(data, false);
      if (!isHeld.current) chart.setScale("x", { min: (to - (span.to - span.from)) / 1000, max: to / 1000 });
    });
  });

  useEffect(() => {
    const { current: element } = place;
    if (element === null) return;
    const first = columns();
    const chart = new uPlot(options(first, element.clientWidth, fills ? heightWithin(element) : tall), first.data, element);
    thinned(chart, first.data);
    plot.current = chart;
    const leave = gestures(
      chart,
      (held) => (isHeld.current = held),
      (from, to) => {
        const settled = untilNow({ from, to, live: false }, live.clock);
        select(settled.from, settled.to);
      },
    );
    const resized = new ResizeObserver(() => {
      const [width, tallNow] = [element.clientWidth, fills ? heightWithin(element) : chart.height];
      if (width !== chart.width || tallNow !== chart.height) chart.setSize({ width, height: tallNow });
    });
    resized.observe(element);
    return () => {
      resized.disconnect();
      leave();
      isHeld.current = false;
      chart.destroy();
      plot.current = null;
    };
  }, [shape, scheme, language, zone, gutters, tall, drawn, fills]);

  useEffect(() => {
    draw();
    if (!span.live) return;
    const pace = paced(() => draw());
    const ends = [live.onAny(pace.ask), ...series.map(({ channel }) => live.onSeries(channel.series, pace.ask))];
    return () => {
      pace.end();
      ends.forEach((end) => end());
    };
  }, [series, span, shape, scheme, language, zone, gutters, tall, drawn, fills]);

  useEffect(() => plot.current?.redraw(false), [layers]);

  useEffect(() => {
    const [chart, element] = [plot.current, place.current];
    if (!isPrinted || chart === null || element === null) return;
    const { width, height } = chart;
    chart.setSize({ width: widthOnPaper(width, element.closest("main")?.clientWidth ?? width, element.closest(".board") !== null), height });
    return () => {
      if (plot.current === chart) chart.setSize({ width, height });
    };
  }, [isPrinted, scheme]);

  return <div ref={place} className={stale ? "chart stale" : "chart"} role="img" aria-label={label} style={fills ? { height: "100%", overflow: "hidden" } : { minHeight: tall }} />;
}
