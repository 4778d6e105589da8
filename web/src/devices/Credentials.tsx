import { Button, Group, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "../api/client";
import { formatTime } from "../format";
import { useTexts } from "../i18n";
import { useRights } from "../session/session";
import { Confirm } from "../ui/Confirm";
import { Loaded } from "../ui/Loaded";
import { Refusal } from "../ui/Saving";
import { Section } from "../ui/Section";
import { IssueCertificate } from "./IssueCertificate";
import { ProvisionAgain } from "./ProvisionAgain";
import { RotateSecret } from "./RotateSecret";
import { rememberSecret } from "./secrets";

/** What a device proves itself with: to be changed over in peace, or revoked at once. */
export function Credentials({ device, zone }: { device: string; zone: string }) {
  const { t, language } = useTexts();
  const queries = useQueryClient();
  const mayAdminister = useRights().on("administer", null);
  const [opened, open] = useState<"rotate" | "issue" | null>(null);
  const [doomed, doom] = useState<number | "all" | null>(null);
  const path = { path: { key: device } };
  const credentials = useQuery({ queryKey: ["credentials", device], queryFn: () => take(api.GET("/api/v1/devices/{key}/credentials", { params: path })) });
  const revoke = useMutation({
    mutationFn: (which: number | "all") =>
      which === "all"
        ? take(api.DELETE("/api/v1/devices/{key}/credentials", { params: path }))
        : take(api.DELETE("/api/v1/devices/{key}/credentials/{credential_id}", { params: { path: { key: device, credential_id: which } } })),
    onSuccess: (_, which) => {
      if (which === "all") rememberSecret(device, null);
      notifications.show({ message: t("credentials.revoked") });
      return queries.invalidateQueries({ queryKey: ["credentials", device] });
    },
  });
  return (
    <Section title={t("credentials.title")} text={t("credentials.text")}>
      <Loaded query={credentials} height={50}>
        {({ items }) => (
          <Stack gap="sm">
            <div>
              {items.length === 0 && <Text size="sm">{t("credentials.none")}</Text>}
              {items.map((one) => (
                <Group key={one.id} className="list-line" justify="space-between" wrap="nowrap" gap="sm">
                  <div style={{ minWidth: 0 }}>
                    <Text size="sm" fw={600}>
                      {t(`credentials.${one.kind}`)}
                    </Text>
                    <Text size="xs" className="quiet number">
                      {t("credentials.made", { time: formatTime(one.created_at, language, zone) })}
                      {one.expires_at !== null && ` · ${t("credentials.until", { time: formatTime(one.expires_at, language, zone) })}`}
                    </Text>
                    {one.fingerprint !== null && <div className="quiet hash">SHA-256 {one.fingerprint}</div>}
                  </div>
                  <Button size="compact-sm" variant="default" style={{ flex: "none" }} aria-label={`${t("keys.revoke")}: ${t(`credentials.${one.kind}`)} ${formatTime(one.created_at, language, zone)}`} onClick={() => doom(one.id)}>
                    {t("keys.revoke")}
                  </Button>
                </Group>
              ))}
            </div>
            <Refusal error={revoke.error} />
            <Group gap="xs">
              <Button variant="default" onClick={() => open("rotate")}>
                {t("credentials.rotate")}
              </Button>
              <Button variant="default" onClick={() => open("issue")}>
                {t("certificate.issue")}
              </Button>
              {items.length > 0 && (
                <Button variant="default" loading={revoke.isPending} onClick={() => doom("all")}>
                  {t("credentials.revoke")}
                </Button>
              )}
              {mayAdminister && <ProvisionAgain device={device} />}
            </Group>
          </Stack>
        )}
      </Loaded>
      {opened === "rotate" && <RotateSecret device={device} close={() => open(null)} />}
      {opened === "issue" && <IssueCertificate device={device} close={() => open(null)} />}
      <Confirm
        opened={doomed !== null}
        question={t(doomed === "all" ? "credentials.revokeAsk" : "credentials.revokeOneAsk", { key: device })}
        action={t(doomed === "all" ? "credentials.revoke" : "keys.revoke")}
        close={() => doom(null)}
        confirm={() => {
          if (doomed !== null) revoke.mutate(doomed);
        }}
      />
    </Section>
  );
}
