import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { useConnection } from "../live/hooks";
import { formatTime } from "../format";
import { useTexts } from "../i18n";
import { useRights } from "../session/session";
import { PageTitle } from "../shell/Pages";
import { Mark } from "../ui/Mark";
import { Section } from "../ui/Section";
import { again, discard, useOutbox } from "./outbox";
import type { Waiting } from "./queue";
import { ReadingForm } from "./ReadingForm";

/** Work away from the network: registers that were read, and labels that were scanned, until the server has them. */
export function OutboxPage() {
  const { t } = useTexts();
  const mayRead = useRights().somewhere("operate");
  return (
    <>
      <PageTitle title={t("outbox.title")} />
      {!window.isSecureContext && (
        <Alert color="orange" variant="light" mb="md" role="alert">
          {t("outbox.needsTls")}
        </Alert>
      )}
      {window.isSecureContext && (
        <Stack gap="md" maw={640}>
          {mayRead && (
            <Section title={t("outbox.read")} text={t("outbox.readText")}>
              <ReadingForm />
            </Section>
          )}
          <Section title={t("outbox.waiting")}>
            <Outbox />
          </Section>
        </Stack>
      )}
    </>
  );
}

function Outbox() {
  const { t } = useTexts();
  const waiting = useOutbox();
  const isLost = useConnection() === "lost";
  if (waiting.length === 0) return <Text className="quiet">{t("outbox.empty")}</Text>;
  return (
    <>
      <Text size="sm" className="quiet" role="status">
        {t(isLost ? "outbox.later" : "outbox.soon", { n: waiting.length })}
      </Text>
      <ul className="plain-list">
        {waiting.map((one) => (
          <Line key={one.id} one={one} />
        ))}
      </ul>
    </>
  );
}

function Line({ one }: { one: Waiting }) {
  const { t, language } = useTexts();
  const { what } = one;
  const name = what.kind === "claim" ? t("outbox.claim", { code: what.code }) : `${what.device} · ${what.channel}: ${what.value} ${what.unit}`;
  const more = what.kind === "claim" ? [] : [what.photo !== null && t("outbox.withPhoto"), what.position !== null && t("outbox.withPosition"), what.note];
  return (
    <li className="list-line">
      <Group justify="space-between" gap="xs">
        <span>
          <Mark kind={one.refusal === null ? "quiet" : "bad"} /> <b>{name}</b>
          <span className="quiet"> · {[formatTime(one.madeAt, language), ...more.filter(Boolean)].join(" · ")}</span>
        </span>
        <Group gap={4}>
          {one.refusal !== null && (
            <Button size="xs" variant="default" onClick={() => void again(one)}>
              {t("outbox.again")}
            </Button>
          )}
          <Button size="xs" variant="default" onClick={() => void discard(one.id)} aria-label={t("outbox.discardOf", { name })}>
            {t("outbox.discard")}
          </Button>
        </Group>
      </Group>
      {one.refusal !== null && (
        <Text size="sm" role="alert">
          {one.refusal}
        </Text>
      )}
    </li>
  );
}
