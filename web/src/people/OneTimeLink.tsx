import { Button, Stack, Text } from "@mantine/core";
import { Suspense } from "react";
import { useTexts } from "../i18n";
import { Code } from "../ui/Code";
import { later } from "../ui/later";

const QrCode = later(async () => (await import("../ui/QrCode")).QrCode);

/** A link to hand over: as text, and as a code for a phone that is at hand. */
export function OneTimeLink({ link, name, done }: { link: string; name: string; done: () => void }) {
  const { t } = useTexts();
  return (
    <Stack gap="sm">
      <Text size="sm">{t("invite.handOver", { name })}</Text>
      <Code text={link} label={t("invite.link")} wrap />
      <Suspense fallback={<div style={{ height: 220 }} />}>
        <QrCode text={link} label={t("invite.qr")} />
      </Suspense>
      <Text size="xs" className="quiet">
        {t("invite.once")}
      </Text>
      <Button onClick={done} style={{ alignSelf: "start" }}>
        {t("common.done")}
      </Button>
    </Stack>
  );
}
