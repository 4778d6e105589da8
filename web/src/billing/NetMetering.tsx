import { Table } from "@mantine/core";
import { useTexts } from "../i18n";
import { Scrolled } from "../ui/Scrolled";
import { Section } from "../ui/Section";
import type { InvoiceWhole } from "./types";
import { dayText, quantityName, quantityText } from "./words";

export type Credits = NonNullable<InvoiceWhole["net_metering"]>;

/** What was injected in the cycle of an invoice, and what became of the credits. */
export function NetMetering({ credits }: { credits: Credits }) {
  const { t, language } = useTexts();
  const amount = (text: string) => quantityText(text, credits.unit, language);
  return (
    <Section title={t("credits.title")} text={t("credits.text")}>
      <dl className="facts">
        {(["injected", "compensated", "before", "generated", "used", "expired", "balance"] as const).map((name) => (
          <div key={name}>
            <dt>{t(`credits.${name}`)}</dt>
            <dd className="number">{amount(credits[name])}</dd>
          </div>
        ))}
      </dl>
      {credits.posts.length > 0 && <Posts credits={credits} />}
      <Lots lots={credits.lots} unit={credits.unit} />
    </Section>
  );
}

/** With time of use: what was taken, injected and compensated in each post. */
function Posts({ credits: { posts, unit } }: { credits: Credits }) {
  const { t, language } = useTexts();
  return (
    <Scrolled label={t("credits.posts")}>
      <Table verticalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("credits.post")}</Table.Th>
            {(["consumed", "injected", "compensated"] as const).map((name) => (
              <Table.Th key={name} ta="right">
                {t(`credits.${name}`)}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody className="number">
          {posts.map((one) => (
            <Table.Tr key={one.post}>
              <Table.Td>{quantityName(one.post, t)}</Table.Td>
              {(["consumed", "injected", "compensated"] as const).map((name) => (
                <Table.Td key={name} ta="right">
                  {quantityText(one[name], unit, language)}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Scrolled>
  );
}

/** Credits by the cycle that left them, and when they expire. */
export function Lots({ lots, unit }: { lots: Credits["lots"]; unit: string }) {
  const { t, language } = useTexts();
  if (lots.length === 0) return null;
  return (
    <details>
      <summary className="summary">{t("credits.lots", { n: lots.length })}</summary>
      <Scrolled label={t("credits.lots", { n: lots.length })}>
        <Table verticalSpacing={6}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("credits.since")}</Table.Th>
              <Table.Th>{t("credits.expires")}</Table.Th>
              <Table.Th ta="right">{t("credits.amount")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody className="number">
            {lots.map((lot) => (
              <Table.Tr key={`${lot.on} ${lot.post ?? ""}`}>
                <Table.Td>{dayText(lot.on, language)}</Table.Td>
                <Table.Td>{dayText(lot.expires, language)}</Table.Td>
                <Table.Td ta="right">
                  {quantityText(lot.amount, unit, language)}
                  {lot.post !== null && ` · ${quantityName(lot.post, t)}`}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Scrolled>
    </details>
  );
}
