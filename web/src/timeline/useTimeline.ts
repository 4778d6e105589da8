import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { api, take } from "../api/client";
import { live } from "../live/hooks";
import { type Kind, type Period, PERIODS } from "./entries";

const PAGE = 50;
const REFRESH_MS = 15_000;
const DAY_MS = 86_400_000;

/** What happened to a device, newest first, page by page. */
export function useTimeline(device: string, kinds: readonly Kind[] | undefined, period: Period) {
  const kind = kinds?.join(",");
  return useInfiniteQuery({
    // Below "alarms", so that news of an alarm renew it at once.
    queryKey: ["alarms", "timeline", device, kind, period],
    queryFn: ({ pageParam }) => {
      const from = new Date(live.clock - PERIODS[period] * DAY_MS).toISOString();
      const query = { from, limit: PAGE, ...(kind === undefined ? {} : { kind }), ...(pageParam === "" ? {} : { after: pageParam }) };
      return take(api.GET("/api/v1/devices/{key}/timeline", { params: { path: { key: device }, query } }));
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH_MS,
  });
}
