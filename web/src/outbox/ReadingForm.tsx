import { Button, FileInput, Group, NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Device, take } from "../api/client";
import { deviceQuery } from "../devices/queries";
import { useTexts } from "../i18n";
import { decimalOf } from "../ui/decimal";
import { DecimalInput } from "../ui/DecimalInput";
import { Submit, submitting } from "../ui/Saving";
import { add } from "./outbox";
import { smaller } from "./photo";
import type { Position } from "./queue";

const MOST_DEVICES = 1_000;
const ASK_AFTER_MS = 300;
const NO_DEVICES: readonly Device[] = [];

/** Devices with a register. What was shown last is kept, so that the form works where there is no network. */
function useMeters(): readonly Device[] {
  const found = useQuery({
    queryKey: ["devices", "with registers"],
    queryFn: () => take(api.GET("/api/v1/devices", { params: { query: { limit: MOST_DEVICES } } })),
    select: ({ items }) => items.filter(hasRegister),
  });
  return found.data ?? NO_DEVICES;
}

const hasRegister = ({ channels }: Device): boolean => channels.some(({ kind }) => kind === "counter");

/** The meter of a key, also one beyond those that were listed; `isAsked` while that is not known. */
function useMeter(meters: readonly Device[], key: string): { device: Device | undefined; isAsked: boolean } {
  const listed = meters.find((one) => one.key === key);
  const [settled] = useDebouncedValue(key.trim(), ASK_AFTER_MS);
  const other = useQuery({ ...deviceQuery(settled), enabled: settled !== "" && listed === undefined, retry: false });
  const found = other.data?.key === key.trim() && hasRegister(other.data) ? other.data : undefined;
  return { device: listed ?? found, isAsked: other.isFetching || settled !== key.trim() };
}

const now = () => new Date().toISOString();

/** A register as a person reads it on the spot. It goes to the outbox first, always, and from there to the server. */
export function ReadingForm() {
  const { t, own } = useTexts();
  const meters = useMeters();
  const [key, setKey] = useState("");
  const [chosen, choose] = useState("");
  const [value, setValue] = useState("");
  const [note, setNote] = useState("");
  const [photo, setPhoto] = useState<File | null>(null);
  const [position, setPosition] = useState<Position | null>(null);
  const { device, isAsked } = useMeter(meters, key);
  const registers = device?.channels.filter(({ kind }) => kind === "counter") ?? [];
  const channel = registers.find((one) => one.key === chosen) ?? registers[0];
  const keep = useMutation({
    networkMode: "always",
    mutationFn: async () => {
      if (device === undefined || channel === undefined) throw new Error(t("outbox.noMeter"));
      await add({
        kind: "reading",
        device: device.key,
        channel: channel.key,
        unit: channel.unit,
        at: now(),
        value: decimalOf(value) ?? "",
        note,
        position,
        photo: photo === null ? null : await smaller(photo),
      });
    },
    onSuccess: () => {
      notifications.show({ message: t("outbox.kept") });
      setValue("");
      setNote("");
      setPhoto(null);
    },
  });
  return (
    <form onSubmit={submitting(() => keep.mutate())}>
      <Stack gap="sm">
        <TextInput label={t("outbox.device")} value={key} onChange={(event) => setKey(event.currentTarget.value)} list="meters" required autoComplete="off" autoCapitalize="off" />
        <datalist id="meters">
          {meters.map((one) => (
            <option key={one.key} value={one.key}>
              {one.name}
            </option>
          ))}
        </datalist>
        {key !== "" && device === undefined && !isAsked && <Text size="sm">{t("outbox.noMeter")}</Text>}
        {registers.length > 1 && <NativeSelect label={t("outbox.register")} value={channel?.key ?? ""} onChange={(event) => choose(event.currentTarget.value)} data={registers.map((one) => ({ value: one.key, label: own(one.name) }))} />}
        <DecimalInput label={t("outbox.value", { unit: channel?.unit ?? "…" })} value={value} onChange={setValue} required />
        <FileInput label={t("outbox.photo")} accept="image/*" capture="environment" value={photo} onChange={setPhoto} clearable placeholder={t("outbox.takePhoto")} clearButtonProps={{ "aria-label": t("outbox.noPhoto") }} />
        <Place position={position} set={setPosition} />
        <TextInput label={t("device.note")} value={note} onChange={(event) => setNote(event.currentTarget.value)} maxLength={500} />
        <Submit change={keep} disabled={device === undefined}>
          {t("common.save")}
        </Submit>
      </Stack>
    </form>
  );
}

/** Where one stands, if one wants to say so. */
function Place({ position, set }: { position: Position | null; set: (position: Position | null) => void }) {
  const { t } = useTexts();
  const [trouble, setTrouble] = useState("");
  const find = () =>
    navigator.geolocation.getCurrentPosition(
      ({ coords: { latitude, longitude, accuracy } }) => {
        setTrouble("");
        set({ latitude, longitude, accuracy_m: accuracy });
      },
      () => setTrouble(t("outbox.noPosition")),
      { enableHighAccuracy: true, timeout: 20_000 },
    );
  return (
    <Group gap="xs">
      <Button variant="default" size="xs" onClick={position === null ? find : () => set(null)}>
        {t(position === null ? "outbox.addPosition" : "outbox.removePosition")}
      </Button>
      <Text size="sm" className="quiet number" role="status">
        {position === null ? trouble : t("outbox.position", { latitude: position.latitude.toFixed(5), longitude: position.longitude.toFixed(5), metres: Math.round(position.accuracy_m ?? 0) })}
      </Text>
    </Group>
  );
}
