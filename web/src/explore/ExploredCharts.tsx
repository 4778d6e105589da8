import { Alert, Skeleton, Text } from "@mantine/core";
import { type ReactNode, useMemo, useRef, useState } from "react";
import type uPlot from "uplot";
import { ChartExports } from "../chart/ChartExports";
import { ChartKey, ChartNote } from "../chart/ChartNote";
import type { ChartSeries } from "../chart/columns";
import { Gutter } from "../chart/gutter";
import { HistoryTable } from "../chart/HistoryTable";
import { type Layer, unitOf } from "../chart/plot";
import type { Span } from "../chart/range";
import { UnitChart } from "../chart/UnitChart";
import type { Steps } from "../chart/useSteps";
import { useTexts } from "../i18n";
import { useConnection } from "../live/hooks";
import { ErrorNote } from "../shell/Pages";
import { problemText } from "../ui/words";
import { type ExploreSearch, seriesIn } from "./address";
import { grains } from "./aggregates";
import { type Explored, useExplored } from "./useExplored";

const MOST_AXES = 4;
const ALONE_PX = 360;
const APART_PX = 240;

interface Props {
  search: ExploreSearch;
  chosen: readonly Explored[];
  span: Span;
  zone: string;
  steps: Steps;
  chooseSpan: (from: number, to: number) => void;
  /** What stands above the charts. */
  bar: (isFetching: boolean, exports: ReactNode) => ReactNode;
  layers?: readonly Layer[];
}

const NO_FORMULAS: readonly never[] = [];

/** The chosen series as charts, or as a table. */
export function ExploredCharts({ search, chosen, span, zone, steps, chooseSpan, bar, layers }: Props) {
  const { t, own } = useTexts();
  const connection = useConnection();
  const place = useRef<HTMLDivElement>(null);
  const points = Math.max(200, Math.min(2000, Math.round(window.innerWidth)));
  const series = useMemo(() => seriesIn(search.s), [search.s]);
  const calculated = search.f ?? NO_FORMULAS;
  const explored = useExplored({ series, calculated, span, past: search.past, zone, points, agg: search.agg, step: search.step }, chosen);
  const { drawn, resolution, isPassing } = explored;
  const charts = useMemo(() => chartsOf(drawn, search.apart === true), [drawn, search.apart]);
  const axes = Math.max(1, ...charts.map((one) => new Set(one.map(unitOf)).size));
  const gutters = useGutters(axes);
  const isTable = search.table === true;
  const step = grains.find((one) => one === resolution);
  const means = search.agg === undefined || step === undefined ? undefined : t("explore.put.each", { by: t(`exploreBy.${search.agg}`), step: t(`exploreStep.${step}`) });
  const exports = <ChartExports name={t("explore.file")} title={chosen.map(({ title }) => title).join(", ")} series={drawn} span={span} zone={zone} resolution={resolution} means={means} place={place} isTable={isTable} />;
  return (
    <section aria-label={t("explore.charts")}>
      {bar(explored.isFetching, exports)}
      <ChartNote span={span} zone={zone} resolution={resolution} means={means} isPassing={isPassing} />
      {chosen.map(({ device, channel, error, from, found }) =>
        error !== null || (from !== undefined && found === undefined) ? (
          <Alert key={`${device}/${channel}`} color="orange" variant="light" mb="xs">
            {device}/{channel}: {error !== null ? problemText(error, t) : t("explore.noChannel")}
          </Alert>
        ) : null,
      )}
      {explored.calculatedErrors.map((error, number) =>
        error === null ? null : (
          <Alert key={calculated[number]?.name ?? number} color="orange" variant="light" mb="xs">
            {calculated[number]?.name}: {problemText(error, t)}
          </Alert>
        ),
      )}
      {explored.error !== null && drawn.length === 0 && <ErrorNote error={explored.error} />}
      {explored.isPending && drawn.length === 0 && <Skeleton height={ALONE_PX} />}
      {isTable ? (
        <HistoryTable groups={[["", drawn]]} follows={span.live} zone={zone} />
      ) : (
        // The group takes the keys + − ← → 0, announced below it.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex, jsx-a11y/no-noninteractive-element-interactions
        <div tabIndex={0} onKeyDown={steps.onKey} role="group" aria-label={t("chart.help")} ref={place}>
          {charts.map((one) => (
            <figure key={one.map(unitOf).join()} className="explore-chart">
              <UnitChart
                series={one}
                span={span}
                zone={zone}
                stale={span.live && connection === "lost"}
                gutters={gutters}
                {...(layers === undefined ? {} : { layers })}
                {...(one[0]?.channel.kind === "state" ? {} : { height: charts.length === 1 ? ALONE_PX : APART_PX })}
                onSelect={chooseSpan}
                label={t("chart.of", { name: one.map(({ channel, name }) => name ?? own(channel.name)).join(", ") })}
              />
            </figure>
          ))}
          <ChartKey series={drawn} />
          <Text size="xs" className="quiet">
            {t("chart.help")}
          </Text>
        </div>
      )}
    </section>
  );
}

/** States stand alone; whatever else has an axis for each unit, or a chart for each. */
function chartsOf(series: readonly ChartSeries[], apart: boolean): ChartSeries[][] {
  const units = [...new Set(series.map(unitOf))];
  const isOfStates = (unit: string) => unit.startsWith("state:");
  const numbers = units.filter((unit) => !isOfStates(unit));
  const together = apart ? numbers.map((unit) => [unit]) : Array.from({ length: Math.ceil(numbers.length / MOST_AXES) }, (_, part) => numbers.slice(part * MOST_AXES, (part + 1) * MOST_AXES));
  return [...together, ...units.filter(isOfStates).map((unit) => [unit])].map((group) => series.filter((one) => group.includes(unitOf(one))));
}

/** The rooms beside the charts, one for each axis; new ones when their number changes. */
function useGutters(axes: number): readonly Gutter<uPlot>[] {
  const made = () => ({ axes, gutters: Array.from({ length: axes }, () => new Gutter<uPlot>((chart) => chart.redraw(true, true))) });
  const [kept, keep] = useState(made);
  if (kept.axes === axes) return kept.gutters;
  const next = made();
  keep(next);
  return next.gutters;
}
