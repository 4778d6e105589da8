import { Alert, Button, NativeSelect, NumberInput, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../api/client";
import { curlFor } from "../devices/examples";
import { statusQuery } from "../devices/queries";
import { useTexts } from "../i18n";
import { sitesQuery } from "../sites/queries";
import { Code } from "../ui/Code";
import { Dialog } from "../ui/Dialog";
import { Submit, submitting } from "../ui/Saving";

const LIFETIMES_DAYS = { week: 7, month: 30, year: 365, ever: null } as const;
const SERIAL = "A17-0042";

/** Makes a fleet's key, which is shown once with how a device asks. */
export function NewFleetKey({ close }: { close: () => void }) {
  const { t } = useTexts();
  const queries = useQueryClient();
  const make = useMutation({
    mutationFn: (asked: Asked) => take(api.POST("/api/v1/provisioning-keys", { body: asked })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["provisioning-keys"] }),
  });
  return (
    <Dialog onClose={close} title={t("fleets.new")} size="lg" closeOnClickOutside={make.data === undefined}>
      {make.data === undefined ? <Form change={make} send={make.mutate} /> : <Made name={make.data.name} secret={make.data.key} close={close} />}
    </Dialog>
  );
}

interface Asked {
  name: string;
  profile: string;
  site_id: number;
  most_devices: number;
  days: number | null;
}

function Form({ change, send }: { change: { error: unknown; isPending: boolean }; send: (asked: Asked) => void }) {
  const { t, own } = useTexts();
  const sites = useQuery(sitesQuery).data?.items ?? [];
  const profiles = useQuery({ queryKey: ["profiles"], queryFn: () => take(api.GET("/api/v1/profiles")) }).data?.items ?? [];
  const [name, setName] = useState("");
  const [profile, setProfile] = useState("generic");
  const [site, setSite] = useState<number>();
  const [most, setMost] = useState<number | string>(100);
  const [lifetime, setLifetime] = useState<keyof typeof LIFETIMES_DAYS>("month");
  const place = site ?? sites[0]?.id;
  const submit = () => {
    if (place !== undefined) send({ name, profile, site_id: place, most_devices: Number(most), days: LIFETIMES_DAYS[lifetime] });
  };
  return (
    <form onSubmit={submitting(submit)}>
      <Stack gap="sm">
        <TextInput label={t("fleets.name")} placeholder={t("fleets.example")} value={name} onChange={(event) => setName(event.currentTarget.value)} required maxLength={100} data-autofocus />
        <NativeSelect label={t("devices.profile")} value={profile} onChange={(event) => setProfile(event.currentTarget.value)} data={profiles.map((one) => ({ value: one.name, label: own(one.title) }))} />
        <NativeSelect
          label={t("devices.site")}
          description={t("fleets.siteHint")}
          value={String(place ?? "")}
          onChange={(event) => setSite(Number(event.currentTarget.value))}
          data={sites.map((one) => ({ value: String(one.id), label: one.path.join(" › ") }))}
        />
        <NumberInput label={t("fleets.most")} description={t("fleets.mostHint")} value={most} onChange={setMost} required min={1} max={1_000_000} allowDecimal={false} hideControls />
        <NativeSelect
          label={t("fleets.lifetime")}
          value={lifetime}
          onChange={(event) => setLifetime(event.currentTarget.value as keyof typeof LIFETIMES_DAYS)}
          data={(["week", "month", "year", "ever"] as const).map((one) => ({ value: one, label: t(`lifetime.${one}`) }))}
        />
        <Submit change={change}>{t("keys.make")}</Submit>
      </Stack>
    </form>
  );
}

function Made({ name, secret, close }: { name: string; secret: string; close: () => void }) {
  const { t } = useTexts();
  const status = useQuery(statusQuery);
  const body = JSON.stringify({ key: secret, serial: SERIAL });
  const curl = status.data === undefined ? "curl" : curlFor(status.data);
  const example = [`${curl} -H 'Content-Type: application/json' \\`, `  -d '${body}' \\`, `  ${location.origin}/api/v1/provision`].join("\n");
  return (
    <Stack gap="sm">
      <Alert color="orange" variant="light" title={name}>
        {t("keys.once")}
      </Alert>
      <Code text={secret} label={t("fleets.key")} wrap />
      <Text size="sm">{t("fleets.how", { serial: SERIAL })}</Text>
      <Code text={example} label="curl" />
      <Button onClick={close} style={{ alignSelf: "start" }}>
        {t("keys.kept")}
      </Button>
    </Stack>
  );
}
