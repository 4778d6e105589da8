import "./analyses.css";
import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { api, type Device, take } from "../api/client";
import type { components } from "../api/schema";
import { formatNumber, formatTime } from "../format";
import { type Language, type Translate, useTexts } from "../i18n";
import { Loaded } from "../ui/Loaded";
import { Mark, type MarkKind } from "../ui/Mark";
import { Section } from "../ui/Section";

type Report = components["schemas"]["WaterAnswer"];

const REFRESH_MS = 300_000;

/** What a customer's water meter shows in its last 35 days, each with what it means. */
export function Water({ device }: { device: Device }) {
  const { t } = useTexts();
  const found = useQuery({
    queryKey: ["water", device.key],
    queryFn: () => take(api.GET("/api/v1/devices/{key}/water", { params: { path: { key: device.key } } })),
    refetchInterval: REFRESH_MS,
  });
  return (
    <Section title={t("water.title")} text={t("water.text")}>
      <Loaded query={found} height={120}>
        {(report) => (report.known_hours === 0 ? <Text className="quiet">{t("water.none")}</Text> : <Findings report={report} device={device} />)}
      </Loaded>
    </Section>
  );
}

function Findings({ report, device: { zone, channels } }: { report: Report; device: Device }) {
  const { t, language, own } = useTexts();
  const number = (value: number) => formatNumber(value, value < 10 ? 1 : 0, language);
  const name = (key: string | null) => own(channels.find((one) => one.key === key)?.name ?? key ?? "");
  const { leak } = report;
  const when = (at: string) => formatTime(at, language, zone);
  const lines: [MarkKind, string][] = [
    leak !== null
      ? ["bad", t("water.leak", { flow: number(leak.lowest_l_h), hours: leak.hours, month: formatNumber(leak.m3_month, 2, language) })]
      : ["ok", t(report.flows_always ? "water.flowsAlways" : "water.noLeak")],
    ...(report.movement === null ? [] : ([["ok", t(`waterMovement.${report.movement}`)]] satisfies [MarkKind, string][])),
    ...remembered(report, t, when),
    report.bursts.length > 0 ? ["bad", t("water.burst", { times: report.bursts.map(when).join(", ") })] : ["ok", t("water.noBurst")],
    backflow(report, t, number),
    report.stopped_days > 0 ? [report.is_stopped ? "bad" : "warn", t("water.stopped", { days: report.stopped_days })] : ["ok", t("water.moves")],
    ...sizing(report, t, language),
    ...(report.tamper.length === 0
      ? ([["ok", t("water.noTamper")]] satisfies [MarkKind, string][])
      : report.tamper.map((one): [MarkKind, string] => ["warn", t(`waterSign.${one.sign}`, { at: when(one.at), channel: name(one.channel) })])),
  ];
  return (
    <ul className="plain-list">
      {lines.map(([mark, text]) => (
        <li key={text}>
          <Mark kind={mark} /> {text}
        </li>
      ))}
    </ul>
  );
}

/** What a meter remembers of days before the last one, where that was worse. */
function remembered({ movement, worst_movement, worst_movement_at }: Report, t: Translate, when: (at: string) => string): [MarkKind, string][] {
  if (worst_movement === null || worst_movement_at === null || worst_movement === "none" || worst_movement === movement) return [];
  return [["warn", t(`waterRemembered.${worst_movement}`, { at: when(worst_movement_at) })]];
}

/** Whether the meter fits what runs through it. */
function sizing({ sizing: found }: Report, t: Translate, language: Language): [MarkKind, string][] {
  if (found === null) return [];
  const words = { highest: formatNumber(found.highest_m3_h, 2, language), share: formatNumber(100 * found.below_q2, 0, language) };
  const verdict: [MarkKind, string] = [found.verdict === "fits" ? "ok" : "warn", t(`waterSize.${found.verdict}`, words)];
  return found.above_q3 === 0 ? [verdict] : [verdict, ["warn", t("water.aboveQ3", { quarters: found.above_q3 })]];
}

function backflow({ backflow: kind, reversed_l }: Report, t: Translate, number: (value: number) => string): [MarkKind, string] {
  if (kind === null || reversed_l === null) return ["quiet", t("water.onlyUp")];
  if (kind === "none") return ["ok", t("water.noBackflow")];
  return [kind === "major" ? "bad" : "warn", t(`waterBackflow.${kind}`, { amount: number(reversed_l) })];
}
