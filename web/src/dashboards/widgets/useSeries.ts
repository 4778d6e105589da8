import { useQueries, useQuery } from "@tanstack/react-query";
import type { Channel, SeriesReadings } from "../../api/client";
import { live } from "../../live/hooks";
import { type BoundDevice, useShown, type Window } from "../source";
import type { SeriesRef } from "../types";
import { deviceOf } from "../variables";

const REFRESH_MS = 60_000;
const DEVICE_STALE_MS = 60_000;

export interface Bound {
  device: BoundDevice;
  channel: Channel;
}

/** The series of a widget whose devices are known, in its order. `waits`: some are still asked for. */
export function useBounds(series: readonly SeriesRef[]): { bounds: Bound[]; waits: boolean; error: unknown } {
  const { source, values } = useShown();
  const keys = [...new Set(series.map(({ device }) => deviceOf(device, values)))].filter((key) => key !== "");
  const found = useQueries({ queries: keys.map((key) => ({ queryKey: ["dashboards", source.key, "device", key], queryFn: () => source.device(key), staleTime: DEVICE_STALE_MS })) });
  const devices = new Map(found.flatMap(({ data }) => (data === undefined ? [] : [[data.key, data] as const])));
  const bounds = series.flatMap((one) => {
    const device = devices.get(deviceOf(one.device, values));
    const channel = device?.channels.find(({ key }) => key === one.channel);
    return device === undefined || channel === undefined ? [] : [{ device, channel }];
  });
  return { bounds, waits: found.some(({ isPending }) => isPending), error: found.find(({ error, data }) => error !== null && data === undefined)?.error ?? null };
}

export interface Story extends Bound {
  readings: SeriesReadings;
}

/** The history of some series until now, asked for anew each minute. */
export function useStories(bounds: readonly Bound[], length: number, points: number, resolution?: Window["resolution"]) {
  const { source } = useShown();
  const names = bounds.map(({ device, channel }) => `${device.key} ${channel.key}`);
  return useQuery({
    queryKey: ["dashboards", source.key, "history", names, length, points, resolution],
    queryFn: async () => {
      const to = live.clock;
      const from = to - length;
      const asked = bounds.map(async ({ device, channel }) => {
        const { series, resolution: found } = await source.history(device.key, [channel], { from, to, points, ...(resolution === undefined ? {} : { resolution }) });
        const story: Story = { device, channel, readings: series[0] ?? { channel: channel.key, unit: channel.unit, kind: channel.kind, t: [], value: [], quality: [], gap_ms: null } };
        return { story, found };
      });
      const answers = await Promise.all(asked);
      return { from, to, stories: answers.map(({ story }) => story), resolution: answers[0]?.found };
    },
    refetchInterval: REFRESH_MS,
    staleTime: REFRESH_MS / 2,
    enabled: bounds.length > 0,
  });
}

/** What a series is called beside others: with its device where they are of several. */
export function nameOf({ device, channel }: Bound, among: readonly Bound[], own: (text: string | Record<string, string>) => string): string {
  const several = among.some((one) => one.device.key !== device.key);
  return several ? `${device.name} · ${own(channel.name)}` : own(channel.name);
}
