import { Loader, Paper, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { api, type Device, take } from "../api/client";
import { useTexts } from "../i18n";
import { Code } from "../ui/Code";
import { DeviceForm } from "./DeviceForm";
import { examples } from "./examples";

/** What a first start shows: how to get the first reading in. */
export function FirstReading() {
  const { t } = useTexts();
  const navigate = useNavigate();
  return (
    <Paper className="panel" p="lg" maw={640}>
      <Stack gap="md">
        <Title order={2} size="h4">
          {t("start.title")}
        </Title>
        <Text>{t("start.text")}</Text>
        <Title order={3} size="h5">
          {t("start.createFirst")}
        </Title>
        <DeviceForm done={(key) => void navigate({ to: "/devices/$key", params: { key } })} />
      </Stack>
    </Paper>
  );
}

/** The commands for one device that has sent nothing yet. */
export function SendExamples({ device }: { device: Device }) {
  const { t } = useTexts();
  const status = useQuery({ queryKey: ["status"], queryFn: () => take(api.GET("/api/v1/status")) });
  if (!status.data) return null;
  return (
    <Paper className="panel" p="md">
      <Stack gap="sm">
        <Text fw={600}>{t("device.noReadings")}</Text>
        {examples(device, status.data, location.origin).map((one) => (
          <div key={one.title}>
            <Text size="sm" mb={4}>
              {one.title}
            </Text>
            <Code text={one.text} label={one.title} />
          </div>
        ))}
        <Text size="sm" className="quiet" role="status">
          <Loader size="xs" mr="xs" style={{ verticalAlign: "middle" }} aria-hidden="true" />
          {t("start.waiting")}
        </Text>
      </Stack>
    </Paper>
  );
}
