import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, take } from "../api/client";
import type { components } from "../api/schema";
import { edges, type Period, stepOf } from "../consumption/period";

export type Balance = components["schemas"]["BalanceAnswer"];
export type Part = components["schemas"]["BalancePart"];
export type Role = Part["role"];
export type Network = components["schemas"]["NetworkBody"];

export const roles: readonly Role[] = ["inlet", "outlet", "consumption", "none"];

export function useBalance(site: number, period: Period) {
  return useQuery({
    queryKey: ["balance", site, period],
    queryFn: () => take(api.GET("/api/v1/sites/{site_id}/balance", { params: { path: { site_id: site }, query: { ...edges(period), step: stepOf[period.view] } } })),
    placeholderData: keepPreviousData,
  });
}

/** Says what a meter is in the balance of a site, beside what was said of the others. */
export function useRole(site: number, known: readonly Part[]) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ part, role }: { part: Part; role: Role }) => {
      const others = known.filter((one) => one.is_named && !(one.device === part.device && one.channel === part.channel));
      const meters = [...others, { ...part, role }].map(({ device, channel, role: said }) => ({ device, channel, role: said }));
      return take(api.PUT("/api/v1/sites/{site_id}/balance/meters", { params: { path: { site_id: site } }, body: { meters } }));
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ["balance"] }),
  });
}

export function useNetwork(site: number) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (network: Network) => take(api.PUT("/api/v1/sites/{site_id}/balance/network", { params: { path: { site_id: site } }, body: network })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["balance"] }),
  });
}
