import { Stack, Text } from "@mantine/core";
import { useTexts } from "../i18n";
import { Code } from "../ui/Code";
import { QrCode } from "../ui/QrCode";
import { Section } from "../ui/Section";
import type { InvoiceWhole } from "./types";
import { CopyButton } from "./CopyButton";

/** How to pay: the Pix code to copy or to scan, and the line of the bar code where there is one. */
export function InvoicePix({ invoice, pix }: { invoice: InvoiceWhole; pix: string }) {
  const { t } = useTexts();
  return (
    <Section title={t("pix.title")} text={t("pix.text")}>
      <Stack gap="sm" align="start">
        <QrCode text={pix} label={t("pix.qr")} />
        <CopyButton text={pix}>{t("pix.copy")}</CopyButton>
        {invoice.barcode !== null && (
          <div style={{ width: "100%" }}>
            <Text size="sm" mb={4}>
              {t("pix.barcode")}
            </Text>
            <Code text={invoice.barcode} label={t("pix.barcode")} wrap />
          </div>
        )}
      </Stack>
    </Section>
  );
}
