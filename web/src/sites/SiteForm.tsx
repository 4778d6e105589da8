import { Button, NativeSelect, Stack, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type SubmitEvent, useState } from "react";
import { api, type Site, take } from "../api/client";
import { useTexts } from "../i18n";
import { useRights } from "../session/session";
import { ErrorNote } from "../shell/Pages";
import { changedParts } from "../ui/changed";
import { Dialog } from "../ui/Dialog";
import { PositionFields, positionOf, typedOf } from "./PositionFields";

/** parent: in which a new site is to stand. */
export interface Editing {
  site?: Site;
  parent?: number;
}

/** A new site, or changes of one. */
export function SiteForm({ editing, sites, close }: { editing: Editing; sites: readonly Site[]; close: () => void }) {
  const { t } = useTexts();
  const queries = useQueryClient();
  const rights = useRights();
  const [name, setName] = useState(editing.site?.name ?? "");
  const [zone, setZone] = useState(editing.site?.zone ?? "America/Sao_Paulo");
  const [parent, setParent] = useState(String(editing.site?.parent_id ?? editing.parent ?? ""));
  const [position, setPosition] = useState(typedOf(editing.site?.position));
  const body = { name, zone, position: positionOf(position), parent_id: parent === "" ? null : Number(parent) };
  const [began] = useState(body);
  const save = useMutation({
    mutationFn: () =>
      editing.site
        ? take(api.PATCH("/api/v1/sites/{site_id}", { params: { path: { site_id: editing.site.id } }, body: changedParts(began, body) }))
        : take(api.POST("/api/v1/sites", { body })),
    onSuccess: async () => {
      await queries.invalidateQueries();
      notifications.show({ message: t("sites.saved") });
      close();
    },
  });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Dialog onClose={close} title={t("sites.title")}>
      <form onSubmit={submit}>
        <Stack gap="sm">
          <TextInput label={t("sites.name")} value={name} onChange={(event) => setName(event.currentTarget.value)} required maxLength={100} data-autofocus />
          <NativeSelect
            label={t("sites.parent")}
            value={parent}
            onChange={(event) => setParent(event.currentTarget.value)}
            data={[
              ...(rights.on("configure", null) || editing.site?.parent_id === null ? [{ value: "", label: t("sites.top") }] : []),
              ...sites.filter((one) => one.id !== editing.site?.id && (rights.on("configure", one.id) || one.id === editing.site?.parent_id)).map((one) => ({ value: String(one.id), label: one.path.join(" › ") })),
            ]}
          />
          <TextInput label={t("sites.zone")} value={zone} onChange={(event) => setZone(event.currentTarget.value)} list="zones" required />
          <datalist id="zones">
            {Intl.supportedValuesOf("timeZone").map((one) => (
              <option key={one} value={one} />
            ))}
          </datalist>
          <PositionFields value={position} set={setPosition} />
          {save.isError && <ErrorNote error={save.error} />}
          <Button type="submit" loading={save.isPending}>
            {t("common.save")}
          </Button>
        </Stack>
      </form>
    </Dialog>
  );
}
