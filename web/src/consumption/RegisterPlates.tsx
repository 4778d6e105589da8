import { Button, Group, Stack, Table, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Device, take } from "../api/client";
import { renew } from "../api/renew";
import { formatTime } from "../format";
import { useTexts } from "../i18n";
import { DecimalInput } from "../ui/DecimalInput";
import { Confirm } from "../ui/Confirm";
import { Dialog } from "../ui/Dialog";
import { Refusal, Submit, submitting } from "../ui/Saving";
import { Section } from "../ui/Section";
import { decimalOf } from "../ui/decimal";
import type { Meter } from "./useConsumption";

const numbers = ["multiplier", "digits", "rolls_at", "max_flow", "resolution", "memory_s"] as const;
type Texts = Record<(typeof numbers)[number] | "unit" | "valid_from" | "serial", string>;
const empty: Texts = { multiplier: "", digits: "", rolls_at: "", max_flow: "", resolution: "", memory_s: "", unit: "", valid_from: "", serial: "" };

/** What holds of a register, and from when. */
export function RegisterPlates({ device, meter, mayConfigure }: { device: Device; meter: Meter; mayConfigure: boolean }) {
  const { t, language } = useTexts();
  const [edits, { open, close }] = useDisclosure();
  const [doomed, doom] = useState<number | null>(null);
  const refresh = useRefresh(device.key);
  const remove = useMutation({
    mutationFn: (id: number) => take(api.DELETE("/api/v1/devices/{key}/meters/{channel}/{plate_id}", { params: { path: { key: device.key, channel: meter.channel, plate_id: id } } })),
    onSuccess: refresh,
  });
  return (
    <Section title={t("plate.title")} text={t("plate.text")}>
      <Table.ScrollContainer minWidth={320} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
        <Table fz="sm" horizontalSpacing={6}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("plate.validFrom")}</Table.Th>
              {numbers.map((name) => (
                <Table.Th key={name}>{t(`plate.${name}`)}</Table.Th>
              ))}
              <Table.Th>{t("plate.unit")}</Table.Th>
              <Table.Th>{t("plate.by")}</Table.Th>
              <Table.Th aria-label={t("common.remove")} />
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {meter.registers.map((one) => (
              <Table.Tr key={one.id ?? 0}>
                <Table.Td className="number">{one.valid_from === null ? t("plate.always") : formatTime(one.valid_from, language, device.zone)}</Table.Td>
                {numbers.map((name) => (
                  <Table.Td key={name} className="number">
                    {one[name] === null ? "—" : Number(one[name]).toLocaleString(language, { maximumFractionDigits: 9 })}
                  </Table.Td>
                ))}
                <Table.Td>{one.unit ?? "—"}</Table.Td>
                <Table.Td>
                  {one.author ?? t("plate.ofProfile")}
                  {one.serial !== null && ` · ${one.serial}`}
                </Table.Td>
                <Table.Td>
                  {mayConfigure && one.id !== null && (
                    <Button size="compact-xs" variant="subtle" loading={remove.isPending && remove.variables === one.id} onClick={() => doom(one.id)}>
                      {t("common.remove")}
                    </Button>
                  )}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <Refusal error={remove.error} />
      <Confirm
        opened={doomed !== null}
        question={t("plate.removeAsk")}
        action={t("common.remove")}
        close={() => doom(null)}
        confirm={() => {
          if (doomed !== null) remove.mutate(doomed);
        }}
      />
      {mayConfigure && (
        <Button mt="xs" variant="default" onClick={open}>
          {t("plate.set")}
        </Button>
      )}
      {edits && <PlateForm device={device} meter={meter} close={close} />}
    </Section>
  );
}

function PlateForm({ device, meter, close }: { device: Device; meter: Meter; close: () => void }) {
  const { t } = useTexts();
  const refresh = useRefresh(device.key);
  const [texts, setTexts] = useState(empty);
  const text = (name: keyof Texts) => ({ value: texts[name], onChange: (event: { currentTarget: { value: string } }) => setTexts({ ...texts, [name]: event.currentTarget.value }) });
  const save = useMutation({
    mutationFn: () => {
      const { digits, memory_s, multiplier, rolls_at, max_flow, resolution, unit, valid_from, serial } = texts;
      const body = {
        multiplier: decimalOf(multiplier),
        rolls_at: decimalOf(rolls_at),
        max_flow: decimalOf(max_flow),
        resolution: decimalOf(resolution),
        digits: digits === "" ? null : Number(decimalOf(digits)),
        memory_s: memory_s === "" ? null : Number(decimalOf(memory_s)),
        unit: unit || null,
        valid_from: valid_from || null,
        serial: serial || null,
      };
      return take(api.PUT("/api/v1/devices/{key}/meters/{channel}", { params: { path: { key: device.key, channel: meter.channel } }, body }));
    },
    onSuccess: async () => {
      notifications.show({ message: t("plate.saved") });
      await refresh();
      close();
    },
  });
  return (
    <Dialog onClose={close} title={t("plate.set")}>
      <form onSubmit={submitting(() => save.mutate())}>
        <Stack gap="sm">
          <TextInput type="datetime-local" label={t("plate.validFrom")} description={t("plate.validFromHint")} {...text("valid_from")} data-autofocus />
          <div className="two-columns">
            {numbers.map((name) => (
              <DecimalInput key={name} label={t(`plate.${name}`)} description={t(`plateHint.${name}`, { unit: meter.unit, reading: meter.reading_unit })} value={texts[name]} onChange={(typed) => setTexts({ ...texts, [name]: typed })} />
            ))}
          </div>
          <div className="two-columns">
            <TextInput label={t("plate.unit")} description={t("plateHint.unit")} maxLength={20} {...text("unit")} />
            <TextInput label={t("device.serial")} maxLength={64} {...text("serial")} />
          </div>
          <Group justify="end">
            <Submit change={save}>{t("common.save")}</Submit>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}

function useRefresh(device: string): () => Promise<void> {
  const queries = useQueryClient();
  return async () => {
    await renew(queries, ["meters", device]);
    await renew(queries, ["consumption", device]);
  };
}
