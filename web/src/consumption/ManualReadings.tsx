import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Device, take } from "../api/client";
import { renew } from "../api/renew";
import { formatNumber, formatTime } from "../format";
import { useTexts } from "../i18n";
import { DecimalInput } from "../ui/DecimalInput";
import { Dialog } from "../ui/Dialog";
import { Refusal, Submit, submitting } from "../ui/Saving";
import { Section } from "../ui/Section";
import { decimalOf, faultOf } from "../ui/decimal";
import { TouchedInvoices } from "./TouchedInvoices";
import { UndoButton } from "./UndoButton";

/** Readings that people made of a register. */
export function ManualReadings({ device, channel, unit, mayOperate }: { device: Device; channel: string; unit: string; mayOperate: boolean }) {
  const { t, language } = useTexts();
  const [adds, { open, close }] = useDisclosure();
  const refresh = useRefresh(device.key);
  const readings = useQuery({
    queryKey: ["manual-readings", device.key, channel],
    queryFn: () => take(api.GET("/api/v1/devices/{key}/manual-readings", { params: { path: { key: device.key }, query: { channel } } })),
  });
  const undo = useMutation({
    mutationFn: (id: number) => take(api.DELETE("/api/v1/devices/{key}/manual-readings/{reading_id}", { params: { path: { key: device.key, reading_id: id }, query: { channel } } })),
    onSuccess: async () => {
      notifications.show({ message: t("manual.withdrawn") });
      await refresh();
    },
  });
  return (
    <Section title={t("manual.title")} text={t("manual.text")}>
      <ul className="plain-list">
        {readings.data?.map((one) => (
          <li key={one.id} className="list-line">
            <Group justify="space-between" gap="xs">
              <span className="number">
                <b>
                  {formatNumber(Number(one.value), null, language)} {unit}
                </b>{" "}
                · {formatTime(one.at, language, device.zone)} · {one.author}
                {one.note !== "" && ` · ${one.note}`}
                {one.has_photo && (
                  <>
                    {" · "}
                    <a href={`/api/v1/devices/${device.key}/manual-readings/${one.id}/photo?channel=${encodeURIComponent(channel)}`} target="_blank" rel="noreferrer">
                      {t("outbox.showPhoto")}
                    </a>
                  </>
                )}
              </span>
              {mayOperate && (
                <UndoButton
                  look={() => take(api.GET("/api/v1/devices/{key}/manual-readings/{reading_id}/invoices", { params: { path: { key: device.key, reading_id: one.id }, query: { channel } } }))}
                  undo={() => undo.mutate(one.id)}
                  isBusy={undo.isPending}
                />
              )}
            </Group>
          </li>
        ))}
      </ul>
      <Refusal error={undo.error} />
      {mayOperate && (
        <Button mt="xs" variant="default" onClick={open}>
          {t("manual.add")}
        </Button>
      )}
      {adds && <ManualReadingForm device={device} channel={channel} unit={unit} close={close} />}
    </Section>
  );
}

function ManualReadingForm({ device, channel, unit, close }: { device: Device; channel: string; unit: string; close: () => void }) {
  const { t, language } = useTexts();
  const refresh = useRefresh(device.key);
  const [at, setAt] = useState("");
  const [value, setValue] = useState("");
  const [note, setNote] = useState("");
  const reading = { channel, at, value: decimalOf(value) ?? "", note };
  const add = useMutation({
    mutationFn: () => take(api.POST("/api/v1/devices/{key}/manual-readings", { params: { path: { key: device.key } }, body: reading })),
    onSuccess: async () => {
      notifications.show({ message: t("manual.added") });
      await refresh();
      close();
    },
  });
  return (
    <Dialog onClose={close} title={t("manual.add")}>
      <form onSubmit={submitting(() => add.mutate())}>
        <Stack gap="sm">
          <TextInput type="datetime-local" label={t("manual.at", { zone: device.zone })} value={at} onChange={(event) => setAt(event.currentTarget.value)} required data-autofocus />
          <DecimalInput label={t("manual.value", { unit })} value={value} onChange={setValue} required />
          <TextInput label={t("device.note")} value={note} onChange={(event) => setNote(event.currentTarget.value)} maxLength={500} />
          <Text size="sm" className="quiet">
            {t("manual.kept")}
          </Text>
          <TouchedInvoices
            about={device.key}
            asked={reading}
            enabled={at !== "" && reading.value !== "" && faultOf(value, language) === null}
            ask={(body) => take(api.POST("/api/v1/devices/{key}/manual-readings/invoices", { params: { path: { key: device.key } }, body }))}
          />
          <Submit change={add}>{t("common.save")}</Submit>
        </Stack>
      </form>
    </Dialog>
  );
}

function useRefresh(device: string): () => Promise<void> {
  const queries = useQueryClient();
  return async () => {
    await renew(queries, ["manual-readings", device]);
    await renew(queries, ["consumption", device]);
  };
}
