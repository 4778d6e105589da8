import { Table, Text } from "@mantine/core";
import { formatNumber } from "../format";
import { useTexts } from "../i18n";
import { Loaded } from "../ui/Loaded";
import { Scrolled } from "../ui/Scrolled";
import { Section } from "../ui/Section";
import { type Filter, useTallies } from "./useAnomalies";

const WEEKS = 4;

/** How many each detector finds a week, and how many of them were false alarms, as people said. */
export function DetectorTable({ filter }: { filter: Pick<Filter, "device" | "faint"> }) {
  const { t, language } = useTexts();
  const tallies = useTallies(filter, WEEKS);
  const perWeek = (value: number) => formatNumber(value, value < 10 ? 2 : 0, language);
  return (
    <Section title={t("anomaly.detectors")} text={t("anomaly.detectorsText", { n: WEEKS })}>
      <Loaded query={tallies} height={140}>
        {({ detectors }) =>
          detectors.length === 0 ? (
            <Text size="sm" className="quiet">
              {t("anomaly.noneCounted")}
            </Text>
          ) : (
            <Scrolled label={t("anomaly.tallies")}>
              <Table>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{t("anomaly.detector")}</Table.Th>
                    <Table.Th ta="right">{t("anomaly.perWeek")}</Table.Th>
                    <Table.Th ta="right">{t("anomaly.falsePerWeek")}</Table.Th>
                    <Table.Th ta="right">{t("anomaly.realCount")}</Table.Th>
                    <Table.Th ta="right">{t("anomaly.unansweredCount")}</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody className="number">
                  {detectors.map((one) => (
                    <Table.Tr key={one.kind}>
                      <Table.Th scope="row" fw={400}>
                        {t(`anomalyKind.${one.kind}`)}
                      </Table.Th>
                      <Table.Td ta="right">{perWeek(one.found_per_week)}</Table.Td>
                      <Table.Td ta="right">{perWeek(one.false_per_week)}</Table.Td>
                      <Table.Td ta="right">{one.real}</Table.Td>
                      <Table.Td ta="right">{one.unanswered}</Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Scrolled>
          )
        }
      </Loaded>
    </Section>
  );
}
