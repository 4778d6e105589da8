import { Button, Group, NativeSelect, Stack, Text, Textarea } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { type KeyboardEvent, useState } from "react";
import { useTexts } from "../i18n";
import { live } from "../live/hooks";
import { Dialog } from "../ui/Dialog";
import { Refusal, submitting } from "../ui/Saving";
import type { Alarm, NotedAct } from "./alarms";
import { useAct } from "./useAlarms";

const HOURS = [1, 4, 8, 24, 72, 168] as const;
const HOUR_MS = 3_600_000;
const MARGIN_MS = 60_000; // for clocks that differ, as a week is the most

/** Asks for the comment or the reason of something that is done with alarms; Enter sends it. */
export function ActForm({ act, alarms, close, done }: { act: NotedAct; alarms: readonly Alarm[]; close: () => void; done: () => void }) {
  const { t } = useTexts();
  const [note, setNote] = useState("");
  const [hours, setHours] = useState<number>(8);
  const change = useAct();
  const isReasonNeeded = act !== "acknowledge";
  const send = () => {
    if (isReasonNeeded && note.trim() === "") return;
    const until = new Date(live.clock + hours * HOUR_MS - MARGIN_MS).toISOString();
    change.mutate(
      { act, ids: alarms.map(({ id }) => id), note: note.trim(), until },
      {
        onSuccess: (changed) => {
          notifications.show({ message: t(`alarmDone.${act}`, { n: changed.length }) });
          done();
          close();
        },
      },
    );
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    if (!change.isPending) send();
  };
  return (
    <Dialog onClose={close} title={t(`alarmAct.${act}`, { n: alarms.length })}>
      <form onSubmit={submitting(send)}>
        <Stack gap="sm">
          <Text size="sm">{alarms.length === 1 ? `${alarms[0]?.name ?? ""} · ${alarms[0]?.device_name ?? ""}` : t("alarms.chosen", { n: alarms.length })}</Text>
          {act === "shelve" && <NativeSelect label={t("alarms.for")} value={String(hours)} onChange={(event) => setHours(Number(event.currentTarget.value))} data={HOURS.map((n) => ({ value: String(n), label: n < 24 ? t("alarms.hours", { n }) : t("alarms.days", { n: n / 24 }) }))} />}
          <Textarea label={t(isReasonNeeded ? "alarms.reason" : "alarms.comment")} value={note} onChange={(event) => setNote(event.currentTarget.value)} onKeyDown={onKey} maxLength={500} required={isReasonNeeded} autosize minRows={2} data-autofocus />
          <Refusal error={change.error} />
          <Group justify="end">
            <Button variant="default" onClick={close}>
              {t("common.cancel")}
            </Button>
            <Button type="submit" loading={change.isPending}>
              {t(`alarmAct.${act}`, { n: alarms.length })}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
