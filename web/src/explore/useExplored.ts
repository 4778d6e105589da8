import { keepPreviousData, useQueries, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, type Channel, type Device, type Readings, take } from "../api/client";
import type { components } from "../api/schema";
import { drawnOf } from "../chart/calculated";
import type { ChartSeries } from "../chart/columns";
import type { Calculated } from "../chart/formulas";
import { pointsOf } from "../chart/groups";
import { shownOf, type Span } from "../chart/range";
import type { Points } from "../chart/series";
import { deviceQuery } from "../devices/queries";
import { useTexts } from "../i18n";
import { live } from "../live/hooks";
import { type Aggregate, aggregated, type Grain, grainOf } from "./aggregates";
import { type Named, nameOf, type Past } from "./address";
import { shiftOf } from "./zoned";

export type Statistics = components["schemas"]["StatisticsAnswer"];

const REFRESH_MS = 60_000;
const CALCULATED_REFRESH_MS = 15_000;

export interface Asked {
  series: readonly Named[];
  calculated: readonly Calculated[];
  span: Span;
  past: Past | undefined;
  zone: string;
  points: number;
  /** How readings are put together; as they were measured when missing. */
  agg: Aggregate | undefined;
  step: Grain | undefined;
}

/** A chosen series with what it is called; channel undefined while that is not known, or where there is none of that name. */
export interface Explored extends Named {
  title: string;
  from: Device | undefined;
  found: Channel | undefined;
  error: unknown;
}

interface Shifted {
  readings: Readings;
  /** How much earlier than the shown time it is, in ms. */
  by: number;
}

/** The devices of the chosen series, by key. */
export function useChosen(series: readonly Named[]): Explored[] {
  const { own } = useTexts();
  const keys = [...new Set(series.map(({ device }) => device))];
  const { data, errors } = useQueries({
    queries: keys.map((key) => deviceQuery(key)),
    combine: together,
  });
  return useMemo(() => {
    const place = new Map([...new Set(series.map(({ device }) => device))].map((key, index) => [key, index]));
    return series.map(({ device, channel }) => {
      const at = place.get(device) ?? 0;
      const found = data[at]?.channels.find(({ key }) => key === channel);
      const title = `${data[at]?.name ?? device} · ${found === undefined ? channel : own(found.name)}`;
      return { device, channel, title, from: data[at], found, error: errors[at] ?? null };
    });
  }, [series, data, errors, own]);
}

/** What is to be drawn of the chosen series, of those calculated from them, and of the time before. */
export function useExplored({ series, calculated, span, past, zone, points, agg, step }: Asked, chosen: readonly Explored[]) {
  const { t } = useTexts();
  const asked = span.live ? `live ${span.to - span.from}` : `${span.from}-${span.to}`;
  const put = useMemo(() => (agg === undefined ? { points } : { agg, resolution: grainOf(span.to - span.from, step) }), [agg, step, points, span]);
  const byDevice = useMemo(() => channelsOf(series), [series]);
  const readings = (of: Past | undefined) => (device: string, channels: readonly string[]) => ({
    queryKey: ["explored", device, channels, asked, put, of, of === undefined ? "" : zone],
    queryFn: () => shifted(device, channels, span, put, of, zone),
    placeholderData: keepPreviousData,
    refetchInterval: span.live ? REFRESH_MS : (false as const),
  });
  const now = useQueries({ queries: [...byDevice].map(([device, channels]) => readings(undefined)(device, channels)), combine: together });
  const before = useQueries({ queries: past === undefined ? [] : [...byDevice].map(([device, channels]) => readings(past)(device, channels)), combine: together });
  const reckoned = useQueries({
    queries: calculated.map(({ formula }) => ({
      queryKey: ["calculated", series.map(nameOf), formula, asked, points],
      queryFn: () => {
        const { from, to } = shownOf(span, live.clock);
        return take(api.GET("/api/v1/calculated", { params: { query: { series: series.map(nameOf), formula, from: String(Math.round(from)), to: String(Math.round(to)), points } } }));
      },
      placeholderData: keepPreviousData,
      refetchInterval: span.live ? CALCULATED_REFRESH_MS : (false as const),
      enabled: series.length > 0,
    })),
    combine: together,
  });
  const [dataNow, dataBefore, results] = [now.data, before.data, reckoned.data];
  const drawn = useMemo(() => {
    const place = new Map([...byDevice.keys()].map((device, index) => [device, index]));
    const measured = chosen.flatMap(({ device, channel: key, title, found: channel }, look): ChartSeries[] => {
      if (channel === undefined) return [];
      const at = place.get(device) ?? 0;
      const settled = agg === undefined ? { channel, name: title } : { channel: aggregated(channel, agg), name: t("explore.put", { name: title, by: t(`exploreBy.${agg}`) }), isSettled: true };
      const shown = { ...settled, look, points: bandOf(agg, storedOf(dataNow[at], key, points)) };
      if (past === undefined) return [shown];
      const name = t("explore.before", { name: settled.name, past: t(`explorePast.${past}`) });
      return [shown, { ...settled, name, look, isPast: true, points: withoutBand(storedOf(dataBefore[at], key, points)) }];
    });
    const others = calculated.map((one, index) => ({ ...drawnOf(one, index, results[index], points), look: chosen.length + index }));
    return [...measured, ...others];
  }, [dataNow, dataBefore, results, byDevice, chosen, calculated, past, points, agg, t]);
  const all = [now, before, reckoned];
  return {
    drawn,
    resolution: dataNow.find((one) => one !== undefined)?.readings.resolution,
    isFetching: all.some(({ isFetching }) => isFetching),
    isPassing: all.some(({ isPassing }) => isPassing),
    isPending: now.isPending,
    error: now.errors.find((error) => error !== null) ?? null,
    calculatedErrors: reckoned.errors,
  };
}

interface Answer<Data> {
  data: Data | undefined;
  error: unknown;
  isFetching: boolean;
  isPlaceholderData: boolean;
  isPending: boolean;
}

/** Several questions as one. Nothing in it is new while none of the answers is. */
function together<Data>(answers: readonly Answer<Data>[]) {
  return {
    data: answers.map(({ data }) => data),
    errors: answers.map(({ error }) => error),
    isFetching: answers.some(({ isFetching }) => isFetching),
    isPassing: answers.some(({ isPlaceholderData }) => isPlaceholderData),
    isPending: answers.some(({ isPending }) => isPending),
  };
}

/** What can be said of the series in the time shown, and in the one before it. */
export function useStatistics(series: readonly Named[], span: Span, past: Past | undefined, zone: string) {
  const asked = span.live ? `live ${span.to - span.from}` : `${span.from}-${span.to}`;
  const query = (of: Past | undefined) => ({
    queryKey: ["statistics", series.map(nameOf), asked, of, of === undefined ? "" : zone],
    queryFn: () => {
      const { from, to } = shownOf(span, live.clock);
      const by = of === undefined ? 0 : shiftOf(from, of, zone);
      return take(api.GET("/api/v1/statistics", { params: { query: { series: series.map(nameOf), from: String(Math.round(from - by)), to: String(Math.round(to - by)) } } }));
    },
    placeholderData: keepPreviousData,
    refetchInterval: span.live ? REFRESH_MS : (false as const),
    enabled: series.length > 0,
  });
  const now = useQuery(query(undefined));
  const before = useQuery({ ...query(past), enabled: past !== undefined && series.length > 0 });
  return { now, before: past === undefined ? undefined : before.data };
}

const NOTHING: Points = { t: [], value: [], quality: [], shortestGap: 0 };

async function shifted(key: string, channels: readonly string[], span: Span, put: { points: number } | { agg: Aggregate; resolution: Grain }, past: Past | undefined, zone: string): Promise<Shifted> {
  const { from, to } = shownOf(span, live.clock);
  const by = past === undefined ? 0 : shiftOf(from, past, zone);
  const query = { channel: channels.join(","), from: String(Math.round(from - by)), to: String(Math.round(to - by)), ...put };
  const readings = await take(api.GET("/api/v1/devices/{key}/readings", { params: { path: { key }, query }, headers: { accept: "application/json" } }));
  return { readings: readings as Readings, by };
}

function channelsOf(series: readonly Named[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { device, channel } of series) found.set(device, [...(found.get(device) ?? []), channel]);
  return found;
}

const kept = new WeakMap<Readings, Map<string, Points>>();

/** A channel's points at the time at which they are shown. The same ones for the same answer, so that they are made ready once. */
function storedOf(found: Shifted | undefined, channel: string, points: number): Points {
  if (found === undefined) return NOTHING;
  const { readings, by } = found;
  const known = kept.get(readings) ?? new Map<string, Points>();
  kept.set(readings, known);
  const before = known.get(channel);
  if (before !== undefined) return before;
  const one = readings.series.find((other) => other.channel === channel);
  const made = one === undefined ? NOTHING : pointsOf(by === 0 ? one : { ...one, t: one.t.map((at) => at + by) }, readings, points);
  known.set(channel, made);
  return made;
}

/** Between its extremes a mean has its place; a sum or a count has not. */
function bandOf(agg: Aggregate | undefined, points: Points): Points {
  return agg === undefined || agg === "mean" ? points : withoutBand(points);
}

/** What is only there to compare with is a single thin line. */
function withoutBand(points: Points): Points {
  return { ...points, min: null, max: null };
}
