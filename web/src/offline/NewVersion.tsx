import { Alert, Button, Group } from "@mantine/core";
import { useTexts } from "../i18n";
import { takeOver, useNewVersion } from "./worker";

/** Says that there is a new version. It begins when the person wants it: a form that is half filled in stays. */
export function NewVersion() {
  const { t } = useTexts();
  if (!useNewVersion()) return null;
  return (
    <Alert color="gray" variant="light" mb="sm" role="status">
      <Group justify="space-between" gap="xs">
        {t("offline.newVersion")}
        <Button size="xs" onClick={takeOver}>
          {t("offline.reload")}
        </Button>
      </Group>
    </Alert>
  );
}
