import { ActionIcon, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../api/client";
import { useTexts } from "../i18n";
import { Dropdown } from "../ui/Dropdown";
import { Refusal, submitting } from "../ui/Saving";
import { type ExploreSearch, searchOf } from "./address";

const PAGE = "/explore";
const KEY = ["views", PAGE];

/** What one has saved of this page, to be opened again; and the way to save what is shown. */
export function ViewsMenu({ search, open }: { search: ExploreSearch; open: (search: ExploreSearch) => void }) {
  const { t } = useTexts();
  return (
    <Dropdown label={t("views.title")}>
      {(close) => (
        <Views
          search={search}
          close={close}
          open={(view) => {
            close();
            open(view);
          }}
        />
      )}
    </Dropdown>
  );
}

function Views({ search, open, close }: { search: ExploreSearch; open: (search: ExploreSearch) => void; close: () => void }) {
  const { t } = useTexts();
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const views = useQuery({ queryKey: KEY, queryFn: () => take(api.GET("/api/v1/views", { params: { query: { page: PAGE } } })) });
  const save = useMutation({
    mutationFn: () => take(api.PUT("/api/v1/views", { body: { page: PAGE, name: name.trim(), search: { ...search } } })),
    onSuccess: async () => {
      notifications.show({ message: t("views.saved", { name: name.trim() }) });
      close();
      await queries.invalidateQueries({ queryKey: KEY });
    },
  });
  const remove = useMutation({
    mutationFn: (id: number) => take(api.DELETE("/api/v1/views/{view_id}", { params: { path: { view_id: id } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: KEY }),
  });
  return (
    <Stack gap="xs" p={4} miw={260}>
      {views.data?.items.length === 0 && (
        <Text size="sm" className="quiet" px={6}>
          {t("views.none")}
        </Text>
      )}
      <ul className="plain-list">
        {views.data?.items.map((view) => (
          <li key={view.id} className="view-line">
            <button type="button" className="dropdown-item" onClick={() => open(searchOf(view.search))}>
              {view.name}
            </button>
            <ActionIcon variant="subtle" color="gray" aria-label={t("views.delete", { name: view.name })} title={t("views.delete", { name: view.name })} onClick={() => remove.mutate(view.id)}>
              ×
            </ActionIcon>
          </li>
        ))}
      </ul>
      <form onSubmit={submitting(() => save.mutate())}>
        <Group gap="xs" align="end" wrap="nowrap">
          <TextInput size="xs" label={t("views.name")} value={name} onChange={({ currentTarget }) => setName(currentTarget.value)} maxLength={100} required />
          <Button type="submit" size="xs" loading={save.isPending} disabled={name.trim() === "" || search.s === undefined}>
            {t("views.save")}
          </Button>
        </Group>
      </form>
      <Refusal error={save.error ?? remove.error} />
    </Stack>
  );
}
