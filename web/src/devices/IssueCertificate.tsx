import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, type Status, take } from "../api/client";
import { useTexts } from "../i18n";
import { Code } from "../ui/Code";
import { Dialog } from "../ui/Dialog";
import { download } from "../ui/download";
import { Refusal } from "../ui/Saving";
import { AUTHORITY_FILE } from "./examples";
import { statusQuery } from "./queries";

const PEM = "application/x-pem-file";

/** Makes a client certificate, whose key is shown once. */
export function IssueCertificate({ device, close }: { device: string; close: () => void }) {
  const { t } = useTexts();
  const queries = useQueryClient();
  const status = useQuery(statusQuery);
  const issue = useMutation({
    mutationFn: () => take(api.POST("/api/v1/devices/{key}/certificates", { params: { path: { key: device } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["credentials", device] }),
  });
  const isMade = issue.data !== undefined;
  return (
    <Dialog onClose={close} title={t("certificate.title")} size="lg" closeOnClickOutside={!isMade}>
      {issue.data === undefined ? (
        <Stack gap="sm">
          <Text size="sm">{t("certificate.text")}</Text>
          {status.data !== undefined && <Text size="sm">{t(whereItOpens(status.data))}</Text>}
          <Refusal error={issue.error} />
          <Button loading={issue.isPending} onClick={() => issue.mutate()} style={{ alignSelf: "start" }}>
            {t("certificate.issue")}
          </Button>
        </Stack>
      ) : (
        <Stack gap="sm">
          <Alert color="orange" variant="light" title={t("certificate.onceTitle")}>
            {t("certificate.once")}
          </Alert>
          <Files
            files={[
              { name: `${device}.key`, label: t("certificate.key"), text: issue.data.key },
              { name: `${device}.pem`, label: t("credentials.certificate"), text: issue.data.certificate },
              { name: AUTHORITY_FILE, label: t("certificate.authority"), text: issue.data.authority },
            ]}
          />
          <Button onClick={close} style={{ alignSelf: "start" }}>
            {t("certificate.kept")}
          </Button>
        </Stack>
      )}
    </Dialog>
  );
}

function Files({ files }: { files: readonly { name: string; label: string; text: string }[] }) {
  const { t } = useTexts();
  return files.map(({ name, label, text }) => (
    <div key={name}>
      <Group justify="space-between" mb={4} gap="xs">
        <Text size="sm" fw={600}>
          {label}
        </Text>
        <Button size="compact-sm" variant="default" onClick={() => download(name, text, PEM)}>
          {`${t("common.download")} ${name}`}
        </Button>
      </Group>
      <div className="short-code">
        <Code text={text.trim()} label={label} />
      </div>
    </div>
  ));
}

/** Which ports take a certificate, as this Calha is configured. */
function whereItOpens({ mqtt, tcp }: Pick<Status, "mqtt" | "tcp">) {
  const takes = [mqtt.client_certificates === "required", tcp !== null && tcp.client_certificates === "optional"] as const;
  if (takes[0] && takes[1]) return "certificate.opensBoth";
  if (takes[0]) return "certificate.opensMqtt";
  return takes[1] ? "certificate.opensTcp" : "certificate.opensNothing";
}
