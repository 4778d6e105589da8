import { useQuery } from "@tanstack/react-query";
import { api, take } from "../api/client";
import type { components } from "../api/schema";

const REFRESH_MS = 15_000;

export type Presence = components["schemas"]["PresenceSummary"];
export type Stopped = "late" | "silent";

/** How many devices report as they should; with a state, which are in it. */
export function usePresenceOf(state?: Stopped) {
  return useQuery({
    queryKey: ["presence", state ?? "all"],
    queryFn: () => take(api.GET("/api/v1/presence", { params: { query: state === undefined ? {} : { state } } })),
    refetchInterval: REFRESH_MS,
  });
}

const MOST = 100;

/** What happened since a moment, newest first; the last hundred at most, and whether there were more. */
export function useEventsSince(since: number) {
  return useQuery({
    queryKey: ["events", "newest"],
    queryFn: () => take(api.GET("/api/v1/events", { params: { query: { limit: MOST } } })),
    refetchInterval: REFRESH_MS,
    select: ({ items }) => {
      const events = items.filter((event) => Date.parse(event.at) >= since);
      return { events, areMore: events.length === MOST };
    },
  });
}
