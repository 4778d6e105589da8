import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, take } from "../api/client";
import type { ViewPage } from "./pages";

const KEY = ["views"] as const;

/** One's own, by name; of all pages where none is named. */
export function useViews(page?: ViewPage, isWanted = true) {
  return useQuery({ queryKey: [...KEY, page], queryFn: () => take(api.GET("/api/v1/views", { params: { query: page === undefined ? {} : { page } } })), enabled: isWanted });
}

/** Keep what a page shows under a name, in place of what was under it. */
export function useKeepView(page: ViewPage) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ name, search }: { name: string; search: object }) => take(api.PUT("/api/v1/views", { body: { page, name, search: { ...search } } })),
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
