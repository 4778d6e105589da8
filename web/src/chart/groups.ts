import { useCallback, useMemo, useSyncExternalStore } from "react";
import type { Device, Readings } from "../api/client";
import { live } from "../live/hooks";
import type { ChartSeries } from "./columns";
import type { Span } from "./range";
import type { Points } from "./series";

export type Groups = [string, ChartSeries[]][];

const NONE: Points = { t: [], value: [], quality: [], gapMs: null };

/** Channels that have something to show, as stored. Those of one unit share a chart; each state channel has its own. */
export function useGroups(device: Device, history: Readings | undefined, span: Span): Groups {
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
      const points: Points = found ? { t: found.t, value: found.value, min: found.min ?? null, max: found.max ?? null, quality: found.quality, gapMs: found.gap_ms } : NONE;
      if (points.t.length === 0 && speaking[index] !== "1") return;
      const unit = channel.kind === "state" ? `state:${channel.key}` : channel.unit;
      groups.set(unit, [...(groups.get(unit) ?? []), { channel, points }]);
    });
    return [...groups];
  }, [channels, history, speaking]);
}
