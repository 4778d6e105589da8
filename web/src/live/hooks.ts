import { useCallback, useEffect, useSyncExternalStore } from "react";
import { type Connection, LiveStore, type Reading } from "./store";

export const live = new LiveStore();

export function useWatch(devices: readonly string[]): void {
  const wanted = devices.join(",");
  useEffect(() => (wanted === "" ? undefined : live.watch(wanted.split(","))), [wanted]);
}

export function useReading(series: number): Reading | undefined {
  const subscribe = useCallback((listener: () => void) => live.onSeries(series, listener), [series]);
  return useSyncExternalStore(subscribe, () => live.reading(series));
}

/** Milliseconds since 1970, once a second. */
export function useNow(): number {
  return useSyncExternalStore(live.onAny, () => live.now);
}

export function useNewest(device: string): number | undefined {
  return useSyncExternalStore(live.onAny, () => live.newest(device));
}

export function useConnection(): Connection {
  return useSyncExternalStore(live.onAny, () => live.connection);
}

export function useLostAt(): number | null {
  return useSyncExternalStore(live.onAny, () => live.lostAt);
}
