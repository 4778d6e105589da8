import { useQuery } from "@tanstack/react-query";
import { useTexts } from "../../i18n";
import { Frame } from "../Frame";
import { surveys } from "../maps";
import { useShown } from "../source";
import { SpotMap } from "../SpotMap";
import { useSpots } from "../useSpots";
import type { Of } from "../types";
import { siteOf } from "../variables";

/** Where things are: whatever has a position below a site, and the widget's own places. Nothing comes from the Internet. */
export function SiteMap({ widget }: { widget: Of<"map"> }) {
  const { t } = useTexts();
  const { source, values, site: own } = useShown();
  const isSurvey = surveys(widget);
  const site = isSurvey ? siteOf(widget.site, values, own) : null;
  const placed = useQuery({ queryKey: ["dashboards", source.key, "placed", site], queryFn: () => source.placed(site), staleTime: 60_000, enabled: isSurvey || widget.places.some((place) => typeof place.site === "number") });
  const spots = useSpots(isSurvey ? placed.data : undefined, widget.places, placed.data?.sites ?? []);
  const title = widget.title === "" ? t("boardKind.map") : widget.title;
  return (
    <Frame title={title} {...(placed.data?.isCut === true ? { note: t("boards.plantCut", { n: placed.data.devices.length }) } : {})}>
      <SpotMap title={title} id={widget.id} spots={spots} isPending={isSurvey && placed.isPending} error={placed.data === undefined ? placed.error : null} />
    </Frame>
  );
}
