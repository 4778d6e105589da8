import "./dashboards.css";
import { Paper, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTexts } from "../i18n";
import { ShownContext } from "./source";
import { sourceOf } from "./signedIn";
import { SpotMap } from "./SpotMap";
import { useSpots } from "./useSpots";

const SHOWN = { source: sourceOf(null), values: {}, site: 0, hasMenus: false };

/** All sites and devices whose position is known, as far as one sees them. */
export function SitesMap() {
  return (
    <ShownContext value={SHOWN}>
      <Everything />
    </ShownContext>
  );
}

function Everything() {
  const { t } = useTexts();
  const placed = useQuery({ queryKey: ["dashboards", "ready", "placed", null], queryFn: () => SHOWN.source.placed(null) });
  const spots = useSpots(placed.data, [], placed.data?.sites ?? []);
  return (
    <>
      <Paper className="panel sites-map">
        <SpotMap title={t("sites.map")} id="sites" spots={spots} isPending={placed.isPending} error={placed.data === undefined ? placed.error : null} />
      </Paper>
      {placed.data?.isCut === true && (
        <Text size="sm" className="quiet" mt="xs">
          {t("boards.plantCut", { n: placed.data.devices.length })}
        </Text>
      )}
    </>
  );
}
