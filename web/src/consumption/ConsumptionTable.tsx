import { Table } from "@mantine/core";
import { useTexts } from "../i18n";
import { Mark } from "../ui/Mark";
import { qualityMark, qualityText } from "../ui/words";
import { amountText } from "./BarChart";
import { intervalsOf } from "./bars";
import { dayAt, inside, intervalName, type Period } from "./period";
import type { Consumption } from "./useConsumption";

/** The bars as a table, whose lines open the next closer period. */
export function ConsumptionTable({ consumption, before, period, show }: { consumption: Consumption; before: Consumption | undefined; period: Period; show: (period: Period) => void }) {
  const { t, language } = useTexts();
  const earlier = before === undefined ? [] : intervalsOf(before);
  const isClosest = inside(period, period.at) === null;
  return (
    <details className="earlier">
      <summary>{t("consumption.table")}</summary>
      <Table.ScrollContainer minWidth={320} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
        <Table striped stickyHeader horizontalSpacing={6} fz="sm">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("chart.time")}</Table.Th>
              <Table.Th>{t("consumption.amount")}</Table.Th>
              <Table.Th>{t("consumption.look.before")}</Table.Th>
              <Table.Th>{t("chart.quality")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {intervalsOf(consumption).map((one, index) => {
              const name = intervalName(period.view, one.from, language, consumption.zone, false);
              const mark = one.amount === null ? null : qualityMark(one.quality);
              return (
                <Table.Tr key={one.from}>
                  <Table.Td className="number">
                    {isClosest ? (
                      name
                    ) : (
                      <button type="button" className="like-link" onClick={() => show(inside(period, dayAt(one.from, consumption.zone)) ?? period)}>
                        {name}
                      </button>
                    )}
                  </Table.Td>
                  <Table.Td className="number">{amountText(one.amount, consumption.unit, language)}</Table.Td>
                  <Table.Td className="number quiet">{amountText(earlier[index]?.amount ?? null, consumption.unit, language)}</Table.Td>
                  <Table.Td>
                    {mark !== null && <Mark kind={mark} />} {one.amount === null ? t("consumption.unknown") : qualityText(one.quality, t)}
                  </Table.Td>
                </Table.Tr>
              );
            })}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </details>
  );
}
