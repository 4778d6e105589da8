import { ActionIcon, Button, Group, Loader, SegmentedControl, Text } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useState } from "react";
import type uPlot from "uplot";
import { api, type Device, type Readings, take } from "../api/client";
import { send } from "../api/http";
import { formatNumber, formatTime } from "../format";
import { useTexts } from "../i18n";
import { live, useConnection, useNow } from "../live/hooks";
import { ErrorNote } from "../shell/Pages";
import { Gutter } from "./gutter";
import { useGroups } from "./groups";
import { HistoryTable } from "./HistoryTable";
import { moved, type Preset, presets, type Span, zoomed } from "./range";
import { UnitChart } from "./UnitChart";

const REFRESH_MS = 60_000;

interface Props {
  device: Device;
  span: Span;
  preset: Preset | undefined;
  table: boolean;
  choosePreset: (preset: Preset) => void;
  chooseSpan: (from: number, to: number) => void;
  chooseTable: (table: boolean) => void;
}

/** A device's history as charts by unit (or a table), with zoom by mouse and keyboard, following the present if asked to. */
export function History({ device, span, preset, table, choosePreset, chooseSpan, chooseTable }: Props) {
  const { t, language, own } = useTexts();
  const connection = useConnection();
  const [gutter] = useState(() => new Gutter<uPlot>((chart) => chart.redraw(true, true)));
  const points = Math.max(200, Math.min(2000, Math.round(window.innerWidth)));
  const asked = span.live ? preset : `${span.from}-${span.to}`;
  const history = useQuery({
    queryKey: ["readings", device.key, asked, points],
    queryFn: async (): Promise<Readings> => {
      const { from, to } = shownOf(span, live.clock);
      const query = { from: String(from), to: String(to), points };
      const found = await take(api.GET("/api/v1/devices/{key}/readings", { params: { path: { key: device.key }, query }, headers: { accept: "application/json" } }));
      return found as Readings;
    },
    placeholderData: keepPreviousData,
    refetchInterval: span.live ? REFRESH_MS : false,
    enabled: device.channels.length > 0,
  });
  const groups = useGroups(device, history.data, points, span);
  const isEmpty = history.data !== undefined && groups.length === 0;
  const change = (step: (shown: Span, now: number) => Span) => {
    const { from, to } = step(shownOf(span, live.clock), live.clock);
    chooseSpan(from, to);
  };
  const onKey = (event: KeyboardEvent) => {
    const actions: Record<string, () => void> = {
      "+": () => change((shown, now) => zoomed(shown, 0.5, now)),
      "=": () => change((shown, now) => zoomed(shown, 0.5, now)),
      "-": () => change((shown, now) => zoomed(shown, 2, now)),
      ArrowLeft: () => change((shown, now) => moved(shown, -0.25, now)),
      ArrowRight: () => change((shown, now) => moved(shown, 0.25, now)),
      "0": () => choosePreset("1h"),
    };
    const action = actions[event.key];
    if (action !== undefined && !(event.target instanceof HTMLInputElement)) {
      event.preventDefault();
      action();
    }
  };
  const resolution = history.data?.resolution === "raw" ? t("chart.raw") : resolutionText(history.data?.resolution ?? "");
  return (
    <section aria-label={t("chart.title")}>
      <Group gap="xs" mb="xs">
        <SegmentedControl
          size="xs"
          aria-label={t("chart.range")}
          value={preset ?? ""}
          onChange={(value) => choosePreset(value as Preset)}
          data={Object.keys(presets).map((value) => ({ value, label: presetLabel(value as Preset, language) }))}
        />
        <Group gap={4}>
          <Step label={t("chart.earlier")} sign="←" act={() => change((shown, now) => moved(shown, -0.5, now))} />
          <Step label={t("chart.zoomIn")} sign="+" act={() => change((shown, now) => zoomed(shown, 0.5, now))} />
          <Step label={t("chart.zoomOut")} sign="−" act={() => change((shown, now) => zoomed(shown, 2, now))} />
          <Step label={t("chart.later")} sign="→" act={() => change((shown, now) => moved(shown, 0.5, now))} />
        </Group>
        {!span.live && (
          <Button size="compact-sm" variant="default" onClick={() => choosePreset("1h")}>
            {t("chart.live")}
          </Button>
        )}
        <Button size="compact-sm" variant="subtle" onClick={() => chooseTable(!table)}>
          {t(table ? "chart.chart" : "chart.table")}
        </Button>
        <CsvButton device={device.key} span={span} points={points} />
        {history.isFetching && <Loader size="xs" role="img" aria-label={t("common.loading")} />}
      </Group>
      <Text size="xs" className="quiet" mb="xs">
        <SpanText span={span} zone={device.zone} /> · {t("chart.resolution", { resolution })}
      </Text>
      {history.isError && history.data === undefined && <ErrorNote error={history.error} retry={() => void history.refetch()} />}
      {isEmpty && <Text className="quiet">{t("chart.empty")}</Text>}
      {table ? (
        <HistoryTable groups={groups} follows={span.live} zone={device.zone} />
      ) : (
        // The group takes the keys + − ← → 0, announced below it.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex, jsx-a11y/no-noninteractive-element-interactions
        <div tabIndex={0} onKeyDown={onKey} role="group" aria-label={t("chart.help")}>
          {groups.map(([unit, series]) => (
            <figure key={unit} style={{ margin: "0 0 18px" }}>
              <figcaption style={{ fontSize: 13, marginBottom: 4 }}>
                {series.map(({ channel }) => own(channel.name)).join(" · ")} {unit !== "" && !unit.startsWith("state:") && <b>{unit}</b>}
              </figcaption>
              <UnitChart
                series={series}
                span={span}
                zone={device.zone}
                stale={(span.live && connection === "lost") || history.isError}
                gutter={gutter}
                onSelect={chooseSpan}
                label={t("chart.of", { name: series.map(({ channel }) => own(channel.name)).join(", ") })}
              />
            </figure>
          ))}
          <Text size="xs" className="quiet">
            {t("chart.help")}
          </Text>
        </div>
      )}
    </section>
  );
}

function Step({ label, sign, act }: { label: string; sign: string; act: () => void }) {
  return (
    <ActionIcon variant="default" size="md" aria-label={label} title={label} onClick={act}>
      {sign}
    </ActionIcon>
  );
}

function SpanText({ span, zone }: { span: Span; zone: string }) {
  const { language } = useTexts();
  const { from, to } = shownOf(span, useNow());
  return (
    <span className="number">
      {formatTime(from, language, zone)} – {formatTime(to, language, zone)} ({zone})
    </span>
  );
}

/** The span as it is at a moment: one that follows the present ends there. */
function shownOf(span: Span, now: number): Span {
  return span.live ? { from: now - (span.to - span.from), to: now, live: true } : span;
}

function CsvButton({ device, span, points }: { device: string; span: Span; points: number }) {
  const { t } = useTexts();
  const download = async () => {
    const { from, to } = shownOf(span, live.clock);
    const query = new URLSearchParams({ from: String(Math.round(from)), to: String(Math.round(to)), points: String(Math.max(points, 50_000)) });
    const answer = await send(new Request(`/api/v1/devices/${encodeURIComponent(device)}/readings?${query}`, { headers: { accept: "text/csv" } }));
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await answer.blob());
    link.download = `${device}.csv`;
    link.click();
    URL.revokeObjectURL(link.href);
  };
  return (
    <Button size="compact-sm" variant="subtle" onClick={() => void download()}>
      {t("chart.csv")}
    </Button>
  );
}

/** A resolution with its unit written out: `7m` could be months. */
function resolutionText(resolution: string): string {
  return resolution.replace(/^(\d+)m$/, "$1 min").replace(/^(\d+)([shd])$/, "$1 $2");
}

function presetLabel(preset: Preset, language: string): string {
  const match = /^(\d+)(\D+)$/.exec(preset);
  const units: Record<string, string> = { min: "min", h: "h", d: language === "en" ? "d" : "d", y: language === "en" ? "y" : "a" };
  return match ? `${formatNumber(Number(match[1]), 0, "en")} ${units[match[2] ?? ""] ?? ""}` : preset;
}
