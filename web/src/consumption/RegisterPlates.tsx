import { Button, Group, Stack, Table, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Device, take } from "../api/client";
import { renew } from "../api/renew";
import type { components } from "../api/schema";
import { formatTime } from "../format";
import { type Language, useTexts } from "../i18n";
import { DecimalInput } from "../ui/DecimalInput";
import { Confirm } from "../ui/Confirm";
import { Dialog } from "../ui/Dialog";
import { Refusal, Submit, submitting } from "../ui/Saving";
import { Section } from "../ui/Section";
import { decimalOf, typedOf } from "../ui/decimal";
import { TouchedInvoices } from "./TouchedInvoices";
import type { Meter } from "./useConsumption";

const numbers = ["multiplier", "digits", "rolls_at", "max_flow", "resolution", "memory_s"] as const;
type Texts = Record<(typeof numbers)[number] | "unit" | "valid_from" | "serial", string>;
type Plate = Meter["registers"][number];
type NewPlate = components["schemas"]["NewRegisterPlate"];
const empty: Texts = { multiplier: "", digits: "", rolls_at: "", max_flow: "", resolution: "", memory_s: "", unit: "", valid_from: "", serial: "" };

/** What holds of a register, and from when. */
export function RegisterPlates({ device, meter, mayConfigure }: { device: Device; meter: Meter; mayConfigure: boolean }) {
  const { t, language } = useTexts();
  const [edited, edit] = useState<Plate | "new" | null>(null);
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
                    <Group gap={4} wrap="nowrap" justify="end">
                      <Button size="compact-xs" variant="subtle" onClick={() => edit(one)}>
                        {t("common.edit")}
                      </Button>
                      <Button size="compact-xs" variant="subtle" loading={remove.isPending && remove.variables === one.id} onClick={() => doom(one.id)}>
                        {t("common.remove")}
                      </Button>
                    </Group>
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
      >
        <TouchedInvoices about={`${device.key} ${meter.channel} without`} asked={doomed ?? 0} enabled={doomed !== null} ask={(plate_id) => take(api.GET("/api/v1/devices/{key}/meters/{channel}/{plate_id}/invoices", { params: { path: { key: device.key, channel: meter.channel, plate_id } } }))} />
      </Confirm>
      {mayConfigure && (
        <Button mt="xs" variant="default" onClick={() => edit("new")}>
          {t("plate.set")}
        </Button>
      )}
      {edited !== null && <PlateForm device={device} meter={meter} plate={edited === "new" ? null : edited} close={() => edit(null)} />}
    </Section>
  );
}

/** plate: what was said before and is corrected, for the same time; null for something that holds from another time on. */
function PlateForm({ device, meter, plate, close }: { device: Device; meter: Meter; plate: Plate | null; close: () => void }) {
  const { t, language } = useTexts();
  const refresh = useRefresh(device.key);
  const [texts, setTexts] = useState(() => textsOf(plate ?? latest(meter), language, plate?.serial ?? ""));
  const text = (name: keyof Texts) => ({ value: texts[name], onChange: (event: { currentTarget: { value: string } }) => setTexts({ ...texts, [name]: event.currentTarget.value }) });
  const body = saidIn(texts, plate);
  const path = { key: device.key, channel: meter.channel };
  const save = useMutation({
    mutationFn: () => take(api.PUT("/api/v1/devices/{key}/meters/{channel}", { params: { path }, body })),
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
          {plate === null ? (
            <TextInput type="datetime-local" label={t("plate.validFrom")} description={t("plate.validFromHint")} {...text("valid_from")} data-autofocus />
          ) : (
            <Text size="sm" className="number">
              {t("plate.validFrom")}: <b>{plate.valid_from === null ? t("plate.always") : formatTime(plate.valid_from, language, device.zone)}</b>
            </Text>
          )}
          <div className="two-columns">
            {numbers.map((name) => (
              <DecimalInput key={name} label={t(`plate.${name}`)} description={t(`plateHint.${name}`, { unit: meter.unit, reading: meter.reading_unit })} value={texts[name]} onChange={(typed) => setTexts({ ...texts, [name]: typed })} />
            ))}
          </div>
          <div className="two-columns">
            <TextInput label={t("plate.unit")} description={t("plateHint.unit")} maxLength={20} {...text("unit")} />
            <TextInput label={t("device.serial")} maxLength={64} {...text("serial")} />
          </div>
          <TouchedInvoices about={`${device.key} ${meter.channel}`} asked={body} enabled ask={(asked) => take(api.POST("/api/v1/devices/{key}/meters/{channel}/invoices", { params: { path }, body: asked }))} />
          <Group justify="end">
            <Submit change={save}>{t("common.save")}</Submit>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}

/** What was said last of the register: what does not change need not be typed again. */
function latest(meter: Meter): Plate | null {
  return meter.registers.findLast((one) => one.id !== null) ?? null;
}

function textsOf(plate: Plate | null, language: Language, serial: string): Texts {
  if (plate === null) return empty;
  const typed = Object.fromEntries(numbers.map((name) => [name, plate[name] === null ? "" : typedOf(String(Number(plate[name])), language)]));
  return { ...empty, ...typed, unit: plate.unit ?? "", serial };
}

function saidIn({ digits, memory_s, multiplier, rolls_at, max_flow, resolution, unit, valid_from, serial }: Texts, plate: Plate | null): NewPlate {
  return {
    multiplier: decimalOf(multiplier),
    rolls_at: decimalOf(rolls_at),
    max_flow: decimalOf(max_flow),
    resolution: decimalOf(resolution),
    digits: digits === "" ? null : Number(decimalOf(digits)),
    memory_s: memory_s === "" ? null : Number(decimalOf(memory_s)),
    unit: unit || null,
    valid_from: plate === null ? valid_from || null : plate.valid_from,
    serial: serial || null,
  };
}

function useRefresh(device: string): () => Promise<void> {
  const queries = useQueryClient();
  return async () => {
    await renew(queries, ["meters", device]);
    await renew(queries, ["consumption", device]);
  };
}
