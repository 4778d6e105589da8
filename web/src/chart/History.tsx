import { ActionIcon, Button, Group, Loader, SegmentedControl, Table, Text } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useEffect, useMemo, useState } from "react";
import { api, type Device, type Readings, take } from "../api/client";
import { formatNumber, formatTime, formatValue } from "../format";
import { type Key, useTexts } from "../i18n";
import { live, useConnection, useNow } from "../live/hooks";
import { ErrorNote } from "../shell/Pages";
import { moved, type Preset, presets, type Span, zoomed } from "./range";
import { type Points, withTail } from "./series";
import { type ChartSeries, UnitChart } from "./UnitChart";

const TABLE_ROWS = 500;
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
  const now = useNow();
  const points = Math.max(200, Math.min(2000, Math.round(window.innerWidth)));
  const asked = span.live ? preset : `${span.from}-${span.to}`;
  const history = useQuery({
    queryKey: ["readings", device.key, asked, points],
    queryFn: async (): Promise<Readings> => {
      const query = { from: String(span.from), to: String(span.to), points };
      const found = await take(api.GET("/api/v1/devices/{key}/readings", { params: { path: { key: device.key }, query }, headers: { accept: "application/json" } }));
      return found as Readings;
    },
    placeholderData: keepPreviousData,
    refetchInterval: span.live ? REFRESH_MS : false,
    enabled: device.channels.length > 0,
  });
  const shown: Span = span.live ? { from: now - (span.to - span.from), to: now, live: true } : span;
  const groups = useGroups(device, history.data, span.live);
  const isEmpty = history.data !== undefined && groups.every(([, series]) => series.every(({ points }) => points.t.length === 0));
  const change = (next: Span) => chooseSpan(next.from, next.to);
  const onKey = (event: KeyboardEvent) => {
    const actions: Record<string, () => void> = {
      "+": () => change(zoomed(shown, 0.5, now)),
      "=": () => change(zoomed(shown, 0.5, now)),
      "-": () => change(zoomed(shown, 2, now)),
      ArrowLeft: () => change(moved(shown, -0.25, now)),
      ArrowRight: () => change(moved(shown, 0.25, now)),
      "0": () => choosePreset("1h"),
    };
    const action = actions[event.key];
    if (action !== undefined && !(event.target instanceof HTMLInputElement)) {
      event.preventDefault();
      action();
    }
  };
  const resolution = history.data?.resolution === "raw" ? t("chart.raw") : (history.data?.resolution ?? "");
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
          <Step label={t("chart.earlier")} sign="←" act={() => change(moved(shown, -0.5, now))} />
          <Step label={t("chart.zoomIn")} sign="+" act={() => change(zoomed(shown, 0.5, now))} />
          <Step label={t("chart.zoomOut")} sign="−" act={() => change(zoomed(shown, 2, now))} />
          <Step label={t("chart.later")} sign="→" act={() => change(moved(shown, 0.5, now))} />
        </Group>
        {!span.live && (
          <Button size="compact-sm" variant="default" onClick={() => choosePreset("1h")}>
            {t("chart.live")}
          </Button>
        )}
        <Button size="compact-sm" variant="subtle" onClick={() => chooseTable(!table)}>
          {t(table ? "chart.chart" : "chart.table")}
        </Button>
        <CsvButton device={device.key} span={shown} points={points} />
        {history.isFetching && <Loader size="xs" aria-label={t("common.loading")} />}
      </Group>
      <Text size="xs" className="quiet" mb="xs">
        {formatTime(shown.from, language, device.zone)} – {formatTime(shown.to, language, device.zone)} ({device.zone}) ·{" "}
        {t("chart.resolution", { resolution })}
      </Text>
      {history.isError && <ErrorNote error={history.error} retry={() => void history.refetch()} />}
      {isEmpty && <Text className="quiet">{t("chart.empty")}</Text>}
      {table ? (
        <HistoryTable groups={groups} zone={device.zone} />
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
                unit={unit}
                series={series}
                span={shown}
                zone={device.zone}
                stale={span.live && connection === "lost"}
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

function CsvButton({ device, span, points }: { device: string; span: Span; points: number }) {
  const { t } = useTexts();
  const download = async () => {
    const query = new URLSearchParams({ from: String(Math.round(span.from)), to: String(Math.round(span.to)), points: String(Math.max(points, 50_000)) });
    const answer = await fetch(`/api/v1/devices/${encodeURIComponent(device)}/readings?${query}`, { headers: { accept: "text/csv" } });
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

type Groups = [string, ChartSeries[]][];

/** Channels of one unit share a chart; each state channel has its own. */
function useGroups(device: Device, history: Readings | undefined, follows: boolean): Groups {
  const [version, setVersion] = useState(0);
  useEffect(() => {
    if (!follows) return;
    let planned = 0;
    const redraw = () => {
      planned ||= window.setTimeout(() => {
        planned = 0;
        setVersion((before) => before + 1);
      }, 250);
    };
    const ends = device.channels.map((channel) => live.onSeries(channel.series, redraw));
    return () => {
      clearTimeout(planned);
      ends.forEach((end) => end());
    };
  }, [device.channels, follows]);
  return useMemo(() => {
    const groups = new Map<string, ChartSeries[]>();
    for (const channel of device.channels) {
      const found = history?.series.find((one) => one.channel === channel.key);
      const stored: Points = found
        ? { t: found.t, value: found.value, min: found.min ?? null, max: found.max ?? null, quality: found.quality, gapMs: found.gap_ms }
        : { t: [], value: [], quality: [], gapMs: null };
      const points = follows ? withTail(stored, live.tail(channel.series)) : stored;
      if (points.t.length === 0) continue;
      const unit = channel.kind === "state" ? `state:${channel.key}` : channel.unit;
      groups.set(unit, [...(groups.get(unit) ?? []), { channel, points }]);
    }
    return [...groups];
    // eslint-disable-next-line react-hooks/exhaustive-deps -- version counts the live readings
  }, [device.channels, history, follows, version]);
}

function HistoryTable({ groups, zone }: { groups: Groups; zone: string }) {
  const { t, language, own } = useTexts();
  const rows = groups
    .flatMap(([, series]) => series.flatMap(({ channel, points }) => points.t.map((at, index) => ({ at, channel, value: points.value[index] ?? null, quality: points.quality[index] ?? "good" }))))
    .sort((one, other) => other.at - one.at)
    .slice(0, TABLE_ROWS);
  return (
    <Table.ScrollContainer minWidth={420}>
      <Table striped stickyHeader>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("chart.time")}</Table.Th>
            <Table.Th>{t("device.channels")}</Table.Th>
            <Table.Th>{t("chart.value")}</Table.Th>
            <Table.Th>{t("chart.quality")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map(({ at, channel, value, quality }) => (
            <Table.Tr key={`${at}-${channel.series}`}>
              <Table.Td className="number">{formatTime(at, language, zone)}</Table.Td>
              <Table.Td>{own(channel.name)}</Table.Td>
              <Table.Td className="number">
                {formatValue(value, channel, language, own)} {channel.unit}
              </Table.Td>
              <Table.Td>{t(`quality.${quality}` as Key)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function presetLabel(preset: Preset, language: string): string {
  const match = /^(\d+)(\D+)$/.exec(preset);
  const units: Record<string, string> = { min: "min", h: "h", d: language === "en" ? "d" : "d", y: language === "en" ? "y" : "a" };
  return match ? `${formatNumber(Number(match[1]), 0, "en")} ${units[match[2] ?? ""] ?? ""}` : preset;
}
