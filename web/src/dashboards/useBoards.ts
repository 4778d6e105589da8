import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, take } from "../api/client";
import { usePages } from "../api/usePages";
import type { Carried, Document } from "./types";

const PAGE = 100;
const KEY = ["dashboards", "kept"] as const;

/** The dashboards that one may see, by name, some at a time. */
export function useBoards(search: string) {
  return usePages([...KEY, "list", search], (after) => take(api.GET("/api/v1/dashboards", { params: { query: { search, limit: PAGE, ...after } } })));
}

export function useBoard(id: number) {
  return useQuery({ queryKey: [...KEY, id], queryFn: () => take(api.GET("/api/v1/dashboards/{dashboard_id}", { params: { path: { dashboard_id: id } } })) });
}

export function useReadyBoard(of: { device: string } | { site: number }) {
  return useQuery({
    queryKey: ["dashboards", "ready", of],
    queryFn: () => ("device" in of ? take(api.GET("/api/v1/devices/{key}/dashboard", { params: { path: { key: of.device } } })) : take(api.GET("/api/v1/sites/{site_id}/dashboard", { params: { path: { site_id: of.site } } }))),
  });
}

export interface Wanted {
  name: string;
  site_id: number;
  document: Document;
}

/** Keep a new dashboard; or put another in the place of one, unless somebody else has changed it since `version`. */
export function useKeep() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ wanted, old }: { wanted: Wanted; old?: { id: number; version: number } }) =>
      old === undefined
        ? take(api.POST("/api/v1/dashboards", { body: wanted }))
        : take(api.PUT("/api/v1/dashboards/{dashboard_id}", { params: { path: { dashboard_id: old.id }, header: { "if-match": `"${old.version}"` } }, body: wanted })),
    onSuccess: async (kept) => {
      queries.setQueryData([...KEY, kept.id], kept);
      await queries.invalidateQueries({ queryKey: [...KEY, "list"] });
    },
  });
}

export function useImport() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ site, dashboard }: { site: number; dashboard: Carried }) => take(api.POST("/api/v1/dashboards/import", { body: { site_id: site, dashboard } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: KEY }),
  });
}

export function useDeleteBoard() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: number) => take(api.DELETE("/api/v1/dashboards/{dashboard_id}", { params: { path: { dashboard_id: id } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: [...KEY, "list"] }),
  });
}

export function exported(id: number): Promise<Carried> {
  return take(api.GET("/api/v1/dashboards/{dashboard_id}/export", { params: { path: { dashboard_id: id } } }));
}
