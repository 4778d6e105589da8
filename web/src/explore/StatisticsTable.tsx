import { Table } from "@mantine/core";
import { formatNumber, formatTime } from "../format";
import type { Span } from "../chart/range";
import { useTexts } from "../i18n";
import { Loaded } from "../ui/Loaded";
import { Scrolled } from "../ui/Scrolled";
import { qualityText } from "../ui/words";
import type { Named, Past } from "./address";
import { type Explored, type Statistics, useStatistics } from "./useExplored";

interface Props {
  chosen: readonly Explored[];
  span: Span;
  past: Past | undefined;
  zone: string;
}

/** A row for each series, and below it the time that it is compared with. */
export function StatisticsTable({ chosen, span, past, zone }: Props) {
  const { t } = useTexts();
  const known = chosen.filter(({ found }) => found !== undefined);
  const names: Named[] = known.map(({ device, channel }) => ({ device, channel }));
  const { now, before } = useStatistics(names, span, past, zone);
  const columns = ["minimum", "mean", "maximum", "p5", "p50", "p95", "consumed", "total", "count", "good"] as const;
  return (
    <Loaded query={now} height={120}>
      {(found) => (
        <Scrolled label={t("explore.statistics")}>
          <Table fz="sm" horizontalSpacing={8} className="statistics">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t("explore.series")}</Table.Th>
                {columns.map((name) => (
                  <Table.Th key={name}>{t(`statistics.${name}`)}</Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {known.map((one) => {
                const isOf = (other: Statistics) => other.device === one.device && other.channel === one.channel;
                const [shown, earlier] = [found.find(isOf), before?.find(isOf)];
                return [
                  shown !== undefined && <Line key={one.title} title={one.title} one={one} found={shown} zone={zone} />,
                  earlier !== undefined && past !== undefined && <Line key={`${one.title} before`} title={t(`explorePast.${past}`)} one={one} found={earlier} now={shown} zone={zone} />,
                ];
              })}
            </Table.Tbody>
          </Table>
        </Scrolled>
      )}
    </Loaded>
  );
}

interface LineProps {
  title: string;
  one: Explored;
  found: Statistics;
  /** Where this is the time before: what it is compared with. */
  now?: Statistics | undefined;
  zone: string;
}

function Line({ title, one, found, now, zone }: LineProps) {
  const { t, language } = useTexts();
  const isState = one.found?.kind === "state";
  const number = (value: number | null | undefined) => (value === null || value === undefined ? "—" : formatNumber(value, isState ? 0 : (one.found?.precision ?? decimalsOf(value)), language));
  const when = (extreme: { at: string } | null) => (extreme === null ? undefined : formatTime(extreme.at, language, zone));
  const change = (later: number | null | undefined, earlier: number | null | undefined) => {
    if (typeof later !== "number" || typeof earlier !== "number" || earlier === 0) return null;
    const share = (100 * (later - earlier)) / Math.abs(earlier);
    return <span className="quiet"> {t("statistics.change", { change: `${share > 0 ? "+" : ""}${formatNumber(share, 1, language)} %` })}</span>;
  };
  const good = found.shares === null ? "—" : `${formatNumber(100 * found.shares.good, 1, language)} %`;
  const doubted = (["estimated", "uncertain", "bad"] as const).filter((name) => (found.shares?.[name] ?? 0) > 0);
  return (
    <Table.Tr className={now === undefined ? undefined : "quiet"}>
      <Table.Th scope="row">
        {now === undefined ? title : `↳ ${title}`} {now === undefined && found.unit !== "" && <span className="quiet">({found.unit})</span>}
      </Table.Th>
      <Table.Td className="number" title={when(found.minimum)}>{number(found.minimum?.value)}</Table.Td>
      <Table.Td className="number">
        {number(found.mean)}
        {change(now?.mean, found.mean)}
      </Table.Td>
      <Table.Td className="number" title={when(found.maximum)}>{number(found.maximum?.value)}</Table.Td>
      <Table.Td className="number">{number(found.percentiles?.p5)}</Table.Td>
      <Table.Td className="number">{number(found.percentiles?.p50)}</Table.Td>
      <Table.Td className="number">{number(found.percentiles?.p95)}</Table.Td>
      <Table.Td className="number">
        {found.consumed === null ? "—" : `${number(found.consumed.amount)} ${found.consumed.unit}`}
        {change(now?.consumed?.amount, found.consumed?.amount)}
      </Table.Td>
      <Table.Td className="number">{one.found?.kind === "gauge" ? number(found.total) : "—"}</Table.Td>
      <Table.Td className="number">{formatNumber(found.count, 0, language)}</Table.Td>
      <Table.Td className="number">
        {good}
        {doubted.map((name) => (
          <div key={name} className="quiet">
            {qualityText(name, t)}: {formatNumber(100 * (found.shares?.[name] ?? 0), 1, language)} %
          </div>
        ))}
      </Table.Td>
    </Table.Tr>
  );
}

/** As many as four digits say something by; none for what is large. */
function decimalsOf(value: number): number {
  return value === 0 ? 0 : Math.min(6, Math.max(0, 3 - Math.floor(Math.log10(Math.abs(value)))));
}
