import { Button, Group, Modal } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Person, take } from "../api/client";
import { useTexts } from "../i18n";
import { Confirm } from "../ui/Confirm";
import { download } from "../ui/download";
import { Refusal } from "../ui/Saving";
import { Section } from "../ui/Section";
import { Anonymise } from "./Anonymise";
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
      {asksForget && (
        <Anonymise
          name={person.name}
          warning={t("privacy.ask", { name: person.name })}
          done={t("privacy.done")}
          forget={() => take(api.DELETE("/api/v1/people/{person_id}", { params: { path } }))}
          close={() => setAsksForget(false)}
        />
      )}
    </>
  );
}
