import { useQuery } from "@tanstack/react-query";
import { formatTime } from "../format";
import { useTexts } from "../i18n";
import { sitesQuery } from "../sites/queries";
import { usePrintedAt } from "../ui/printing";

/** On paper: the site, where the way up does not say it, and when it was printed, in which zone. */
export function Printed({ site }: { site?: number | undefined }) {
  const { t, language } = useTexts();
  const at = usePrintedAt();
  const sites = useQuery({ ...sitesQuery, enabled: site !== undefined });
  if (at === null) return null;
  const path = sites.data?.items.find(({ id }) => id === site)?.path ?? [];
  const { timeZone: zone } = Intl.DateTimeFormat().resolvedOptions();
  return (
    <p className="printed quiet number">
      {path.length > 0 && <b>{path.join(" › ")} · </b>}
      {t("printed.at", { time: formatTime(at, language), zone })}
    </p>
  );
}
