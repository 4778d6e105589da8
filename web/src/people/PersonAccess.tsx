import { Alert, Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Person, take } from "../api/client";
import { useTexts } from "../i18n";
import { Confirm } from "../ui/Confirm";
import { download } from "../ui/download";
import { Refusal, submitting } from "../ui/Saving";
import { Section } from "../ui/Section";
import { OneTimeLink } from "./OneTimeLink";

/** Whether somebody gets in, and what he is owed under the data protection law. */
export function PersonAccess({ person, isMe }: { person: Person; isMe: boolean }) {
  const { t } = useTexts();
  const queries = useQueryClient();
  const [asksBlock, setAsksBlock] = useState(false);
  const [asksForget, setAsksForget] = useState(false);
  const path = { person_id: person.id };
  const reset = useMutation({ mutationFn: () => take(api.POST("/api/v1/people/{person_id}/reset-link", { params: { path } })) });
  const setState = useMutation({
    mutationFn: (state: "active" | "blocked") => take(api.PUT("/api/v1/people/{person_id}/state", { params: { path }, body: { state } })),
    onSuccess: () => queries.invalidateQueries(),
  });
  const exported = useMutation({
    mutationFn: () => take(api.GET("/api/v1/people/{person_id}/export", { params: { path } })),
    onSuccess: (known) => download(`person-${person.id}.json`, JSON.stringify(known, null, 2), "application/json"),
  });
  const isBlocked = person.state === "blocked";
  return (
    <>
      <Section title={t("access.title")} text={t("access.text")}>
        <Refusal error={reset.error ?? setState.error} />
        <Group gap="xs">
          <Button variant="default" loading={reset.isPending} onClick={() => reset.mutate()}>
            {t("access.reset")}
          </Button>
          {!isMe && (
            <Button variant="default" loading={setState.isPending} onClick={() => (isBlocked ? setState.mutate("active") : setAsksBlock(true))}>
              {t(isBlocked ? "access.unblock" : "access.block")}
            </Button>
          )}
        </Group>
      </Section>
      <Section title={t("privacy.title")} text={t("privacy.text")}>
        <Refusal error={exported.error} />
        <Group gap="xs">
          <Button variant="default" loading={exported.isPending} onClick={() => exported.mutate()}>
            {t("privacy.export")}
          </Button>
          {!isMe && (
            <Button variant="default" onClick={() => setAsksForget(true)}>
              {t("privacy.anonymise")}
            </Button>
          )}
        </Group>
      </Section>
      <Modal opened={reset.data !== undefined} onClose={reset.reset} title={t("access.reset")} closeButtonProps={{ "aria-label": t("common.cancel") }}>
        {reset.data !== undefined && <OneTimeLink link={reset.data.link} name={person.name} done={reset.reset} />}
      </Modal>
      <Confirm opened={asksBlock} question={t("access.blockAsk", { name: person.name })} action={t("access.block")} close={() => setAsksBlock(false)} confirm={() => setState.mutate("blocked")} />
      {asksForget && <Anonymise person={person} close={() => setAsksForget(false)} />}
    </>
  );
}

/** Cannot be undone, so the name has to be typed. */
function Anonymise({ person, close }: { person: Person; close: () => void }) {
  const { t } = useTexts();
  const queries = useQueryClient();
  const [typed, setTyped] = useState("");
  const forget = useMutation({
    mutationFn: () => take(api.DELETE("/api/v1/people/{person_id}", { params: { path: { person_id: person.id } } })),
    onSuccess: async () => {
      notifications.show({ message: t("privacy.done") });
      close();
      await queries.invalidateQueries();
    },
  });
  return (
    <Modal opened onClose={close} title={t("privacy.anonymise")} closeButtonProps={{ "aria-label": t("common.cancel") }}>
      <form onSubmit={submitting(forget.mutate)}>
        <Stack gap="sm">
          <Alert color="red" variant="light">
            {t("privacy.ask", { name: person.name })}
          </Alert>
          <Text size="sm">{t("privacy.type", { name: person.name })}</Text>
          <TextInput label={t("person.name")} value={typed} onChange={(event) => setTyped(event.currentTarget.value)} autoComplete="off" data-autofocus />
          <Refusal error={forget.error} />
          <Button type="submit" color="red" disabled={typed.trim() !== person.name.trim()} loading={forget.isPending}>
            {t("privacy.anonymise")}
          </Button>
        </Stack>
      </form>
    </Modal>
  );
}
