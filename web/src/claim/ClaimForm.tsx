import { Button, NativeSelect, Stack, Text, TextInput, Title } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, take } from "../api/client";
import { useTexts } from "../i18n";
import { useRights } from "../session/session";
import { sitesQuery } from "../sites/queries";
import { Refusal, submitting } from "../ui/Saving";

/** What the device is, what its new owner calls it, and, for those who may place it, where. */
export function ClaimForm({ code, name: kind, serial }: { code: string; name: string; serial: string | null }) {
  const { t } = useTexts();
  const rights = useRights();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const mayPlace = rights.somewhere("configure");
  const sites = useQuery({ ...sitesQuery, enabled: mayPlace });
  const [name, setName] = useState("");
  const [site, setSite] = useState("");
  const claim = useMutation({
    mutationFn: () => take(api.POST("/api/v1/claims", { body: { code, ...(name === "" ? {} : { name }), ...(site === "" ? {} : { site_id: Number(site) }) } })),
    onSuccess: async (claimed) => {
      notifications.show({ message: t("claim.done", { name: claimed.name }) });
      await queries.invalidateQueries(); // also the session: who had nothing to see now has
      await navigate({ to: "/devices/$key", params: { key: claimed.device }, replace: true });
    },
  });
  return (
    <form onSubmit={submitting(claim.mutate)}>
      <Stack gap="sm">
        <div>
          <Title order={2} size="h4">
            {kind}
          </Title>
          <Text size="sm" className="quiet">
            {serial !== null && `${t("device.serial")} ${serial} · `}
            {code}
          </Text>
        </div>
        <TextInput label={t("claim.name")} placeholder={t("claim.example")} value={name} onChange={(event) => setName(event.currentTarget.value)} maxLength={100} />
        {mayPlace && (
          <NativeSelect
            label={t("devices.site")}
            value={site}
            onChange={(event) => setSite(event.currentTarget.value)}
            data={[{ value: "", label: t("claim.stays") }, ...(sites.data?.items ?? []).filter(({ id }) => rights.on("configure", id)).map(({ id, path }) => ({ value: String(id), label: path.join(" › ") }))]}
          />
        )}
        <Refusal error={claim.error} />
        <Button type="submit" size="md" loading={claim.isPending}>
          {t("claim.take")}
        </Button>
      </Stack>
    </form>
  );
}
