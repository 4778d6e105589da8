import { NativeSelect, Stack, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTexts } from "../i18n";
import { useRights } from "../session/session";
import { sitesQuery } from "../sites/queries";
import { Dialog } from "../ui/Dialog";
import { Submit, submitting } from "../ui/Saving";
import type { Carried, Document } from "./types";
import { useImport, useKeep } from "./useBoards";

const EMPTY: Document = { format: 1, variables: [], widgets: [] };

interface Props {
  /** From a file; null for one that is not. */
  carried: Carried | null;
  /** What it begins with, where there is something: a ready-made one, or a copy of another. */
  begin?: { name: string; site: number; document: Document };
  close: () => void;
  made: (id: number) => void;
}

/** The name and the site of a dashboard that is to be kept. */
export function NewBoard({ carried, begin, close, made }: Props) {
  const { t } = useTexts();
  const rights = useRights();
  const sites = useQuery(sitesQuery);
  const places = (sites.data?.items ?? []).filter(({ id }) => rights.on("configure", id));
  const [name, setName] = useState(carried?.name ?? begin?.name ?? "");
  const [chosen, choose] = useState<number | null>(begin?.site ?? null);
  const site = chosen !== null && places.some(({ id }) => id === chosen) ? chosen : (places[0]?.id ?? 0);
  const keep = useKeep();
  const bring = useImport();
  const send = () => {
    const done = { onSuccess: ({ id }: { id: number }) => made(id) };
    if (carried !== null) bring.mutate({ site, dashboard: { ...carried, name } }, done);
    else keep.mutate({ wanted: { name, site_id: site, document: begin?.document ?? EMPTY } }, done);
  };
  return (
    <Dialog onClose={close} title={t(carried === null ? "boards.new" : "boards.import")} centered>
      <form onSubmit={submitting(send)}>
        <Stack gap="sm">
          <TextInput label={t("boards.name")} value={name} onChange={(event) => setName(event.currentTarget.value)} required maxLength={100} data-autofocus />
          <NativeSelect label={t("boards.site")} description={t("boards.siteText")} value={String(site)} onChange={(event) => choose(Number(event.currentTarget.value))} data={places.map(({ id, path }) => ({ value: String(id), label: path.join(" › ") }))} />
          <Submit change={carried === null ? keep : bring} disabled={site === 0}>{t("common.save")}</Submit>
        </Stack>
      </form>
    </Dialog>
  );
}
