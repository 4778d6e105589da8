import { Table, Text } from "@mantine/core";
import { formatNumber, formatTime, formatValue } from "../format";
import { useTexts } from "../i18n";
import { live, useNow } from "../live/hooks";
import { qualityText } from "../ui/words";
import { grows } from "./columns";
import type { Groups } from "./groups";
import { withTail } from "./series";

const MOST_ROWS = 500;

/** The newest readings of a span, one a line; on a phone, which has no room for a column of it, with the quality below the value where it is not good. */
export function HistoryTable({ groups, follows, zone }: { groups: Groups; follows: boolean; zone: string }) {
  const { t, language, own } = useTexts();
  useNow();
  const all = groups
    .flatMap(([, series]) => series.map((one) => ({ channel: one.channel, name: one.name ?? own(one.channel.name), points: follows && grows(one) ? withTail(one.points, live.tail(one.channel.series)) : one.points })))
    .flatMap(({ channel, name, points }) => points.t.map((at, index) => ({ at, channel, name, value: points.value[index] ?? null, quality: points.quality[index] ?? "good" })))
    .sort((one, other) => other.at - one.at);
  const rows = all.slice(0, MOST_ROWS);
  const number = (n: number) => formatNumber(n, 0, language);
  return (
    <>
      {rows.length < all.length && (
        <Text size="sm" mb="xs">
          {t("chart.tableCut", { n: number(rows.length), all: number(all.length) })}
        </Text>
      )}
      <Table.ScrollContainer minWidth={320} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
        <Table className="history-table" striped stickyHeader horizontalSpacing={6} fz="sm">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("chart.time")}</Table.Th>
              <Table.Th>{t("chart.channel")}</Table.Th>
              <Table.Th>{t("chart.value")}</Table.Th>
              <Table.Th>{t("chart.quality")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map(({ at, channel, name, value, quality }) => (
              <Table.Tr key={`${at}-${channel.series}-${name}`}>
                <Table.Td className="number one-line">{formatTime(at, language, zone)}</Table.Td>
                <Table.Td>{name}</Table.Td>
                <Table.Td className="number one-line">
                  {formatValue(value, channel, language, own)} {channel.unit}
                  {quality !== "good" && <div className="narrow-quality">{qualityText(quality, t)}</div>}
                </Table.Td>
                <Table.Td>{qualityText(quality, t)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </>
  );
}
