import "./views.css";
import { ActionIcon, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTexts } from "../i18n";
import { Loaded } from "../ui/Loaded";
import { Refusal, submitting } from "../ui/Saving";
import type { ViewPage } from "./pages";
import { useDeleteView, useKeepView, useViews } from "./useViews";

/** The saved views of a page. The page itself reads what an address may say: what it no longer knows is left out. */
export function Views({ page, search, close }: { page: ViewPage; search: object; close: () => void }) {
  const { t } = useTexts();
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const views = useViews(page);
  const keep = useKeepView(page);
  const remove = useDeleteView();
  const open = (saved: object) => {
    close();
    void navigate({ to: page, search: saved });
  };
  const saved = () => {
    notifications.show({ message: t("views.saved", { name: name.trim() }) });
    close();
  };
  return (
    <Stack gap="xs" p={4} miw={260}>
      <Loaded query={views} height={34}>
        {({ items }) =>
          items.length === 0 ? (
            <Text size="sm" className="quiet" px={6}>
              {t("views.none")}
            </Text>
          ) : (
            <ul className="plain-list">
              {items.map((view) => (
                <li key={view.id} className="view-line">
                  <button type="button" className="dropdown-item" onClick={() => open(view.search)}>
                    {view.name}
                  </button>
                  <ActionIcon variant="subtle" color="gray" aria-label={t("views.delete", { name: view.name })} title={t("views.delete", { name: view.name })} onClick={() => remove.mutate(view.id)}>
                    ×
                  </ActionIcon>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      <form onSubmit={submitting(() => keep.mutate({ name: name.trim(), search }, { onSuccess: saved }))}>
        <Group gap="xs" align="end" wrap="nowrap">
          <TextInput size="xs" label={t("views.name")} value={name} onChange={({ currentTarget }) => setName(currentTarget.value)} maxLength={100} required />
          <Button type="submit" size="xs" loading={keep.isPending} disabled={name.trim() === "" || Object.keys(search).length === 0}>
            {t("views.save")}
          </Button>
        </Group>
      </form>
      <Refusal error={keep.error ?? remove.error} />
    </Stack>
  );
}
