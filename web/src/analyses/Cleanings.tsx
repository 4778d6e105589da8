import "./analyses.css";
import { Button, Group, Table, Text } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Device, take } from "../api/client";
import type { components } from "../api/schema";
import { formatNumber, formatTime } from "../format";
import { type Language, type Translate, useTexts } from "../i18n";
import { Loaded } from "../ui/Loaded";
import { Mark, type MarkKind } from "../ui/Mark";
import { Scrolled } from "../ui/Scrolled";
import { Section } from "../ui/Section";

type Cleaning = components["schemas"]["CleaningAnswer"];
type Step = components["schemas"]["CleaningStep"];
type Finding = components["schemas"]["CleaningFinding"];

const DAY = 86_400_000;
const DAYS = 7;
const REFRESH_MS = 60_000;
const SHOWN = 2; // findings of a cleaning that is not opened
const marks: Record<string, MarkKind> = { passed: "ok", failed: "bad", inconclusive: "warn", running: "quiet" };

/** The cleanings of a week, each with its verdict; the one that is opened shows what it proves, step by step. */
export function Cleanings({ device }: { device: Device }) {
  const { t } = useTexts();
  const [until, setUntil] = useState<number | null>(null);
  const [golden, setGolden] = useState<string | null>(null);
  const [opened, setOpened] = useState<string | null>(null);
  const asked = { ...(until === null ? {} : { from: new Date(until - DAYS * DAY).toISOString(), to: new Date(until).toISOString() }), ...(golden === null ? {} : { golden }) };
  const found = useQuery({
    queryKey: ["cleanings", device.key, until, golden],
    queryFn: () => take(api.GET("/api/v1/devices/{key}/cleanings", { params: { path: { key: device.key }, query: asked } })),
    placeholderData: keepPreviousData,
    refetchInterval: until === null ? REFRESH_MS : false,
  });
  return (
    <Section title={t("cleaning.title")} text={t("cleaning.text")}>
      <Loaded query={found} height={160}>
        {({ items, from }) => (
          <>
            {items.length === 0 && <Text className="quiet">{t("cleaning.none")}</Text>}
            <ul className="plain-list cleanings">
              {items.map((one) => (
                <Line key={one.from} cleaning={one} zone={device.zone} isOpen={opened === one.from} open={() => setOpened(opened === one.from ? null : one.from)} makeGolden={() => setGolden(one.from)} />
              ))}
            </ul>
            <Group gap="xs" mt="xs">
              <Button size="compact-sm" variant="default" onClick={() => setUntil(Date.parse(from))}>
                {t("cleaning.earlier")}
              </Button>
              {until !== null && (
                <Button size="compact-sm" variant="default" onClick={() => setUntil(null)}>
                  {t("cleaning.latest")}
                </Button>
              )}
            </Group>
          </>
        )}
      </Loaded>
    </Section>
  );
}

function Line({ cleaning, zone, isOpen, open, makeGolden }: { cleaning: Cleaning; zone: string; isOpen: boolean; open: () => void; makeGolden: () => void }) {
  const { t, language } = useTexts();
  const verdict = cleaning.verdict ?? "running";
  const { findings } = cleaning;
  const hidden = isOpen || findings.length <= SHOWN + 1 ? 0 : findings.length - SHOWN;
  return (
    <li className="list-line">
      <button type="button" className="cleaning-line" aria-expanded={isOpen} onClick={open}>
        <Mark kind={marks[verdict] ?? "quiet"} /> <b>{t(`cleaningVerdict.${verdict}`)}</b>
        <span className="number">{formatTime(cleaning.from, language, zone)}</span>
        <span className="quiet">
          {cleaning.recipe} · {minutes(seconds(cleaning), language)}
          {cleaning.is_golden && ` · ${t("cleaning.isGolden")}`}
        </span>
      </button>
      {findings.slice(0, findings.length - hidden).map((one) => (
        <Text key={`${one.step} ${one.reason}`} size="sm">
          {reason(one, language, t)}
        </Text>
      ))}
      {hidden > 0 && (
        <Text className="quiet" size="sm">
          {t("cleaning.moreFindings", { n: hidden })}
        </Text>
      )}
      {isOpen && (
        <>
          <Strip cleaning={cleaning} />
          <Evidence steps={cleaning.steps} />
          {cleaning.verdict === "passed" && !cleaning.is_golden && (
            <Button size="compact-sm" variant="default" onClick={makeGolden}>
              {t("cleaning.compareWith")}
            </Button>
          )}
        </>
      )}
    </li>
  );
}

/** The steps beside each other, as wide as they were long. */
function Strip({ cleaning }: { cleaning: Cleaning }) {
  const { t } = useTexts();
  return (
    <div className="cleaning-strip" aria-hidden="true">
      {cleaning.steps.map((step) => (
        <span key={step.from} data-kind={step.kind} style={{ flexGrow: step.duration_s }}>
          {t(`cleaningStep.${step.kind}`)}
        </span>
      ))}
    </div>
  );
}

function Evidence({ steps }: { steps: readonly Step[] }) {
  const { t, language } = useTexts();
  const number = (value: number) => formatNumber(value, 1, language);
  const spread = (one: Step["temperature_c"], least: number | null) =>
    one === null ? "–" : `${number(one.low)} / ${number(one.mean)} / ${number(one.high)}${least === null ? "" : ` (≥ ${number(least)})`}`;
  return (
    <Scrolled label={t("cleaning.evidence")}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("cleaning.step")}</Table.Th>
            <Table.Th>{t("cleaning.duration")}</Table.Th>
            <Table.Th>{t("cleaning.effective")}</Table.Th>
            <Table.Th>{t("cleaning.temperature")}</Table.Th>
            <Table.Th>{t("cleaning.conductivity")}</Table.Th>
            <Table.Th>{t("cleaning.volume")}</Table.Th>
            <Table.Th>{t("cleaning.golden")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody className="number">
          {steps.map((step) => (
            <Table.Tr key={step.from}>
              <Table.Th scope="row">{t(`cleaningStep.${step.kind}`)}</Table.Th>
              <Table.Td>{minutes(step.duration_s, language)}</Table.Td>
              <Table.Td>
                {minutes(step.effective_s, language)}
                {step.min_s > 0 && ` (≥ ${minutes(step.min_s, language)})`}
              </Table.Td>
              <Table.Td>{spread(step.temperature_c, step.min_temperature_c)}</Table.Td>
              <Table.Td>{spread(step.conductivity_ms_cm, step.min_conductivity_ms_cm)}</Table.Td>
              <Table.Td>{step.volume_m3 === null ? "–" : `${formatNumber(step.volume_m3, 2, language)} m³`}</Table.Td>
              <Table.Td>
                {step.golden === null ? "–" : t(step.golden.is_alike ? "cleaning.alike" : "cleaning.unlike", { n: formatNumber(100 * step.golden.duration, 0, language) })}
                {step.golden?.temperature_k != null && ` · ${signed(step.golden.temperature_k, language)} K`}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Scrolled>
  );
}

function reason({ step, reason: why, reached, demanded }: Finding, language: Language, t: Translate): string {
  const isTime = why === "effective_time" || why === "too_long" || why === "gap";
  const text = (value: number | null) => (value === null ? "" : why === "gap" ? `${formatNumber(value, 0, language)} s` : isTime ? minutes(value, language) : formatNumber(value, 2, language));
  return `${t(`cleaningStep.${step}`)}: ${t(`cleaningReason.${why}`, { reached: text(reached), demanded: text(demanded) })}`;
}

function seconds({ from, to }: Cleaning): number {
  return (Date.parse(to) - Date.parse(from)) / 1000;
}

function minutes(value: number, language: Language): string {
  return `${formatNumber(value / 60, 1, language)} min`;
}

function signed(value: number, language: Language): string {
  return `${value < 0 ? "−" : "+"}${formatNumber(Math.abs(value), 1, language)}`;
}
