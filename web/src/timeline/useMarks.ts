import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, take } from "../api/client";
import { live } from "../live/hooks";
import { type Marked, marksOf } from "./marks";
import type { Span } from "../chart/range";

const MOST = 500;
const REFRESH_MS = 15_000;

/** What began to be wrong with a device in a span, the newest `MOST` at most. `asked` names the span. */
export function useMarks(device: string, span: Span, asked: string | undefined): { marks: readonly Marked[]; isCut: boolean } {
  const found = useQuery({
    // Below "alarms", so that news of an alarm renew it at once.
    queryKey: ["alarms", "marks", device, asked],
    queryFn: () => {
      const to = span.live ? live.clock : span.to;
      const query = { kind: "alarm,anomaly", from: new Date(to - (span.to - span.from)).toISOString(), to: new Date(to + 1).toISOString(), limit: MOST };
      return take(api.GET("/api/v1/devices/{key}/timeline", { params: { path: { key: device }, query } }));
    },
    placeholderData: keepPreviousData,
    refetchInterval: span.live ? REFRESH_MS : false,
  });
  const { data } = found;
  return useMemo(() => ({ marks: marksOf(data?.items ?? []), isCut: data?.next !== null && data !== undefined }), [data]);
}
