import "./analyses.css";
import { Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { api, type Device, take } from "../api/client";
import type { components } from "../api/schema";
import { formatNumber } from "../format";
import { type Language, useTexts } from "../i18n";
import { Figures, type NamedFigure, percent } from "../ui/Facts";
import { Loaded } from "../ui/Loaded";
import { Mark } from "../ui/Mark";
import { Scrolled } from "../ui/Scrolled";
import { Section } from "../ui/Section";

type Report = components["schemas"]["SupplyAnswer"];
type Phase = components["schemas"]["PhaseAnswer"];

const REFRESH_MS = 300_000;
const WEEK = 1008;
const LOW_FACTOR = 0.92;

/** The last week of a supply: voltage bands by PRODIST, and what its load shows. */
export function Supply({ device }: { device: Device }) {
  const { t } = useTexts();
  const found = useQuery({
    queryKey: ["supply", device.key],
    queryFn: () => take(api.GET("/api/v1/devices/{key}/supply", { params: { path: { key: device.key } } })),
    refetchInterval: REFRESH_MS,
  });
  return (
    <Section title={t("supply.title")} text={t("supply.text")}>
      <Loaded query={found} height={180}>
        {(report) => (
          <>
            {report.phases.length === 0 ? <Text className="quiet">{t("supply.none")}</Text> : <Phases report={report} device={device} />}
            <Load report={report} />
          </>
        )}
      </Loaded>
    </Section>
  );
}

function Phases({ report, device }: { report: Report; device: Device }) {
  const { t, language, own } = useTexts();
  const known = (phase: Phase) => phase.adequate + phase.precarious + phase.critical;
  const name = (key: string) => own(device.channels.find((one) => one.key === key)?.name ?? key);
  return (
    <>
      <Scrolled label={t("supply.phases")}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("supply.phase")}</Table.Th>
              <Table.Th ta="right">{t("supply.range")}</Table.Th>
              <Table.Th ta="right">{t("supply.drp", { n: percentText(report.drp_limit_percent, language) })}</Table.Th>
              <Table.Th ta="right">{t("supply.drc", { n: percentText(report.drc_limit_percent, language) })}</Table.Th>
              <Table.Th ta="right">{t("supply.readings")}</Table.Th>
              <Table.Th ta="right">{t("supply.factor")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody className="number one-line">
            {report.phases.map((phase) => (
              <Table.Tr key={phase.channel}>
                <Table.Th scope="row">{name(phase.channel)}</Table.Th>
                <Table.Td ta="right">
                  {formatNumber(phase.lowest_v, 1, language)} – {formatNumber(phase.highest_v, 1, language)} V
                </Table.Td>
                <Table.Td ta="right">
                  <Limited value={phase.drp_percent} limit={report.drp_limit_percent} />
                </Table.Td>
                <Table.Td ta="right">
                  <Limited value={phase.drc_percent} limit={report.drc_limit_percent} />
                </Table.Td>
                <Table.Td ta="right">{t("supply.ofWeek", { n: known(phase), m: WEEK })}</Table.Td>
                <Table.Td ta="right">{formatNumber(phase.compensation_factor, 4, language)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Scrolled>
      {report.nominal_v !== null && report.phases[0] !== undefined && (
        <Text size="sm" className="quiet" mb="xs">
          {t("supply.bands", { nominal: report.nominal_v, low: Math.round(report.phases[0].bands.low), high: Math.round(report.phases[0].bands.high), lowest: Math.round(report.phases[0].bands.lowest), highest: Math.round(report.phases[0].bands.highest) })}
          {report.phases.some((phase) => !phase.is_complete) && ` ${t("supply.incomplete")}`}
        </Text>
      )}
    </>
  );
}

function Limited({ value, limit }: { value: number; limit: number }) {
  const { language } = useTexts();
  return (
    <>
      {value > limit && <Mark kind="bad" />} {percentText(value, language)}
    </>
  );
}

function Load({ report }: { report: Report }) {
  const { t, language } = useTexts();
  const number = (value: number, digits: number, unit: string) => `${formatNumber(value, digits, language)} ${unit}`;
  const facts: NamedFigure[] = [
    ...(report.power_factor === null ? [] : [[t("supply.powerFactor"), `${formatNumber(report.power_factor, 3, language)} (${t("supply.below", { share: percent(report.low_factor, language), limit: formatNumber(LOW_FACTOR, 2, language) })})`] as NamedFigure]),
    ...(report.lost === null ? [] : [[t("supply.lost"), percent(report.lost, language)] as NamedFigure]),
    ...(report.imbalance === null ? [] : [[t("supply.imbalance"), percent(report.imbalance, language)] as NamedFigure]),
    ...(report.highest_a === null ? [] : [[t("supply.highest"), number(report.highest_a, 1, "A")] as NamedFigure]),
    ...(report.overload === null || report.rated_a === null ? [] : [[t("supply.overload", { rated: number(report.rated_a, 0, "A") }), percent(report.overload, language)] as NamedFigure]),
    ...(report.mean_kw === null ? [] : [[t("supply.mean"), number(report.mean_kw, 2, "kW")] as NamedFigure]),
    ...(report.base_kw === null || report.base_kwh_month === null ? [] : [[t("supply.base"), `${number(report.base_kw, 2, "kW")} · ${t("supply.month", { n: number(report.base_kwh_month, 0, "kWh") })}`] as NamedFigure]),
  ];
  return <Figures figures={facts} />;
}

function percentText(value: number, language: Language): string {
  return `${formatNumber(value, 2, language)} %`;
}
