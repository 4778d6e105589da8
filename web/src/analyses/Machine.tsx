import "./analyses.css";
import { Box, Text } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, type Device, take } from "../api/client";
import type { components } from "../api/schema";
import { formatNumber } from "../format";
import { type Language, useTexts } from "../i18n";
import { live } from "../live/hooks";
import { Figures, type NamedFigure, percent } from "../ui/Facts";
import { Loaded } from "../ui/Loaded";
import { Mark, type MarkKind } from "../ui/Mark";
import { Section } from "../ui/Section";
import { Segments } from "../ui/Segments";

type Report = components["schemas"]["MachineAnswer"];
type Vibration = components["schemas"]["VibrationAnswer"];

const HOUR = 3_600_000;
const REFRESH_MS = 60_000;
const spans = { "8h": 8, "24h": 24, "7d": 168, "30d": 720 } as const;
type Span = keyof typeof spans;
const zoneMarks: Record<Vibration["zone"], MarkKind> = { A: "ok", B: "ok", C: "warn", D: "bad" };

/** How a machine did: running and OEE, vibration zone and winding temperature, beside the limits of the norms. */
export function Machine({ device }: { device: Device }) {
  const { t } = useTexts();
  const [span, setSpan] = useState<Span>("24h");
  const found = useQuery({
    queryKey: ["machine", device.key, span],
    queryFn: () => {
      const from = new Date(live.clock - spans[span] * HOUR).toISOString();
      return take(api.GET("/api/v1/devices/{key}/machine", { params: { path: { key: device.key }, query: { from } } }));
    },
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH_MS,
  });
  return (
    <Section title={t("machine.title")} text={t("machine.text")}>
      <Box mb="sm">
        <Segments size="xs" aria-label={t("machine.span")} value={span} onChange={(value) => setSpan(value as Span)} data={Object.keys(spans).map((value) => ({ value, label: t(`machineSpan.${value as Span}`) }))} />
      </Box>
      <Loaded query={found} height={180}>
        {(report) => (
          <div className={found.isPlaceholderData ? "stale" : undefined}>
            <RunningFacts report={report} />
            {report.vibration !== null && <Zones vibration={report.vibration} />}
            {report.heat !== null && <HeatFacts heat={report.heat} />}
            {report.running === null && report.vibration === null && report.heat === null && <Text className="quiet">{t("machine.none")}</Text>}
          </div>
        )}
      </Loaded>
    </Section>
  );
}

function RunningFacts({ report: { running, oee } }: { report: Report }) {
  const { t, language } = useTexts();
  if (running === null) return null;
  // OEE is the product of what stands right behind it.
  const facts: NamedFigure[] = [
    ...(oee === null ? [] : [["OEE", percent(oee.oee, language)] as NamedFigure]),
    [t("machine.availability"), percent(running.availability, language)],
    ...(oee === null
      ? []
      : ([
          [t("machine.performance"), percent(oee.performance, language)],
          [t("machine.quality"), oee.quality === null ? t("machine.notCounted") : percent(oee.quality, language)],
        ] as NamedFigure[])),
    [t("machine.running"), hours(running.running_s, language)],
    [t("machine.stopped"), hours(running.stopped_s, language)],
    [t("machine.fault"), `${hours(running.fault_s, language)} (${running.faults}×)`],
    [t("machine.starts"), `${running.starts} / ${running.stops}`],
    [t("machine.longestRun"), hours(running.longest_run_s, language)],
    ...(running.unknown_s > 60 ? [[t("machine.unknown"), hours(running.unknown_s, language)] as NamedFigure] : []),
    ...(oee === null ? [] : [[t("machine.pieces"), formatNumber(oee.pieces, 0, language)] as NamedFigure]),
  ];
  return (
    <>
      <Figures figures={facts} />
      {(oee?.performance ?? 0) > 1.001 && (
        <Text size="sm" mb="sm">
          <Mark kind="warn" /> {t("machine.wrongIdeal")}
        </Text>
      )}
    </>
  );
}

function Zones({ vibration }: { vibration: Vibration }) {
  const { t, language } = useTexts();
  const number = (value: number) => `${formatNumber(value, 2, language)} mm/s`;
  const [a = 0, b = 0, c = 0] = vibration.boundaries_mm_s;
  const edges = { A: `≤ ${number(a)}`, B: `≤ ${number(b)}`, C: `≤ ${number(c)}`, D: `> ${number(c)}` };
  return (
    <>
      <Text size="sm" mb={4}>
        <Mark kind={zoneMarks[vibration.zone]} /> <b>{t("machine.vibration", { zone: vibration.zone })}</b> · {t(`machineZone.${vibration.zone}`)}
      </Text>
      <div className="zones" role="list" aria-label={t("machine.zones")}>
        {(["A", "B", "C", "D"] as const).map((zone) => (
          <span key={zone} role="listitem" data-current={zone === vibration.zone} data-zone={zone}>
            <b>{zone}</b> {edges[zone]}
            <br />
            {percent(vibration.shares[zone], language)}
          </span>
        ))}
      </div>
      <Figures
        figures={[
          [t("machine.mean"), number(vibration.velocity_mm_s)],
          [t("machine.highest"), number(vibration.highest_mm_s)],
          [t("machine.baseline"), vibration.baseline_mm_s === null ? t("machine.noBaseline") : number(vibration.baseline_mm_s)],
          ...(vibration.trend === null ? [] : [[t("machine.trend"), t(`machineTrend.${vibration.trend}`)] as NamedFigure]),
        ]}
      />
    </>
  );
}

function HeatFacts({ heat }: { heat: NonNullable<Report["heat"]> }) {
  const { t, language } = useTexts();
  const celsius = (value: number) => `${formatNumber(value, 1, language)} °C`;
  const kind = { within: "ok", over_rise: "warn", over_limit: "bad" } as const;
  return (
    <>
      <Text size="sm" mb={4}>
        <Mark kind={kind[heat.verdict]} /> <b>{t("machine.heat")}</b> · {t(`machineHeat.${heat.verdict}`)}
      </Text>
      <Figures
        figures={[
          [t("machine.highest"), celsius(heat.highest_c)],
          [t("machine.mean"), celsius(heat.mean_c)],
          [t("machine.riseLimit"), `${celsius(heat.rise_limit_c)} (${percent(heat.over_rise, language)})`],
          [t("machine.limit"), `${celsius(heat.limit_c)} (${percent(heat.over_limit, language)})`],
        ]}
      />
    </>
  );
}

function hours(seconds: number, language: Language): string {
  return seconds < 5400 ? `${formatNumber(seconds / 60, 0, language)} min` : `${formatNumber(seconds / 3600, 1, language)} h`;
}
