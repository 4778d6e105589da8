import { useCallback, useEffect, useSyncExternalStore } from "react";
import type { Channel } from "../api/client";
import { formatAge, type Presence } from "../format";
import { useTexts } from "../i18n";
import { recallLast } from "../offline/last";
import { type Connection, LiveStore, type Reading } from "./store";

export const live = new LiveStore(undefined, undefined, recallLast);

export function useWatch(devices: readonly string[]): void {
  const wanted = devices.join(",");
  useEffect(() => (wanted === "" ? undefined : live.watch(wanted.split(","))), [wanted]);
}

export function useReading(series: number): Reading | undefined {
  const subscribe = useCallback((listener: () => void) => live.onSeries(series, listener), [series]);
  return useSyncExternalStore(subscribe, () => live.reading(series));
}

/** Milliseconds since 1970 by the server's clock, once a second. */
export function useNow(): number {
  return useSyncExternalStore(live.onAny, () => live.now);
}

/** How long ago, in words. Draws anew only when the words change, not each second. */
export function useAge(at: number | undefined): string {
  const { t } = useTexts();
  return useSyncExternalStore(live.onAny, () => (at === undefined ? t("age.never") : formatAge(live.now - at, t)));
}

/** Draws anew when what `tell` says of the newest values has changed: one subscription, whatever it is made of. */
export function useTold(series: readonly number[], tell: () => string): void {
  const subscribe = useCallback(
    (listener: () => void) => {
      const ends = [live.onAny(listener), ...series.map((one) => live.onSeries(one, listener))];
      return () => ends.forEach((end) => end());
    },
    [series],
  );
  useSyncExternalStore(subscribe, tell);
}

export function useIsKnown(device: string): boolean {
  return useSyncExternalStore(live.onAny, () => live.isKnown(device));
}

/** Whether a value is to be shown as current: the connection stands, and its channel still speaks. */
export function useIsCurrent(channel: Channel, device: string): boolean {
  return useSyncExternalStore(live.onAny, () => isCurrent(channel, device));
}

export function isCurrent(channel: Channel, device: string): boolean {
  // A state may rightly stand for days, as long as its device speaks.
  const speaks = channel.kind === "state" ? live.presence(device) === "live" : live.isCurrent(channel.series);
  return live.connection !== "lost" && speaks;
}

export function useNewest(device: string): number | undefined {
  return useSyncExternalStore(live.onAny, () => live.newest(device));
}

export function usePresence(device: string): Presence {
  return useSyncExternalStore(live.onAny, () => live.presence(device));
}

export function useConnection(): Connection {
  return useSyncExternalStore(live.onAny, () => live.connection);
}

export function useLostAt(): number | null {
  return useSyncExternalStore(live.onAny, () => live.lostAt);
}
