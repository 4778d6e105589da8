import { Button, Group, NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, type Device, take } from "../api/client";
import { formatTime } from "../format";
import { useTexts } from "../i18n";
import { useRights } from "../session/session";
import { sitesQuery } from "../sites/queries";
import { Confirm } from "../ui/Confirm";
import { Loaded } from "../ui/Loaded";
import { Refusal, submitting } from "../ui/Saving";
import { Section } from "../ui/Section";
import { type OwnDevice, useOwnDevice } from "./own";

/** Whose the device is: to its owner his name for it and the way to give it back, to those who configure it who that is. */
export function Ownership({ device }: { device: Device }) {
  const rights = useRights();
  const own = useOwnDevice(device.key);
  if (own !== undefined) return <Own key={own.name} device={device} own={own} />;
  return rights.on("configure", device.site_id) ? <Owner device={device} /> : null;
}

function Own({ device, own }: { device: Device; own: OwnDevice }) {
  const { t, language } = useTexts();
  const queries = useQueryClient();
  const rights = useRights();
  const mayPlace = rights.somewhere("configure");
  const sites = useQuery({ ...sitesQuery, enabled: mayPlace });
  const [name, setName] = useState(own.name);
  const [site, setSite] = useState("");
  const path = { path: { key: device.key } };
  const save = useMutation({
    mutationFn: () => take(api.PATCH("/api/v1/account/devices/{key}", { params: path, body: { name, ...(site === "" ? {} : { site_id: Number(site) }) } })),
    onSuccess: () => {
      notifications.show({ message: t("device.saved") });
      return queries.invalidateQueries();
    },
  });
  return (
    <Section title={t("own.title")} text={t("own.since", { time: formatTime(own.claimed_at, language, own.zone) })}>
      <form onSubmit={submitting(save.mutate)}>
        <Stack gap="sm" maw={520}>
          <TextInput label={t("own.name")} value={name} onChange={(event) => setName(event.currentTarget.value)} required maxLength={100} />
          {mayPlace && (
            <NativeSelect
              label={t("devices.site")}
              value={site}
              onChange={(event) => setSite(event.currentTarget.value)}
              data={[{ value: "", label: t("claim.stays") }, ...(sites.data?.items ?? []).filter(({ id }) => rights.on("configure", id)).map(({ id, path: names }) => ({ value: String(id), label: names.join(" › ") }))]}
            />
          )}
          <Refusal error={save.error} />
          <Group gap="xs">
            <Button type="submit" loading={save.isPending}>
              {t("common.save")}
            </Button>
            <Release device={device.key} name={own.name} isOwn />
          </Group>
        </Stack>
      </form>
    </Section>
  );
}

function Owner({ device }: { device: Device }) {
  const { t, language } = useTexts();
  const claim = useQuery({ queryKey: ["claim-of", device.key], queryFn: () => take(api.GET("/api/v1/devices/{key}/claim", { params: { path: { key: device.key } } })) });
  return (
    <Section title={t("owner.title")}>
      <Loaded query={claim} height={50}>
        {({ owner, since, code }) => (
          <Stack gap="sm" align="start">
            <div>
              <Text size="sm">{owner === null || since === null ? t("owner.nobody") : t("owner.is", { name: owner, time: formatTime(since, language, device.zone) })}</Text>
              <Text size="sm" className="quiet">
                {t("claim.code")}: <span className="number">{code}</span>
              </Text>
            </div>
            {owner !== null && <Release device={device.key} name={owner} isOwn={false} />}
          </Stack>
        )}
      </Loaded>
    </Section>
  );
}

/** Gives the device back. name: the owner's for it, or the owner himself. */
function Release({ device, name, isOwn }: { device: string; name: string; isOwn: boolean }) {
  const { t } = useTexts();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const rights = useRights();
  const [asks, setAsks] = useState(false);
  const release = useMutation({
    mutationFn: () => take(api.DELETE("/api/v1/devices/{key}/claim", { params: { path: { key: device } } })),
    onSuccess: async () => {
      notifications.show({ message: t("own.released") });
      if (isOwn && !rights.somewhere("view")) await navigate({ to: "/" });
      await queries.invalidateQueries();
    },
  });
  return (
    <>
      <Refusal error={release.error} />
      <Button variant="default" loading={release.isPending} onClick={() => setAsks(true)}>
        {t("own.release")}
      </Button>
      <Confirm opened={asks} question={t(isOwn ? "own.releaseAsk" : "owner.releaseAsk", { name })} action={t("own.release")} close={() => setAsks(false)} confirm={() => release.mutate()} />
    </>
  );
}
