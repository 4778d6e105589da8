import { useQuery } from "@tanstack/react-query";
import { useTexts } from "../i18n";
import { sitesQuery } from "../sites/queries";
import type { View } from "./useViews";

/** Who shares a view, and with whom, in words: "shared by Ana, Plant A". */
export function useSharing(): (view: View) => string {
  const { t } = useTexts();
  const sites = useQuery(sitesQuery).data?.items ?? [];
  return ({ site_id, owner, is_own }) => {
    const site = sites.find(({ id }) => id === site_id)?.path.at(-1) ?? `#${site_id}`;
    if (is_own) return t("views.sharedWith", { site });
    return owner === null ? t("views.sharedOnly", { site }) : t("views.sharedBy", { owner, site });
  };
}

/** A name that one has not given yet. */
export function freeName(wanted: string, taken: readonly string[]): string {
  let name = wanted;
  for (let number = 2; taken.includes(name); number += 1) name = `${wanted.slice(0, 94)} (${number})`;
  return name;
}
