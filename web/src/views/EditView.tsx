import { Button, Checkbox, Group, Stack, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import { CopyButton } from "../billing/CopyButton";
import { useTexts } from "../i18n";
import { Confirm } from "../ui/Confirm";
import { Dialog } from "../ui/Dialog";
import { Refusal, Submit, submitting } from "../ui/Saving";
import type { ViewPage } from "./pages";
import { SharedWith } from "./SharedWith";
import { freeName, useSharing } from "./sharing";
import { useChangeView, useDeleteView, useKeepView, useViews, type View } from "./useViews";

interface Props {
  view: View;
  page: ViewPage;
  /** What the page shows now. */
  search: object;
  close: () => void;
}

/** What can be done with a saved view, besides opening it. */
export function EditView({ view, page, search, close }: Props) {
  const { t } = useTexts();
  const sharing = useSharing();
  return (
    <Dialog onClose={close} title={view.name} centered>
      <Stack gap="md">
        {view.site_id !== null && (
          <Text size="sm" className="quiet">
            {sharing(view)}
          </Text>
        )}
        {view.may_change && <Change view={view} search={search} close={close} />}
        <Group gap="xs">
          {!view.is_own && <Copy view={view} page={page} close={close} />}
          <CopyButton text={`${location.origin}/views/${view.id}`} variant="default">
            {t("explore.copyLink")}
          </CopyButton>
          {view.may_change && <Delete view={view} close={close} />}
        </Group>
      </Stack>
    </Dialog>
  );
}

function Change({ view, search, close }: Omit<Props, "page">) {
  const { t } = useTexts();
  const [name, setName] = useState(view.name);
  const [site, share] = useState(view.site_id ?? null);
  const [isReplaced, replace] = useState(false);
  const [base] = useState(view); // also when another one comes
  const change = useChangeView(base);
  const saved = () => {
    notifications.show({ message: t("views.saved", { name: name.trim() }) });
    close();
  };
  const wanted = { name: name.trim(), search: isReplaced ? { ...search } : view.search, site_id: site };
  return (
    <form onSubmit={submitting(() => change.mutate(wanted, { onSuccess: saved }))}>
      <Stack gap="sm">
        <TextInput label={t("views.name")} value={name} onChange={({ currentTarget }) => setName(currentTarget.value)} maxLength={100} required data-autofocus />
        <SharedWith value={site} set={share} isOwn={view.is_own} />
        <Checkbox label={t("views.replace")} checked={isReplaced} onChange={({ currentTarget }) => replace(currentTarget.checked)} disabled={Object.keys(search).length === 0} />
        <Submit change={change} disabled={name.trim() === ""}>
          {t("common.save")}
        </Submit>
      </Stack>
    </form>
  );
}

function Copy({ view, page, close }: Omit<Props, "search">) {
  const { t } = useTexts();
  const own = useViews(page);
  const keep = useKeepView(page);
  const name = freeName(view.name, own.data?.items.map((one) => one.name) ?? []);
  const kept = () => {
    notifications.show({ message: t("views.saved", { name }) });
    close();
  };
  return (
    <>
      <Button variant="default" disabled={own.data === undefined} loading={keep.isPending} onClick={() => keep.mutate({ name, search: view.search, site_id: null }, { onSuccess: kept })}>
        {t("views.copy")}
      </Button>
      <Refusal error={keep.error ?? own.error} />
    </>
  );
}

function Delete({ view, close }: { view: View; close: () => void }) {
  const { t } = useTexts();
  const [isAsked, ask] = useState(false);
  const remove = useDeleteView();
  return (
    <>
      <Button variant="subtle" color="red" loading={remove.isPending} onClick={() => ask(true)}>
        {t("views.delete")}
      </Button>
      <Refusal error={remove.error} />
      <Confirm
        opened={isAsked}
        question={t(view.site_id === null ? "views.deleteQuestion" : "views.deleteSharedQuestion", { name: view.name })}
        action={t("views.delete")}
        close={() => ask(false)}
        confirm={() => remove.mutate(view.id, { onSuccess: close })}
      />
    </>
  );
}
