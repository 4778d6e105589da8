import { Button, Text } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Suspense, useMemo, useRef, useState } from "react";
import type uPlot from "uplot";
import { api, type Device, type Readings, take, takeFile } from "../api/client";
import { type ExploreSearch, MOST_SERIES, written } from "../explore/address";
import { useTexts } from "../i18n";
import { live, useConnection } from "../live/hooks";
import { useNotes } from "../notes/useNotes";
import { ErrorNote } from "../shell/Pages";
import { tellFailure } from "../ui/tell";
import { MarkedChart } from "../timeline/MarkedChart";
import { useMarks } from "../timeline/useMarks";
import { download } from "../ui/download";
import { DropdownItem } from "../ui/Dropdown";
import { later } from "../ui/later";
import { ChartBar } from "./ChartBar";
import { ChartExports } from "./ChartExports";
import { ChartKey, ChartNote } from "./ChartNote";
import { Gutter } from "./gutter";
import { useGroups } from "./groups";
import { type Preset, shownOf, type Span } from "./range";
import { useSteps } from "./useSteps";

const HistoryTable = later(async () => (await import("./HistoryTable")).HistoryTable);
const MarkTable = later(async () => (await import("../timeline/MarkTable")).MarkTable);
const NoteList = later(async () => (await import("../notes/NoteList")).NoteList);

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

/** A device's history as charts by unit (or a table), with zoom by mouse, finger and keyboard, following the present if asked to. */
export function History({ device, span, preset, table, choosePreset, chooseSpan, chooseTable }: Props) {
  const { t, own } = useTexts();
  const connection = useConnection();
  const charts = useRef<HTMLDivElement>(null);
  const [gutters] = useState(() => [new Gutter<uPlot>((chart) => chart.redraw(true, true))]);
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
  const { marks, isCut } = useMarks(device.key, span, asked);
  const all = useMemo(() => groups.flatMap(([, series]) => series), [groups]);
  const isEmpty = history.data !== undefined && groups.length === 0;
  const steps = useSteps(span, choosePreset, chooseSpan);
  const devices = useMemo(() => [device.key], [device.key]);
  const { notes, layers } = useNotes(devices, span);
  const resolution = history.data?.resolution;
  const explored: ExploreSearch = { s: written(device.channels.slice(0, MOST_SERIES).map(({ key }) => ({ device: device.key, channel: key }))), ...(preset === undefined ? { from: span.from, to: span.to } : { range: preset }) };
  return (
    <section aria-label={t("chart.title")}>
      <ChartBar span={span} preset={preset} steps={steps} table={table} isFetching={history.isFetching} choosePreset={choosePreset} chooseTable={chooseTable}>
        <ChartExports name={device.key} title={`${device.name} · ${device.site_path.join(" › ")}`} series={all} span={span} zone={device.zone} resolution={resolution} place={charts} isTable={table}>
          {(close) => (
            <DropdownItem act={() => void downloadAll(device.key, span).catch((error: unknown) => tellFailure(error, t))} close={close}>
              {t("chart.csv")}
            </DropdownItem>
          )}
        </ChartExports>
        <Button renderRoot={(props) => <Link to="/explore" search={explored} {...props} />} size="compact-sm" variant="subtle">
          {t("explore.open")}
        </Button>
      </ChartBar>
      <ChartNote span={span} zone={device.zone} resolution={resolution} isPassing={history.isPlaceholderData} />
      {history.isError && history.data === undefined && <ErrorNote error={history.error} retry={() => void history.refetch()} />}
      {isEmpty && <Text className="quiet">{t("chart.empty")}</Text>}
      {isCut && <Text size="xs">{t("mark.cut")}</Text>}
      {table ? (
        <Suspense>
          <MarkTable marks={marks} device={device.key} zone={device.zone} />
          <HistoryTable groups={groups} follows={span.live} zone={device.zone} />
        </Suspense>
      ) : (
        // The group takes the keys + − ← → 0, announced below it.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex, jsx-a11y/no-noninteractive-element-interactions
        <div tabIndex={0} onKeyDown={steps.onKey} role="group" aria-label={t("chart.help")} ref={charts}>
          {groups.map(([unit, series]) => (
            <figure key={unit} style={{ margin: "0 0 18px" }}>
              <figcaption style={{ fontSize: 13, marginBottom: 4 }}>
                {series.map(({ channel }) => own(channel.name)).join(" · ")} {unit !== "" && !unit.startsWith("state:") && <b>{unit}</b>}
              </figcaption>
              <MarkedChart
                series={series}
                span={span}
                zone={device.zone}
                stale={(span.live && connection === "lost") || history.isError}
                gutters={gutters}
                layers={layers}
                onSelect={chooseSpan}
                marks={marks}
                device={device.key}
                label={t("chart.of", { name: series.map(({ channel }) => own(channel.name)).join(", ") })}
              />
            </figure>
          ))}
          <ChartKey series={all} />
          <Text size="xs" className="quiet">
            {t("chart.help")}
          </Text>
        </div>
      )}
      <Suspense>
        <NoteList notes={notes} devices={[device]} span={span} zone={device.zone} />
      </Suspense>
    </section>
  );
}

/** Every reading of the time shown, none left out, as the server writes it: for programs, and for what is too long for the screen. */
async function downloadAll(device: string, span: Span): Promise<void> {
  const { from, to } = shownOf(span, live.clock);
  const query = new URLSearchParams({ from: String(Math.round(from)), to: String(Math.round(to)), resolution: "raw" });
  download(`${device}.csv`, await takeFile(`/api/v1/devices/${encodeURIComponent(device)}/readings?${query}`, "text/csv"), "text/csv");
}
