import { ActionIcon, Button, Group, Loader } from "@mantine/core";
import type { ReactNode } from "react";
import { formatNumber } from "../format";
import { type Language, useTexts } from "../i18n";
import { Segments } from "../ui/Segments";
import { type Preset, presets, type Span } from "./range";
import type { Steps } from "./useSteps";

interface Props {
  span: Span;
  preset: Preset | undefined;
  steps: Steps;
  table: boolean;
  isFetching: boolean;
  choosePreset: (preset: Preset) => void;
  chooseTable: (table: boolean) => void;
  /** What else can be done with what is shown. */
  children: ReactNode;
}

/** Which time is shown, and as what. */
export function ChartBar({ span, preset, steps, table, isFetching, choosePreset, chooseTable, children }: Props) {
  const { t, language } = useTexts();
  return (
    <Group gap="xs" mb="xs">
      <Segments
        size="xs"
        aria-label={t("chart.range")}
        value={preset ?? ""}
        onChange={(value) => choosePreset(value as Preset)}
        data={Object.keys(presets).map((value) => ({ value, label: presetLabel(value as Preset, language) }))}
      />
      <Group gap={4}>
        <Step label={t("chart.earlier")} sign="←" act={steps.earlier} />
        <Step label={t("chart.zoomIn")} sign="+" act={steps.zoomIn} />
        <Step label={t("chart.zoomOut")} sign="−" act={steps.zoomOut} />
        <Step label={t("chart.later")} sign="→" act={steps.later} />
      </Group>
      {!span.live && (
        <Button size="compact-sm" variant="default" onClick={() => choosePreset("1h")}>
          {t("chart.live")}
        </Button>
      )}
      <Button size="compact-sm" variant="subtle" onClick={() => chooseTable(!table)}>
        {t(table ? "chart.chart" : "chart.table")}
      </Button>
      {children}
      {isFetching && <Loader size="xs" role="img" aria-label={t("common.loading")} />}
    </Group>
  );
}

function Step({ label, sign, act }: { label: string; sign: string; act: () => void }) {
  return (
    <ActionIcon variant="default" size="md" aria-label={label} title={label} onClick={act}>
      {sign}
    </ActionIcon>
  );
}

function presetLabel(preset: Preset, language: Language): string {
  const match = /^(\d+)(\D+)$/.exec(preset);
  const units: Record<string, string> = { min: "min", h: "h", d: "d", y: language === "en" ? "y" : "a" };
  return match ? `${formatNumber(Number(match[1]), 0, "en")} ${units[match[2] ?? ""] ?? ""}` : preset;
}
