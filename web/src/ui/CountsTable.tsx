import { Table, Text } from "@mantine/core";
import type { Counts } from "../api/client";
import { isKey, useTexts } from "../i18n";

const outcomes = ["stored", "late", "corrected", "duplicate"] as const;

/** Where every reading ended; the rows add up to the first. */
export function CountsTable({ counts }: { counts: Counts }) {
  const { t, language } = useTexts();
  const number = (value: number) => new Intl.NumberFormat(language).format(value);
  const byReason = (reasons: Record<string, number>, text: string) =>
    Object.entries(reasons).map(([reason, value]) => {
      const key = `reason.${reason}`;
      return { text: `${text}: ${isKey(key) ? t(key) : reason}`, value };
    });
  const rows = [
    ...outcomes.map((one) => ({ text: t(`data.${one}`), value: counts[one] })),
    ...byReason(counts.quarantined, t("data.quarantined")),
    ...byReason(counts.refused, t("data.refused")),
    { text: t("data.onTheWay"), value: counts.on_the_way },
  ];
  return (
    <>
      <Table maw={520}>
        <Table.Tbody>
          <Table.Tr>
            <Table.Th scope="row">{t("data.received")}</Table.Th>
            <Table.Td ta="right" className="number" fw={600}>
              {number(counts.received)}
            </Table.Td>
          </Table.Tr>
          {rows.map(({ text, value }) => (
            <Table.Tr key={text}>
              <Table.Th scope="row" fw={400}>
                {text}
              </Table.Th>
              <Table.Td ta="right" className="number">
                {number(value)}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Text size="xs" className="quiet" mt={6}>
        {t("data.addUp")}
      </Text>
    </>
  );
}
