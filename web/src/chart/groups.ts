import { useCallback, useMemo, useSyncExternalStore } from "react";
import type { Device, Readings, SeriesReadings } from "../api/client";
import { live } from "../live/hooks";
import type { ChartSeries } from "./columns";
import type { Span } from "./range";
import type { Points } from "./series";

export type Groups = [string, ChartSeries[]][];

// Thinned readings come in pairs, the lowest and the highest of each two points' time.
const THINNED_POINTS = 5;

/**
 * Channels that have something to show, as stored. Those of one unit share a chart; each state channel has its own.
 * `asked`: of how many points the history consists at most.
 */
export function useGroups(device: Device, history: Readings | undefined, asked: number, span: Span): Groups {
  const { channels } = device;
  const length = span.live ? span.to - span.from : 0;
  const subscribe = useCallback(
    (changed: () => void) => {
      const ends = channels.map((channel) => live.onSeries(channel.series, changed));
      return () => ends.forEach((end) => end());
    },
    [channels],
  );
  // A text, so that a chart is added with a channel's first reading and nothing is drawn anew by the others.
  const speaking = useSyncExternalStore(subscribe, () =>
    channels.map(({ series }) => ((live.tail(series).at(-1)?.t ?? 0) > live.clock - length ? "1" : "0")).join(""),
  );
  return useMemo(() => {
    const groups = new Map<string, ChartSeries[]>();
    channels.forEach((channel, index) => {
      const found = history?.series.find((one) => one.channel === channel.key);
      const points = found !== undefined && history !== undefined ? pointsOf(found, history, asked) : { t: [], value: [], quality: [], shortestGap: 0 };
      if (points.t.length === 0 && speaking[index] !== "1") return;
      const unit = channel.kind === "state" ? `state:${channel.key}` : channel.unit;
      groups.set(unit, [...(groups.get(unit) ?? []), { channel, points }]);
    });
    return [...groups];
  }, [channels, history, asked, speaking]);
}

/** A series of an answer as points. Of how many points the answer consists at most was `asked`. */
export function pointsOf({ t, value, min, max, quality, gap_ms: gap }: SeriesReadings, { from, to }: Pick<Readings, "from" | "to">, asked: number): Points {
  const isAggregate = min !== null && min !== undefined;
  return { t, value, min: min ?? null, max: max ?? null, quality, shortestGap: isAggregate ? (gap ?? 0) : thinnedGap({ from, to }, asked) };
}

/** How far apart thinned points may be without a gap, in ms. */
export function thinnedGap({ from, to }: Pick<Readings, "from" | "to">, asked: number): number {
  return (THINNED_POINTS * (Date.parse(to) - Date.parse(from))) / asked;
}
