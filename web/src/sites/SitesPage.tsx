import { ActionIcon, Button, Group, Paper, Skeleton, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { api, type Site, take } from "../api/client";
import { useTexts } from "../i18n";
import { useRights } from "../session/session";
import { ErrorNote, PageTitle } from "../shell/Pages";
import { Confirm } from "../ui/Confirm";
import { Loaded } from "../ui/Loaded";
import { Segments } from "../ui/Segments";
import { type Editing, SiteForm } from "./SiteForm";
import { sitesQuery } from "./queries";

const SitesMap = lazy(async () => ({ default: (await import("../dashboards/SitesMap")).SitesMap }));

/** The tree of sites, as a list or, where they are on the earth, as a map. */
export function SitesPage() {
  const { t } = useTexts();
  const queries = useQueryClient();
  const rights = useRights();
  const { view = "list" } = useSearch({ from: "/sites" });
  const navigate = useNavigate({ from: "/sites" });
  const [editing, edit] = useState<Editing | null>(null);
  const [doomed, doom] = useState<Site | null>(null);
  const sites = useQuery(sitesQuery);
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
        <Segments
          size="xs"
          aria-label={t("sites.view")}
          value={view}
          onChange={(chosen) => void navigate({ search: chosen === "map" ? { view: "map" } : {}, replace: true })}
          data={[
            { value: "list", label: t("sites.list") },
            { value: "map", label: t("sites.map") },
          ]}
        />
        {rights.on("configure", null) && <Button onClick={() => edit({})}>{t("sites.new")}</Button>}
      </PageTitle>
      {remove.isError && <ErrorNote error={remove.error} />}
      {view === "map" ? (
        <Suspense fallback={<Skeleton height={320} />}>
          <SitesMap />
        </Suspense>
      ) : (
        <Loaded query={sites} height={120}>
          {({ items }) => (
            <Paper className="panel" component="ul" style={{ listStyle: "none", margin: 0, padding: 0 }}>
              {items.map((site) => (
                <Group key={site.id} component="li" justify="space-between" wrap="nowrap" style={{ padding: "10px 14px", paddingLeft: 14 + 22 * (site.path.length - 1), borderBottom: "1px solid var(--line)" }}>
                  <div style={{ minWidth: 0 }}>
                    <Link to="/" search={{ site: site.id }} style={{ color: "inherit", fontWeight: 600 }}>
                      {site.name}
                    </Link>
                    <Text size="xs" className="quiet">
                      {site.zone} ·{" "}
                      <Link to="/dashboards/site/$id" params={{ id: String(site.id) }} aria-label={t("boards.overviewOf", { name: site.name })}>
                        {t("sites.overview")}
                      </Link>{" "}
                      ·{" "}
                      <Link to="/sites/$id/balance" params={{ id: String(site.id) }} aria-label={t("balance.of", { name: site.name })}>
                        {t("sites.balance")}
                      </Link>
                    </Text>
                  </div>
                  <Group gap={4} wrap="nowrap">
                    {rights.on("configure", site.id) && <Changes site={site} edit={edit} doom={doom} />}
                  </Group>
                </Group>
              ))}
            </Paper>
          )}
        </Loaded>
      )}
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
