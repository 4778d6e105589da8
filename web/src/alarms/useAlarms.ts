import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { api, take } from "../api/client";
import { live } from "../live/hooks";
import { type Act, type Alarm, type AlarmState, statesOf, type View, withNews } from "./alarms";

const PAGE = 500;
const MOST = 2_000; // more than anybody works through; the health page speaks of floods
const REFRESH_MS = 60_000;
const SETTLED_MS = 1_500; // after the last news of a burst
const STANDING_KEY = ["alarms", "standing"] as const;

async function pages(state?: AlarmState): Promise<Alarm[]> {
  const found: Alarm[] = [];
  let after: number | undefined = 0;
  while (after !== undefined && found.length < MOST) {
    const page: { items: Alarm[]; next?: string | null } = await take(api.GET("/api/v1/alarms", { params: { query: { limit: PAGE, after, ...(state === undefined ? {} : { state }) } } }));
    found.push(...page.items);
    after = page.next === null || page.next === undefined ? undefined : Number(page.next);
  }
  return found;
}

/** The alarms of a list. Those that stand are kept up to date by the live stream. */
export function useAlarms(view: View = "standing") {
  return useQuery({
    queryKey: view === "standing" ? STANDING_KEY : ["alarms", view],
    queryFn: async () => (view === "standing" ? pages() : (await Promise.all(statesOf(view).map(pages))).flat()),
    refetchInterval: REFRESH_MS,
  });
}

/** One alarm, whatever its state; nothing is asked for without an id. */
export function useAlarm(id: number | undefined) {
  return useQuery({
    queryKey: ["alarms", "one", id],
    queryFn: () => take(api.GET("/api/v1/alarms/{alarm_id}", { params: { path: { alarm_id: id ?? 0 } } })),
    enabled: id !== undefined,
    refetchInterval: REFRESH_MS,
  });
}

/** Take what the live stream tells of alarms into the lists, at once. */
export function useAlarmNews(): void {
  const queries = useQueryClient();
  useEffect(() => {
    let settled: ReturnType<typeof setTimeout> | undefined;
    const stop = live.onAlarm((alarm) => {
      queries.setQueryData<Alarm[]>(STANDING_KEY, (known) => known && withNews(known, alarm));
      clearTimeout(settled);
      settled = setTimeout(() => void queries.invalidateQueries({ queryKey: ["alarms"] }), SETTLED_MS);
    });
    return () => {
      clearTimeout(settled);
      stop();
    };
  }, [queries]);
}

export interface Wish {
  act: Act;
  ids: number[];
  note: string;
  /** When shelving ends. */
  until: string;
}

/** What people do with alarms: all of the chosen ones, or none. */
export function useAct() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ act, ids, note, until }: Wish): Promise<Alarm[]> => {
      switch (act) {
        case "acknowledge":
          return take(api.POST("/api/v1/alarms/acknowledge", { body: { ids, comment: note } }));
        case "shelve":
          return take(api.POST("/api/v1/alarms/shelve", { body: { ids, reason: note, until } }));
        case "suppress":
        case "out-of-service":
          return take(api.POST(`/api/v1/alarms/${act}`, { body: { ids, reason: note } }));
        case "reset":
        case "unshelve":
        case "unsuppress":
        case "return-to-service":
          return take(api.POST(`/api/v1/alarms/${act}`, { body: { ids } }));
      }
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ["alarms"] }),
  });
}

export function useHistory(alarm: Alarm) {
  return useQuery({
    queryKey: ["alarms", "history", alarm.id],
    queryFn: () => take(api.GET("/api/v1/alarms/{alarm_id}/history", { params: { path: { alarm_id: alarm.id }, query: { limit: 50 } } })),
  });
}

/** The rule of an alarm: why there is one, and what to do. Somebody who owns a device may not see it. */
export function useRule(id: number) {
  return useQuery({ queryKey: ["alarm-rules", id], queryFn: () => take(api.GET("/api/v1/alarm-rules/{rule_id}", { params: { path: { rule_id: id } } })), retry: false });
}
