import { Alert, Button, Group, Stack } from "@mantine/core";
import { useTexts } from "../i18n";
import { Code } from "../ui/Code";
import { download } from "../ui/download";

/** Codes for a lost phone, shown this once. */
export function RecoveryCodes({ codes, done }: { codes: readonly string[]; done: () => void }) {
  const { t } = useTexts();
  const text = codes.join("\n");
  return (
    <Stack gap="sm" maw={420} className="to-print">
      <Alert color="orange" variant="light" title={t("recovery.title")}>
        {t("recovery.text")}
      </Alert>
      <Code text={text} label={t("recovery.title")} />
      <Group gap="xs" className="no-print">
        <Button variant="default" onClick={() => download("calha-recovery-codes.txt", `${text}\n`, "text/plain")}>
          {t("common.download")}
        </Button>
        <Button variant="default" onClick={() => window.print()}>
          {t("common.print")}
        </Button>
        <Button onClick={done}>{t("recovery.kept")}</Button>
      </Group>
    </Stack>
  );
}
