import { Alert, Button, NativeSelect, Stack, Textarea, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type SubmitEvent, useState } from "react";
import { api, type Device, take } from "../api/client";
import { useTexts } from "../i18n";
import { useRights } from "../session/session";
import { PositionFields, positionOf, typedOf } from "../sites/PositionFields";
import { sitesQuery } from "../sites/queries";
import { changedParts } from "../ui/changed";
import { problemText } from "../ui/words";
import { GatewayField } from "./GatewayField";
import { rememberSecret } from "./secrets";

/** Creates a device, or changes one. */
export function DeviceForm({ device, initialKey = "", done }: { device?: Device; initialKey?: string; done: (key: string) => void }) {
  const { t, own } = useTexts();
  const queries = useQueryClient();
  const sites = useQuery(sitesQuery);
  const profiles = useQuery({ queryKey: ["profiles"], queryFn: () => take(api.GET("/api/v1/profiles")) });
  const rights = useRights();
  const places = (sites.data?.items ?? []).filter(({ id }) => rights.on("configure", id));
  const [key, setKey] = useState(device?.key ?? initialKey);
  const [name, setName] = useState(device?.name ?? "");
  const [profile, setProfile] = useState(device?.profile ?? "generic");
  const [site, setSite] = useState(device?.site_id);
  const [serial, setSerial] = useState(device?.serial ?? "");
  const [gateway, setGateway] = useState(device?.gateway ?? "");
  const [note, setNote] = useState(device?.note ?? "");
  const [position, setPosition] = useState(typedOf(device?.position));
  const place = site ?? places[0]?.id;
  const body = { name, profile, note, serial: serial === "" ? null : serial, gateway: gateway === "" ? null : gateway, position: positionOf(position), ...(place === undefined ? {} : { site_id: place }) };
  const [began] = useState(body);
  const save = useMutation({
    mutationFn: async () => {
      if (device !== undefined) return await take(api.PATCH("/api/v1/devices/{key}", { params: { path: { key: device.key } }, body: changedParts(began, body) }));
      return await take(api.POST("/api/v1/devices", { body: { ...body, key } as never }));
    },
    onSuccess: async (saved) => {
      await queries.invalidateQueries();
      if ("secret" in saved) rememberSecret(saved.key, String(saved.secret));
      const replayed = "replayed" in saved ? Number(saved.replayed) : 0;
      notifications.show({
        message: device !== undefined ? t("device.saved") : [t("device.created", { key: saved.key }), replayed > 0 ? t("device.replayed", { n: replayed }) : ""].join(" "),
      });
      done(saved.key);
    },
  });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        {device === undefined && (
          <TextInput
            label={t("device.key")}
            description={t("device.keyHint")}
            required
            pattern="[A-Za-z0-9_.\-]{1,64}"
            value={key}
            onChange={(event) => setKey(event.currentTarget.value)}
            data-autofocus
          />
        )}
        <TextInput label={t("device.name")} value={name} onChange={(event) => setName(event.currentTarget.value)} placeholder={key} maxLength={100} />
        <NativeSelect
          label={t("devices.profile")}
          value={profile}
          onChange={(event) => setProfile(event.currentTarget.value)}
          data={(profiles.data?.items ?? []).map((one) => ({ value: one.name, label: own(one.title) }))}
        />
        <NativeSelect
          label={t("devices.site")}
          value={String(place ?? "")}
          onChange={(event) => setSite(Number(event.currentTarget.value))}
          data={places.map((one) => ({ value: String(one.id), label: one.path.join(" › ") }))}
        />
        {device !== undefined && (
          <>
            <TextInput label={t("device.serial")} value={serial} onChange={(event) => setSerial(event.currentTarget.value)} maxLength={64} />
            <GatewayField own={device.key} value={gateway} onChange={setGateway} />
            <PositionFields value={position} set={setPosition} />
            <Textarea label={t("device.note")} value={note} onChange={(event) => setNote(event.currentTarget.value)} autosize minRows={2} />
          </>
        )}
        {save.isError && (
          <Alert color="red" variant="light" role="alert">
            {problemText(save.error, t)}
          </Alert>
        )}
        <Button type="submit" loading={save.isPending}>
          {t(device === undefined ? "device.create" : "common.save")}
        </Button>
      </Stack>
    </form>
  );
}
