import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { api, type Site, take } from "../api/client";
import { useRights } from "../session/session";
import { sitesQuery } from "../sites/queries";

export interface Paged<Item> {
  items: Item[];
  next?: string | null;
}

/** What the server lists page after page. */
export function usePages<Item>(queryKey: readonly unknown[], ask: (after: { after?: number }) => Promise<Paged<Item>>) {
  const found = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam }) => ask(pageParam === 0 ? {} : { after: pageParam }),
    initialPageParam: 0,
    getNextPageParam: ({ next }) => (next === null || next === undefined ? undefined : Number(next)),
    placeholderData: keepPreviousData,
  });
  return found;
}

/** The sites where the person may bill. */
export function useBilledSites(): readonly Site[] {
  const rights = useRights();
  const sites = useQuery(sitesQuery);
  return (sites.data?.items ?? []).filter(({ id }) => rights.on("bill", id));
}

export function useTariffs() {
  return useQuery({ queryKey: ["tariffs"], queryFn: () => take(api.GET("/api/v1/tariffs")) });
}
