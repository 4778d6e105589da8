import { ActionIcon, Button, Group, Modal, NativeSelect, Paper, Skeleton, Stack, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type SubmitEvent, useState } from "react";
import { api, type Site, take } from "../api/client";
import { useTexts } from "../i18n";
import { useRights } from "../session/session";
import { ErrorNote, PageTitle } from "../shell/Pages";
import { Confirm } from "../ui/Confirm";

interface Editing {
  site?: Site;
  parent?: number;
}

export function SitesPage() {
  const { t } = useTexts();
  const queries = useQueryClient();
  const rights = useRights();
  const [editing, edit] = useState<Editing | null>(null);
  const [doomed, doom] = useState<Site | null>(null);
  const sites = useQuery({ queryKey: ["sites"], queryFn: () => take(api.GET("/api/v1/sites")) });
  const remove = useMutation({
    mutationFn: (id: number) => take(api.DELETE("/api/v1/sites/{site_id}", { params: { path: { site_id: id } } })),
    onSuccess: () => {
      notifications.show({ message: t("sites.deleted") });
      return queries.invalidateQueries();
    },
  });
  return (
    <>
      <PageTitle title={t("sites.title")}>
        {rights.on("configure", null) && <Button onClick={() => edit({})}>{t("sites.new")}</Button>}
      </PageTitle>
      {sites.isError && sites.data === undefined && <ErrorNote error={sites.error} retry={() => void sites.refetch()} />}
      {remove.isError && <ErrorNote error={remove.error} />}
      {sites.isPending && <Skeleton height={120} />}
      <Paper className="panel" component="ul" style={{ listStyle: "none", margin: 0, padding: 0 }}>
        {sites.data?.items.map((site) => (
          <Group key={site.id} component="li" justify="space-between" wrap="nowrap" style={{ padding: "10px 14px", paddingLeft: 14 + 22 * (site.path.length - 1), borderBottom: "1px solid var(--line)" }}>
            <div style={{ minWidth: 0 }}>
              <Link to="/" search={{ site: site.id }} style={{ color: "inherit", fontWeight: 600 }}>
                {site.name}
              </Link>
              <Text size="xs" className="quiet">
                {site.zone}
              </Text>
            </div>
            <Group gap={4} wrap="nowrap">
              <ActionIcon component={Link} to={`/dashboards/site/${site.id}`} variant="default" aria-label={t("boards.overviewOf", { name: site.name })} title={t("boards.overviewOf", { name: site.name })}>
                ▦
              </ActionIcon>
              <ActionIcon component={Link} to={`/sites/${site.id}/balance`} variant="default" aria-label={t("balance.of", { name: site.name })} title={t("balance.of", { name: site.name })}>
                ≈
              </ActionIcon>
              {rights.on("configure", site.id) && <Changes site={site} edit={edit} doom={doom} />}
            </Group>
          </Group>
        ))}
      </Paper>
      {editing !== null && <SiteForm editing={editing} sites={sites.data?.items ?? []} close={() => edit(null)} />}
      <Confirm
        opened={doomed !== null}
        question={t("sites.deleteAsk", { name: doomed?.name ?? "" })}
        action={t("common.delete")}
        close={() => doom(null)}
        confirm={() => {
          if (doomed !== null) remove.mutate(doomed.id);
        }}
      />
    </>
  );
}

function Changes({ site, edit, doom }: { site: Site; edit: (editing: Editing) => void; doom: (site: Site) => void }) {
  const { t } = useTexts();
  return (
    <>
      <ActionIcon variant="default" aria-label={t("sites.below", { name: site.name })} title={t("sites.below", { name: site.name })} onClick={() => edit({ parent: site.id })}>
        +
      </ActionIcon>
      <ActionIcon variant="default" aria-label={t("sites.rename", { name: site.name })} title={t("sites.rename", { name: site.name })} onClick={() => edit({ site })}>
        ✎
      </ActionIcon>
      <ActionIcon variant="default" aria-label={`${t("common.delete")} ${site.name}`} title={t("common.delete")} onClick={() => doom(site)}>
        ×
      </ActionIcon>
    </>
  );
}

function SiteForm({ editing, sites, close }: { editing: Editing; sites: readonly Site[]; close: () => void }) {
  const { t } = useTexts();
  const queries = useQueryClient();
  const rights = useRights();
  const [name, setName] = useState(editing.site?.name ?? "");
  const [zone, setZone] = useState(editing.site?.zone ?? "America/Sao_Paulo");
  const [parent, setParent] = useState(String(editing.site?.parent_id ?? editing.parent ?? ""));
  const save = useMutation({
    mutationFn: () => {
      const body = { name, zone, parent_id: parent === "" ? null : Number(parent) };
      return editing.site
        ? take(api.PATCH("/api/v1/sites/{site_id}", { params: { path: { site_id: editing.site.id } }, body }))
        : take(api.POST("/api/v1/sites", { body }));
    },
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
    <Modal opened onClose={close} title={t("sites.title")} closeButtonProps={{ "aria-label": t("common.cancel") }}>
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
          {save.isError && <ErrorNote error={save.error} />}
          <Button type="submit" loading={save.isPending}>
            {t("common.save")}
          </Button>
        </Stack>
      </form>
    </Modal>
  );
}
