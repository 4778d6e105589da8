import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { basedOn } from "../api/based";
import { api, take } from "../api/client";
import type { components } from "../api/schema";
import { usePages } from "../api/usePages";
import type { ViewPage } from "./pages";

export type View = components["schemas"]["SavedViewAnswer"];
type Change = components["schemas"]["SavedViewChange"];

const KEY = ["views"] as const;
const PAGE = 50;

/** One's own, by name; of all pages where none is named. */
export function useViews(page?: ViewPage, isWanted = true) {
  return useQuery({ queryKey: [...KEY, page], queryFn: () => take(api.GET("/api/v1/views", { params: { query: page === undefined ? {} : { page } } })), enabled: isWanted });
}

/** Those of a page that others share with sites that one sees, some at a time. */
export function useSharedViews(page: ViewPage, isWanted: boolean) {
  return usePages([...KEY, "shared", page], (after) => take(api.GET("/api/v1/views/shared", { params: { query: { page, ...after, limit: PAGE } } })), { enabled: isWanted });
}

export function useView(id: number) {
  return useQuery({ queryKey: [...KEY, id], queryFn: () => take(api.GET("/api/v1/views/{view_id}", { params: { path: { view_id: id } } })) });
}

/** Keep what a page shows under a name, in place of what was under it; for oneself, or shared with a site. */
export function useKeepView(page: ViewPage) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (view: Change) => take(api.PUT("/api/v1/views", { body: { page, ...view } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: KEY }),
  });
}

export function useChangeView(base: { id: number; version: string }) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: Change) => take(api.PUT("/api/v1/views/{view_id}", { params: { path: { view_id: base.id }, header: basedOn(base) }, body })),
    onSuccess: () => queries.invalidateQueries({ queryKey: KEY }),
  });
}

export function useDeleteView() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: number) => take(api.DELETE("/api/v1/views/{view_id}", { params: { path: { view_id: id } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: KEY }),
  });
}
