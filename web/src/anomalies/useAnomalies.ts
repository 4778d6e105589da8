import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { api, take } from "../api/client";
import type { components } from "../api/schema";
import { usePages } from "../api/usePages";
import { useTexts } from "../i18n";
import { problemText } from "../ui/words";
import type { Kind, State } from "./filter";

export type Anomaly = components["schemas"]["AnomalyAnswer"];
export type AnomalyVerdict = components["schemas"]["AnomalyVerdict"]["verdict"];
export type DetectorTally = components["schemas"]["DetectorTally"];

export interface Filter {
  state: State;
  kind?: Kind;
  device?: string;
  /** Also the faint ones, of which there are about as many again. */
  faint: boolean;
}

export const PLAIN_SCORE = 0.6;
const PAGE = 100;
const REFRESH_MS = 15_000;

/** Anomalies that a filter lets through, last found first, page by page. */
export function useAnomalies(filter: Filter, limit = PAGE) {
  const asked = {
    ...(filter.state === "waiting" ? { verdict: "none" as const } : {}),
    ...(filter.state === "lasting" ? { lasting: true } : {}),
    ...(filter.kind === undefined ? {} : { kind: filter.kind }),
    ...(filter.device === undefined ? {} : { device: filter.device }),
    ...leastScore(filter.faint),
  };
  return usePages(["anomalies", filter, limit], (after) => take(api.GET("/api/v1/anomalies", { params: { query: { ...asked, limit, ...after } } })), { refetchInterval: REFRESH_MS });
}

export function useAnomaly(id: number) {
  return useQuery({
    queryKey: ["anomalies", "one", id],
    queryFn: () => take(api.GET("/api/v1/anomalies/{anomaly_id}", { params: { path: { anomaly_id: id } } })),
    refetchInterval: REFRESH_MS,
  });
}

/** How each detector has done in the last weeks. */
export function useTallies({ device, faint }: Pick<Filter, "device" | "faint">, weeks: number) {
  return useQuery({
    queryKey: ["anomalies", "summary", device, faint, weeks],
    queryFn: () => take(api.GET("/api/v1/anomalies/summary", { params: { query: { weeks, ...(device === undefined ? {} : { device }), ...leastScore(faint) } } })),
    refetchInterval: REFRESH_MS,
  });
}

function leastScore(faint: boolean) {
  return faint ? {} : { min_score: PLAIN_SCORE };
}

interface Said {
  id: number;
  verdict: AnomalyVerdict | null;
  note: string;
}

/** Says what anomalies were, and takes that back, last thing first. */
export function useVerdicts() {
  const { t } = useTexts();
  const queries = useQueryClient();
  const done = useRef<readonly Said[]>([]);
  const [canUndo, setCanUndo] = useState(false);
  const settle = (next: readonly Said[], message: string) => {
    done.current = next;
    setCanUndo(next.length > 0);
    notifications.show({ message });
    void queries.invalidateQueries({ queryKey: ["anomalies"] });
  };
  // One after the other, so that keys may be pressed faster than answers come.
  const scope = { id: "anomalies" };
  const onError = (error: unknown) => notifications.show({ color: "red", message: problemText(error, t) });
  const judge = useMutation({
    scope,
    mutationFn: ({ said }: { said: Said; before: Said }) => say(said),
    onSuccess: (_, { said, before }) => settle([...done.current, before], t(`anomalySaid.${said.verdict ?? "nothing"}`)),
    onError,
  });
  const undo = useMutation({
    scope,
    mutationFn: async () => {
      const last = done.current.at(-1);
      if (last !== undefined) await say(last);
      return last;
    },
    onSuccess: (last) => last !== undefined && settle(done.current.slice(0, -1), t("anomaly.undone")),
    onError,
  });
  return {
    isBusy: judge.isPending || undo.isPending,
    canUndo,
    judge: ({ id, verdict, note }: Anomaly, said: AnomalyVerdict, about: string) => judge.mutate({ said: { id, verdict: said, note: about }, before: { id, verdict, note } }),
    undo: () => undo.mutate(),
  };
}

function say({ id, verdict, note }: Said): Promise<Anomaly> {
  const params = { path: { anomaly_id: id } };
  if (verdict === null) return take(api.DELETE("/api/v1/anomalies/{anomaly_id}/verdict", { params }));
  return take(api.PUT("/api/v1/anomalies/{anomaly_id}/verdict", { params, body: { verdict, note } }));
}
