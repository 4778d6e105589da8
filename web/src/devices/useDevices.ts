import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { api, type Device, take } from "../api/client";
import { presence } from "../format";
import { live } from "../live/hooks";
import type { DevicesSearch } from "../router";

const FIRST_PAGE = 100;
const PAGE = 1_000;
const LATEST_PAGE = 10_000;
const REFRESH_MS = 30_000;
const REFRESH_MANY_MS = 5 * 60_000;
const REFRESH_EMPTY_MS = 3_000; // somebody waits for the first device

/** All devices that match, page after page: the first screen at once, the rest meanwhile. */
export function useDevices(search: DevicesSearch) {
  const { state, ...query } = search;
  const found = useInfiniteQuery({
    queryKey: ["devices", query],
    queryFn: ({ pageParam }) => {
      const place = pageParam === "" ? { limit: FIRST_PAGE } : { limit: PAGE, after: pageParam };
      return take(api.GET("/api/v1/devices", { params: { query: { ...query, ...place } } }));
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: ({ state: { data } }) => {
      if (data !== undefined && data.pages.length > 1) return REFRESH_MANY_MS;
      return data?.pages[0]?.items.length === 0 ? REFRESH_EMPTY_MS : REFRESH_MS;
    },
  });
  const { hasNextPage, isFetching, isError, fetchNextPage, data } = found;
  useEffect(() => {
    if (hasNextPage && !isFetching && !isError) void fetchNextPage();
  }, [hasNextPage, isFetching, isError, fetchNextPage]);
  const newest = useNewestOfAll(state !== undefined);
  const devices = useMemo(() => {
    const all = data?.pages.flatMap((page) => page.items) ?? [];
    return state === undefined || newest === undefined ? all : all.filter((device) => hasStopped(device, state, newest));
  }, [data, state, newest]);
  return { ...found, devices, isPending: found.isPending || (state !== undefined && newest === undefined) };
}

function hasStopped(device: Device, wanted: "late" | "silent", newest: ReadonlyMap<string, number>): boolean {
  const at = Math.max(newest.get(device.key) ?? 0, live.newest(device.key) ?? 0);
  const state = live.newest(device.key) === undefined ? presence(at === 0 ? undefined : at, live.now) : live.presence(device.key);
  return wanted === "late" ? state === "late" : state === "silent" || state === "never";
}

/** Time of each device's newest reading, in ms; asked for only while somebody filters by it. */
function useNewestOfAll(isWanted: boolean): ReadonlyMap<string, number> | undefined {
  const { data } = useQuery({
    queryKey: ["latest"],
    queryFn: async () => {
      const newest = new Map<string, number>();
      let after: number | undefined = 0;
      while (after !== undefined) {
        const page: Awaited<ReturnType<typeof latest>> = await latest(after);
        for (const { device, at } of page.items) newest.set(device, Math.max(Date.parse(at), newest.get(device) ?? 0));
        after = page.next === null || page.next === undefined ? undefined : Number(page.next);
      }
      return newest;
    },
    enabled: isWanted,
    refetchInterval: REFRESH_MS,
  });
  return data;
}

const latest = (after: number) => take(api.GET("/api/v1/latest", { params: { query: { after, limit: LATEST_PAGE } } }));
