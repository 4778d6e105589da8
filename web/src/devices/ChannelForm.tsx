import { Button, NativeSelect, NumberInput, Stack, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type SubmitEvent, useState } from "react";
import { api, type Channel, take } from "../api/client";
import { useTexts } from "../i18n";
import { ErrorNote } from "../shell/Pages";
import { changedParts } from "../ui/changed";
import { Dialog } from "../ui/Dialog";

const optional = (value: number | string) => (value === "" ? null : Number(value)); // a text while a zero at its end is typed

/** Name, unit, kind and plausible range of a channel. */
export function ChannelForm({ device, channel, close }: { device: string; channel: Channel; close: () => void }) {
  const { t, own } = useTexts();
  const queries = useQueryClient();
  const [name, setName] = useState(own(channel.name));
  const [unit, setUnit] = useState(channel.unit);
  const [kind, setKind] = useState(channel.kind);
  const [minimum, setMinimum] = useState<number | string>(channel.minimum ?? "");
  const [maximum, setMaximum] = useState<number | string>(channel.maximum ?? "");
  const [precision, setPrecision] = useState<number | string>(channel.precision ?? "");
  const body = { name, unit, kind, minimum: optional(minimum), maximum: optional(maximum), precision: optional(precision) };
  const [began] = useState(body);
  const save = useMutation({
    mutationFn: () => take(api.PATCH("/api/v1/devices/{key}/channels/{channel}", { params: { path: { key: device, channel: channel.key } }, body: changedParts(began, body) })),
    onSuccess: async () => {
      await queries.invalidateQueries();
      notifications.show({ message: t("device.saved") });
      close();
    },
  });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Dialog onClose={close} title={t("channel.edit", { name: own(channel.name) })}>
      <form onSubmit={submit}>
        <Stack gap="sm">
          <TextInput label={t("device.name")} value={name} onChange={(event) => setName(event.currentTarget.value)} required maxLength={100} />
          <TextInput label={t("channel.unit")} value={unit} onChange={(event) => setUnit(event.currentTarget.value)} maxLength={20} />
          <NativeSelect
            label={t("channel.kind")}
            value={kind}
            onChange={(event) => setKind(event.currentTarget.value as Channel["kind"])}
            data={(["gauge", "counter", "state"] as const).map((value) => ({ value, label: t(`kind.${value}`) }))}
          />
          <NumberInput label={t("channel.minimum")} value={minimum} onChange={setMinimum} />
          <NumberInput label={t("channel.maximum")} value={maximum} onChange={setMaximum} />
          <NumberInput label={t("channel.precision")} value={precision} onChange={setPrecision} min={0} max={9} allowDecimal={false} />
          {save.isError && <ErrorNote error={save.error} />}
          <Button type="submit" loading={save.isPending}>
            {t("common.save")}
          </Button>
        </Stack>
      </form>
    </Dialog>
  );
}
