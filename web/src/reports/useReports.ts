import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { basedOn } from "../api/based";
import { api, take } from "../api/client";
import { usePages } from "../api/usePages";
import { useTexts } from "../i18n";
import { useMe } from "../session/session";
import { sitesQuery } from "../sites/queries";
import type { Definition, ReportBody, Run } from "./definitions";

const WORKING_MS = 500;
const RESTING_MS = 30_000;
const PAGE = 20;

export function useReports(search: string) {
  return useQuery({ queryKey: ["reports", search], queryFn: () => take(api.GET("/api/v1/reports", { params: { query: { search, limit: 500 } } })) });
}

/** What was made and sent, newest first; asked for often as long as something is being made. */
export function useRuns() {
  return usePages(["report-runs"], (after) => take(api.GET("/api/v1/report-runs", { params: { query: { limit: PAGE, ...after } } })), {
    refetchInterval: ({ state }) => (state.data?.pages.some(({ items }) => items.some(isRunning)) === true ? WORKING_MS : RESTING_MS),
  });
}

/** By whose clock a report is told: its own zone's, or that of its site. */
export function useZone({ zone, site_id: site }: Definition): string {
  const sites = useQuery(sitesQuery);
  const { zone: ofAll } = useMe();
  return zone === "" ? (sites.data?.items.find(({ id }) => id === site)?.zone ?? ofAll) : zone;
}

export function isRunning(run: Run): boolean {
  return run.state === "running";
}

/** Makes a report that is not saved. */
export function useMake(done: () => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ name, definition, formats }: ReportBody) => take(api.POST("/api/v1/report-runs", { body: { name, definition, formats } })),
    onSuccess: async () => {
      done();
      await queries.invalidateQueries({ queryKey: ["report-runs"] });
    },
  });
}

/** Saves a report, or puts another in the place of one. */
export function useSave(saved: { id: number; version: string } | undefined, done: () => void) {
  const queries = useQueryClient();
  const { t } = useTexts();
  return useMutation({
    mutationFn: (body: ReportBody) =>
      saved === undefined ? take(api.POST("/api/v1/reports", { body })) : take(api.PUT("/api/v1/reports/{report_id}", { params: { path: { report_id: saved.id }, header: basedOn(saved) }, body })),
    onError: () => queries.invalidateQueries({ queryKey: ["reports"] }),
    onSuccess: async () => {
      notifications.show({ message: t("reports.saved") });
      done();
      await queries.invalidateQueries({ queryKey: ["reports"] });
    },
  });
}

export function useDelete() {
  const queries = useQueryClient();
  const { t } = useTexts();
  return useMutation({
    mutationFn: (id: number) => take(api.DELETE("/api/v1/reports/{report_id}", { params: { path: { report_id: id } } })),
    onSuccess: async () => {
      notifications.show({ message: t("reports.deleted") });
      await queries.invalidateQueries({ queryKey: ["reports"] });
    },
  });
}

/** Makes a saved report now, and sends it if asked to. */
export function useRun() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ id, send }: { id: number; send: boolean }) => take(api.POST("/api/v1/reports/{report_id}/runs", { params: { path: { report_id: id }, query: { send } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["report-runs"] }),
  });
}

export function useStop() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: number) => take(api.POST("/api/v1/report-runs/{report_run_id}/stop", { params: { path: { report_run_id: id } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["report-runs"] }),
  });
}
