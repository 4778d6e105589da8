import { Text } from "@mantine/core";
import { type ReactNode, Suspense, useMemo, useRef, useState } from "react";
import type uPlot from "uplot";
import { type CalculatedAnswer, drawnOf } from "../../chart/calculated";
import { ChartExports } from "../../chart/ChartExports";
import type { ChartSeries } from "../../chart/columns";
import { type Calculated, shownName } from "../../chart/formulas";
import { Gutter } from "../../chart/gutter";
import { presets, type Preset, spanOf } from "../../chart/range";
import { UnitChart } from "../../chart/UnitChart";
import { useTexts } from "../../i18n";
import { live, useConnection } from "../../live/hooks";
import { later } from "../../ui/later";
import { problemText } from "../../ui/words";
import { Frame, Nothing, TimeNote } from "../Frame";
import { grown } from "../shapes";
import { useShown, type Window } from "../source";
import type { Of } from "../types";
import { useCalculated } from "./useCalculated";
import { nameOf, type Story, useBounds, useStories } from "./useSeries";

const HistoryTable = later(async () => (await import("../../chart/HistoryTable")).HistoryTable);

const POINTS = 600;
const THINNED_POINTS = 5;
const STEPS: Record<Preset, Window["resolution"]> = { "15min": "15m", "1h": "15m", "6h": "15m", "24h": "1h", "7d": "1d", "30d": "1d", "1y": "1d" };

/** Series over time, those of one unit together, or as a table; bars of a register are what was added in each stretch. */
export function Chart({ widget }: { widget: Of<"chart"> }) {
  const { t, own } = useTexts();
  const { hasMenus } = useShown();
  const isLost = useConnection() === "lost";
  const place = useRef<HTMLDivElement>(null);
  const [isTable, chooseTable] = useState(false);
  const [gutters] = useState(() => [new Gutter<uPlot>((chart) => chart.redraw(true, true))]);
  const isBar = widget.look === "bar";
  const { bounds, waits, error } = useBounds(widget.series);
  const found = useStories(bounds, presets[widget.range], POINTS, isBar ? STEPS[widget.range] : undefined);
  const reckoned = useCalculated(widget, presets[widget.range], POINTS);
  const data = found.data;
  const measured = useMemo(() => (data === undefined ? [] : groupsOf(data.stories, isBar, (data.to - data.from) / POINTS, own)), [data, isBar, own]);
  const zone = bounds[0]?.device.zone ?? "UTC";
  const groups = useMemo(() => withCalculated(measured, widget.calculated, reckoned.results, zone), [measured, widget.calculated, reckoned.results, zone]);
  const drawn = useMemo(() => groups.map((one) => ({ ...one, series: one.series.map(withUnit) })), [groups]);
  const all = useMemo(() => groups.flatMap(({ series }) => series), [groups]);
  const span = useMemo(() => (isBar && data !== undefined ? { from: data.from, to: data.to, live: false } : spanOf(widget.range, live.now)), [isBar, data, widget.range]);
  const names = [...bounds.map((one) => nameOf(one, bounds, own)), ...widget.calculated.map(shownName)].join(", ");
  const title = widget.title === "" ? names : widget.title;
  const trouble = error ?? (data === undefined ? found.error : null);
  const menu: ReactNode = hasMenus && groups.length > 0 && (
    <ChartExports
      button={{ label: "⋮", name: t("chart.menuOf", { name: title }) }}
      name={title}
      title={title}
      series={all}
      span={span}
      zone={zone}
      resolution={data?.resolution}
      means={isBar ? "" : undefined}
      place={place}
      isTable={isTable}
      chooseTable={chooseTable}
    />
  );
  return (
    <Frame title={title} note={<TimeNote text={t(`boardRange.${widget.range}`)} zone={groups[0]?.zone} />} menu={menu}>
      {groups.length === 0 ? (
        <Nothing>{trouble !== null ? problemText(trouble, t) : waits || found.isFetching || reckoned.isFetching ? t("common.loading") : t("chart.empty")}</Nothing>
      ) : isTable ? (
        <div className="widget-table">
          <Suspense>
            <HistoryTable groups={[["", all]]} follows={span.live} zone={zone} />
          </Suspense>
        </div>
      ) : (
        <div className="widget-charts" ref={place}>
          {drawn.map(({ unit, series, zone }) => (
            <div key={unit} className={series.length === 1 && groups.length === 1 ? "alone" : ""}>
              <UnitChart series={series} span={span} zone={zone} stale={isLost || found.isError || reckoned.isError} gutters={gutters} onSelect={nothing} label={t("chart.of", { name: names })} shape={widget.look} fills />
            </div>
          ))}
        </div>
      )}
      {widget.calculated.map((one, place) => {
        const wrong = reckoned.errors[place] ?? null;
        return wrong === null ? null : (
          <Text key={place} size="xs" className="quiet">
            {shownName(one)}: {problemText(wrong, t)}
          </Text>
        );
      })}
    </Frame>
  );
}

function nothing(): void {
  // Zooming belongs to a device's own page.
}

interface Group {
  unit: string;
  zone: string;
  series: ChartSeries[];
}

function groupsOf(stories: readonly Story[], isBar: boolean, each: number, own: (text: string | Record<string, string>) => string): Group[] {
  const groups = new Map<string, Group>();
  for (const one of stories) {
    const { device, channel, readings } = one;
    if (readings.t.length === 0) continue;
    const unit = channel.kind === "state" ? `state ${channel.series}` : channel.unit;
    const group = groups.get(unit) ?? { unit, zone: device.zone, series: [] };
    const isAmount = isBar && channel.kind === "counter";
    const value = isAmount ? grown(readings.max ?? readings.value) : readings.value;
    const isAggregate = readings.min !== null && readings.min !== undefined;
    const { t, quality } = readings;
    const band = isBar ? {} : { min: readings.min ?? null, max: readings.max ?? null };
    group.series.push({ channel, name: nameOf(one, stories, own), points: { t, value, quality, ...band, shortestGap: isAggregate ? (readings.gap_ms ?? 0) : THINNED_POINTS * each } });
    groups.set(unit, group);
  }
  return [...groups.values()];
}

/** With the calculated series, each beside the others of its unit. */
function withCalculated(measured: readonly Group[], calculated: readonly Calculated[], results: readonly (CalculatedAnswer | undefined)[], zone: string): Group[] {
  const groups = new Map(measured.map((one) => [one.unit, { ...one, series: [...one.series] }]));
  calculated.forEach((one, place) => {
    const result = results[place];
    if (result === undefined || result.t.length === 0) return;
    const group = groups.get(one.unit) ?? { unit: one.unit, zone, series: [] };
    group.series.push(drawnOf({ ...one, name: shownName(one) }, place, result, POINTS));
    groups.set(one.unit, group);
  });
  return [...groups.values()];
}

/** As the legend calls it: no axis of a widget says its unit. */
function withUnit(one: ChartSeries): ChartSeries {
  return one.channel.unit === "" ? one : { ...one, name: `${one.name ?? ""} (${one.channel.unit})` };
}
