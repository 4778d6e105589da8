import { Alert, Button, Loader, Paper, Skeleton, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState, useSyncExternalStore } from "react";
import { api, type Device, take } from "../api/client";
import { useTexts } from "../i18n";
import { Code } from "../ui/Code";
import { Segments } from "../ui/Segments";
import { AUTHORITY_ADDRESS, AUTHORITY_FILE, examples, needsAuthority } from "./examples";
import { statusQuery } from "./queries";
import { freshSecret, onSecrets, rememberSecret } from "./secrets";

const HEIGHT_PX = 322; // as it mostly is, so that little moves when it comes

/** How to connect a device: its secret while that can still be shown, and what to send with. */
export function Connect({ device, isSilent, mayConfigure }: { device: Device; isSilent: boolean; mayConfigure: boolean }) {
  const { t } = useTexts();
  const secret = useSyncExternalStore(onSecrets, () => freshSecret(device.key));
  const status = useQuery({ ...statusQuery, enabled: isSilent || secret !== undefined });
  const authority = useQuery({
    queryKey: ["authority"],
    queryFn: () => take(api.GET("/api/v1/tls/authority", { parseAs: "text" })),
    enabled: status.data !== undefined && needsAuthority(status.data),
    staleTime: Infinity,
  });
  const [chosen, choose] = useState("MQTT");
  if (!isSilent && secret === undefined) return null;
  if (!status.data) return <Skeleton height={HEIGHT_PX} mb="md" />;
  const known = examples(device, status.data, location.origin, secret ?? t("connect.placeholder"), authority.data);
  const shown = known.find((one) => one.title === chosen) ?? known[0];
  return (
    <Paper className="panel" p="md" mb="md" component="section" aria-label={t("connect.title")}>
      <Stack gap="sm">
        <Title order={2} size="h5">
          {t("connect.title")}
        </Title>
        {secret !== undefined && (
          <>
            <Alert color="orange" variant="light" title={t("connect.secret")}>
              {t("connect.once")}
            </Alert>
            <Code text={secret} label={t("connect.secret")} wrap />
          </>
        )}
        {secret === undefined && mayConfigure && (
          <Text size="sm" className="quiet">
            {t("connect.lost", { placeholder: t("connect.placeholder") })}
          </Text>
        )}
        <Segments value={chosen} onChange={choose} data={known.map((one) => one.title)} aria-label={t("connect.by")} size="xs" />
        {needsAuthority(status.data) && (
          <Text size="sm">
            {t("connect.authority", { file: AUTHORITY_FILE })}{" "}
            <a href={AUTHORITY_ADDRESS} download={AUTHORITY_FILE} className="plain-link">
              {t("connect.authorityFile", { file: AUTHORITY_FILE })}
            </a>
          </Text>
        )}
        {status.data.mqtt.client_certificates === "required" && <Text size="sm">{t("connect.certificate")}</Text>}
        {shown !== undefined && <Code text={shown.text} label={shown.title} />}
        {isSilent && (
          <Text size="sm" className="quiet" role="status">
            <Loader size="xs" mr="xs" style={{ verticalAlign: "middle" }} aria-hidden="true" />
            {t("start.waiting")}
          </Text>
        )}
        {secret !== undefined && (
          <Button variant="default" style={{ alignSelf: "start" }} onClick={() => rememberSecret(device.key, null)}>
            {t("connect.kept")}
          </Button>
        )}
      </Stack>
    </Paper>
  );
}
