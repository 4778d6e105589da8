import { Button, Group, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Device, take } from "../api/client";
import { renew } from "../api/renew";
import { formatNumber, formatTime } from "../format";
import { useTexts } from "../i18n";
import { Mark } from "../ui/Mark";
import { Refusal } from "../ui/Saving";
import { Section } from "../ui/Section";
import { amountText } from "./BarChart";
import { DecisionForm } from "./DecisionForm";
import { UndoButton } from "./UndoButton";
import type { RegisterStep } from "./useConsumption";

interface Props {
  device: Device;
  channel: string;
  events: readonly RegisterStep[];
  mayOperate: boolean;
  enterExchange: () => void;
}

/** What a register went through in the period besides growth, and what operators say of it. */
export function RegisterEvents({ device, channel, events, mayOperate, enterExchange }: Props) {
  const { t } = useTexts();
  const [reviewed, review] = useState<RegisterStep | null>(null);
  return (
    <Section title={t("register.events")} text={t("register.eventsText")}>
      {events.length === 0 && <Text className="quiet">{t("register.noEvents")}</Text>}
      <ul className="plain-list" style={{ fontSize: "inherit" }}>
        {events.map((one) => (
          <Event key={`${one.before_at} ${one.at}`} device={device} event={one} mayOperate={mayOperate} review={() => review(one)} />
        ))}
      </ul>
      {mayOperate && (
        <Button mt="sm" variant="default" onClick={enterExchange}>
          {t("register.enterExchange")}
        </Button>
      )}
      {reviewed !== null && <DecisionForm device={device} channel={channel} event={reviewed} close={() => review(null)} />}
    </Section>
  );
}

function Event({ device, event, mayOperate, review }: { device: Device; event: RegisterStep; mayOperate: boolean; review: () => void }) {
  const { t, language } = useTexts();
  const undo = useUndo(device.key);
  return (
    <li className="list-line">
      <Group justify="space-between" gap="xs">
        <div style={{ minWidth: 0, flex: "1 1 260px" }}>
          <Text fw={600}>
            <Mark kind={event.needs_review ? "warn" : "ok"} /> {t(`verdict.${event.verdict}`)}
            {event.needs_review && <span className="quiet"> · {t("register.toReview")}</span>}
          </Text>
          <Text size="sm" className="number">
            {formatTime(event.at, language, device.zone)}: {formatNumber(event.before, null, language)} → {formatNumber(event.after, null, language)} · {t("register.counted", { amount: amountText(Number(event.amount), event.unit, language) })}
          </Text>
          {event.decided_by !== null && (
            <Text size="sm" className="quiet">
              {t("register.decidedBy", { name: event.decided_by, time: event.decided_at === null ? "" : formatTime(event.decided_at, language, device.zone) })}
              {event.old_serial !== null && ` · ${event.old_serial}`}
              {event.new_serial !== null && ` → ${event.new_serial}`}
              {event.reason !== null && event.reason !== "" && ` · ${event.reason}`}
            </Text>
          )}
        </div>
        {mayOperate && (
          <Group gap={6}>
            <Button size="compact-sm" variant={event.needs_review ? "filled" : "default"} onClick={review}>
              {t("register.review")}
            </Button>
            {event.decision_id !== null && (
              <UndoButton look={() => touchedByUndo(device.key, event)} undo={() => undo.mutate(event)} isBusy={undo.isPending} />
            )}
          </Group>
        )}
      </Group>
      <Refusal error={undo.error} />
    </li>
  );
}

function touchedByUndo(device: string, { channel, decision_id }: RegisterStep) {
  const path = { key: device, decision_id: decision_id ?? 0 };
  return take(api.GET("/api/v1/devices/{key}/register-decisions/{decision_id}/invoices", { params: { path, query: { channel } } }));
}

function useUndo(device: string) {
  const { t } = useTexts();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (event: RegisterStep) =>
      take(api.DELETE("/api/v1/devices/{key}/register-decisions/{decision_id}", { params: { path: { key: device, decision_id: event.decision_id ?? 0 }, query: { channel: event.channel } } })),
    onSuccess: () => {
      notifications.show({ message: t("register.undone") });
      return renew(queries, ["consumption", device]);
    },
  });
}
