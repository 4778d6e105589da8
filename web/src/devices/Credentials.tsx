import { Button, Group, Modal, NativeSelect, Paper, Stack, Text, Title } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../api/client";
import { formatTime } from "../format";
import { useTexts } from "../i18n";
import { Confirm } from "../ui/Confirm";
import { Loaded } from "../ui/Loaded";
import { Refusal, Submit, submitting } from "../ui/Saving";
import { rememberSecret } from "./secrets";

const OVERLAPS_S = { none: 0, hour: 3_600, day: 86_400, week: 604_800 } as const;
const HOUR = String(OVERLAPS_S.hour);

/** What a device proves itself with: to be changed over in peace, or revoked at once. */
export function Credentials({ device }: { device: string }) {
  const { t, language } = useTexts();
  const queries = useQueryClient();
  const [rotates, setRotates] = useState(false);
  const [asks, setAsks] = useState(false);
  const path = { path: { key: device } };
  const credentials = useQuery({ queryKey: ["credentials", device], queryFn: () => take(api.GET("/api/v1/devices/{key}/credentials", { params: path })) });
  const revoke = useMutation({
    mutationFn: () => take(api.DELETE("/api/v1/devices/{key}/credentials", { params: path })),
    onSuccess: () => {
      rememberSecret(device, null);
      notifications.show({ message: t("credentials.revoked") });
      return queries.invalidateQueries({ queryKey: ["credentials", device] });
    },
  });
  return (
    <Paper className="panel" p="md" mt="md" component="section" aria-label={t("credentials.title")}>
      <Title order={2} size="h5" mb={4}>
        {t("credentials.title")}
      </Title>
      <Text size="sm" className="quiet" mb="sm">
        {t("credentials.text")}
      </Text>
      <Loaded query={credentials} height={50}>
        {({ items }) => (
          <Stack gap="sm">
            <div>
              {items.length === 0 && <Text size="sm">{t("credentials.none")}</Text>}
              {items.map((one) => (
                <div key={one.id} className="list-line">
                  <Text size="sm" fw={600}>
                    {t(`credentials.${one.kind}`)}
                  </Text>
                  <Text size="xs" className="quiet number">
                    {t("credentials.made", { time: formatTime(one.created_at, language) })}
                    {one.expires_at !== null && ` · ${t("credentials.until", { time: formatTime(one.expires_at, language) })}`}
                  </Text>
                </div>
              ))}
            </div>
            <Refusal error={revoke.error} />
            <Group gap="xs">
              <Button variant="default" onClick={() => setRotates(true)}>
                {t("credentials.rotate")}
              </Button>
              {items.length > 0 && (
                <Button variant="default" loading={revoke.isPending} onClick={() => setAsks(true)}>
                  {t("credentials.revoke")}
                </Button>
              )}
            </Group>
          </Stack>
        )}
      </Loaded>
      {rotates && <Rotate device={device} close={() => setRotates(false)} />}
      <Confirm opened={asks} question={t("credentials.revokeAsk", { key: device })} action={t("credentials.revoke")} close={() => setAsks(false)} confirm={() => revoke.mutate()} />
    </Paper>
  );
}

function Rotate({ device, close }: { device: string; close: () => void }) {
  const { t } = useTexts();
  const queries = useQueryClient();
  const [overlap, setOverlap] = useState(HOUR);
  const rotate = useMutation({
    mutationFn: () => take(api.POST("/api/v1/devices/{key}/credentials", { params: { path: { key: device } }, body: { overlap_s: Number(overlap) } })),
    onSuccess: async ({ secret }) => {
      rememberSecret(device, secret);
      close();
      window.scrollTo({ top: 0 });
      await queries.invalidateQueries({ queryKey: ["credentials", device] });
    },
  });
  return (
    <Modal opened onClose={close} title={t("credentials.rotate")} closeButtonProps={{ "aria-label": t("common.cancel") }}>
      <form onSubmit={submitting(rotate.mutate)}>
        <Stack gap="sm">
          <Text size="sm">{t("credentials.rotateText")}</Text>
          <NativeSelect
            label={t("credentials.overlap")}
            value={overlap}
            onChange={(event) => setOverlap(event.currentTarget.value)}
            data={(["none", "hour", "day", "week"] as const).map((name) => ({ value: String(OVERLAPS_S[name]), label: t(`overlap.${name}`) }))}
          />
          <Submit change={rotate}>{t("credentials.make")}</Submit>
        </Stack>
      </form>
    </Modal>
  );
}
