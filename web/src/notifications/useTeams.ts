import { useQuery } from "@tanstack/react-query";
import { api, take } from "../api/client";
import { useTexts } from "../i18n";
import { useRights } from "../session/session";
import { sitesQuery } from "../sites/queries";

export function useTeams() {
  return useQuery({ queryKey: ["teams"], queryFn: () => take(api.GET("/api/v1/teams")) });
}

/** People who see a site; the whole installation for null. */
export function useCandidates(site: number | null) {
  return useQuery({
    queryKey: ["candidates", site],
    queryFn: () => take(api.GET("/api/v1/teams/candidates", { params: { query: site === null ? {} : { site } } })),
  });
}

/** The name of a site, or of the whole installation. */
export function usePlaces(): (site: number | null) => string {
  const { t } = useTexts();
  const sites = useQuery(sitesQuery).data?.items ?? [];
  return (site) => (site === null ? t("role.everywhere") : (sites.find(({ id }) => id === site)?.path.join(" › ") ?? `#${site}`));
}

/** Where the person may configure, as choices of a select. */
export function usePlaceChoices(): { value: string; label: string }[] {
  const { t } = useTexts();
  const rights = useRights();
  const sites = (useQuery(sitesQuery).data?.items ?? [])
    .filter(({ id }) => rights.on("configure", id))
    .map((site) => ({ value: String(site.id), label: site.path.join(" › ") }));
  return rights.on("configure", null) ? [{ value: "", label: t("role.everywhere") }, ...sites] : sites;
}
