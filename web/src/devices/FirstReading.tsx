import { Paper, Stack, Text, Title } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useTexts } from "../i18n";
import { DeviceForm } from "./DeviceForm";

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
