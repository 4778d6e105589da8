import { Button } from "@mantine/core";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useTexts } from "../i18n";
import { useRights } from "../session/session";
import { PageTitle } from "../shell/Pages";
import { Loaded } from "../ui/Loaded";
import { Board } from "./Board";
import { NewBoard } from "./NewBoard";
import { sourceOf } from "./signedIn";
import { SnapshotButtons } from "./SnapshotButtons";
import { useReadyBoard } from "./useBoards";

const SOURCE = sourceOf(null);
const NO_VALUES = {};

/** A device's ready-made dashboard. */
export function ReadyDevicePage() {
  const { key } = useParams({ from: "/dashboards/device/$key" });
  return <Ready key={key} of={useMemo(() => ({ device: key }), [key])} />;
}

/** A site's overview: its plant with live values, and its alarms. */
export function ReadySitePage() {
  const { id } = useParams({ from: "/dashboards/site/$id" });
  return <Ready key={id} of={useMemo(() => ({ site: Number(id) }), [id])} />;
}

function Ready({ of }: { of: { device: string } | { site: number } }) {
  const { t } = useTexts();
  const rights = useRights();
  const navigate = useNavigate();
  const [keeps, keep] = useState(false);
  const ready = useReadyBoard(of);
  const data = ready.data;
  return (
    <>
      <PageTitle title={data?.name ?? t("boards.title")}>
        {data !== undefined && <SnapshotButtons name={data.name} site={data.site_id} document={data.document} values={NO_VALUES} />}
        {data !== undefined && rights.on("configure", data.site_id) && (
          <Button size="xs" variant="default" onClick={() => keep(true)}>
            {t("boards.keepAsOwn")}
          </Button>
        )}
      </PageTitle>
      <Loaded query={ready} height={500}>
        {({ document, site_id: site }) => <Board document={document} values={NO_VALUES} source={SOURCE} site={site} />}
      </Loaded>
      {keeps && data !== undefined && (
        <NewBoard carried={null} begin={{ name: data.name, site: data.site_id, document: data.document }} close={() => keep(false)} made={(id) => void navigate({ to: "/dashboards/$id", params: { id: String(id) }, search: { edit: true } })} />
      )}
    </>
  );
}
