import { useQuery } from "@tanstack/react-query";
import { api, type Site, take } from "../api/client";
import { useRights } from "../session/session";
import { sitesQuery } from "../sites/queries";

/** The sites where the person may bill. */
export function useBilledSites(): readonly Site[] {
  const rights = useRights();
  const sites = useQuery(sitesQuery);
  return (sites.data?.items ?? []).filter(({ id }) => rights.on("bill", id));
}

export function useTariffs() {
  return useQuery({ queryKey: ["tariffs"], queryFn: () => take(api.GET("/api/v1/tariffs")) });
}
