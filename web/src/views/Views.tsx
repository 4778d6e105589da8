import "./views.css";
import { ActionIcon, Button, Skeleton, Stack, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTexts } from "../i18n";
import { useRights } from "../session/session";
import { Loaded } from "../ui/Loaded";
import { More } from "../ui/More";
import { Refusal, submitting } from "../ui/Saving";
import type { ViewPage } from "./pages";
import { SharedWith } from "./SharedWith";
import { useSharing } from "./sharing";
import { useKeepView, useSharedViews, useViews, type View } from "./useViews";

interface Props {
  page: ViewPage;
  search: object;
  close: () => void;
  /** Look after one of them: name it otherwise, share it, delete it. */
  edit: (view: View) => void;
}

/** The saved views of a page: one's own, and those of others. The page itself reads what an address may say: what it no longer knows is left out. */
export function Views({ page, search, close, edit }: Props) {
  const { t } = useTexts();
  const views = useViews(page);
  const shared = useSharedViews(page, useRights().somewhere("view"));
  const own = views.data?.items ?? [];
  const others = shared.data?.pages.flatMap(({ items }) => items) ?? [];
  const lines = { page, close, edit };
  if (views.isLoading || shared.isLoading) return <Skeleton className="views" height={34} />; // what came later would move the rest
  return (
    <Stack gap="xs" p={4} className="views">
      <Loaded query={views} height={34}>
        {() => own.length + others.length === 0 ? <Text size="sm" className="quiet" px={6}>{t("views.none")}</Text> : <Lines {...lines} views={own} />}
      </Loaded>
      {others.length > 0 && (
        <section aria-label={t("views.shared")}>
          <Text size="xs" className="quiet" px={10} component="h2">
            {t("views.shared")}
          </Text>
          <Lines {...lines} views={others} />
          <More of={shared} />
        </section>
      )}
      <Refusal error={shared.error} />
      <NewView page={page} search={search} own={own} close={close} />
    </Stack>
  );
}

function Lines({ views, page, close, edit }: Omit<Props, "search"> & { views: readonly View[] }) {
  const { t } = useTexts();
  const navigate = useNavigate();
  const sharing = useSharing();
  const open = (view: View) => {
    close();
    void navigate({ to: page, search: view.search });
  };
  return (
    <ul className="plain-list">
      {views.map((view) => (
        <li key={view.id} className="view-line">
          <button type="button" className="dropdown-item" onClick={() => open(view)}>
            {view.name}
            {view.site_id !== null && <span className="view-sharing quiet">{sharing(view)}</span>}
          </button>
          <ActionIcon variant="subtle" color="gray" size={34} aria-label={t("views.edit", { name: view.name })} title={t("views.edit", { name: view.name })} onClick={() => edit(view)}>
            ⋯
          </ActionIcon>
        </li>
      ))}
    </ul>
  );
}

function NewView({ page, search, own, close }: { page: ViewPage; search: object; own: readonly View[]; close: () => void }) {
  const { t } = useTexts();
  const [typed, type] = useState("");
  const [chosen, choose] = useState<number | null>();
  const keep = useKeepView(page);
  const name = typed.trim();
  const replaced = own.find((one) => one.name === name);
  const site = chosen === undefined ? (replaced?.site_id ?? null) : chosen;
  const isEmpty = Object.keys(search).length === 0;
  const hint = isEmpty ? t("views.empty") : replaced === undefined ? null : t("views.replaces");
  const saved = () => {
    notifications.show({ message: t("views.saved", { name }) });
    close();
  };
  return (
    <form onSubmit={submitting(() => keep.mutate({ name, search: { ...search }, site_id: site }, { onSuccess: saved }))}>
      <Stack gap="xs" px={6} pb={4}>
        <TextInput size="xs" label={t("views.name")} value={typed} onChange={({ currentTarget }) => type(currentTarget.value)} maxLength={100} required description={hint} />
        <SharedWith size="xs" value={site} set={choose} isOwn />
        <Button type="submit" size="xs" loading={keep.isPending} disabled={name === "" || isEmpty} style={{ alignSelf: "start" }}>
          {t("views.save")}
        </Button>
        <Refusal error={keep.error} />
      </Stack>
    </form>
  );
}
