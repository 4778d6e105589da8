import { Button, Text } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type ReactNode, type RefObject, useEffect, useMemo, useRef, useState } from "react";
import type uPlot from "uplot";
import { api, type Device, type Readings, take } from "../api/client";
import { Gutter } from "../chart/gutter";
import { inks, type Scheme } from "../chart/inks";
import type { Layer } from "../chart/plot";
import { UnitChart } from "../chart/UnitChart";
import { useInk } from "../chart/useInk";
import { useSteps } from "../chart/useSteps";
import { formatTime } from "../format";
import { useTexts } from "../i18n";
import { Loaded } from "../ui/Loaded";
import { type Cleaning, type Cleanings, closeTo, type Curve, curvesOf, goldenTimes, POINTS, type Step, timesOf, type Times, wholeOf } from "./cleaningCurves";
import { phaseLayer, placePhases } from "./phaseLayer";

const HEIGHT_PX = 180;
const REFRESH_MS = 60_000;

/** looked: the time shown, where not all of it. marked: what is framed in it; another object shows it again. */
export interface CleaningView {
  looked: Times | null;
  marked: Times | null;
}

export const wholeView: CleaningView = { looked: null, marked: null };

export function viewOf(place: Times): CleaningView {
  return { looked: closeTo(place), marked: { ...place } };
}

interface Props {
  device: Device;
  channels: Cleanings["channels"];
  cleaning: Cleaning;
  view: CleaningView;
  see: (view: CleaningView) => void;
}

/** A cleaning's curves with its phases behind them, its recipe's limits, and the golden cycle to compare with. */
export function CleaningChart({ device, channels, cleaning, view: { looked, marked }, see }: Props) {
  const { t } = useTexts();
  const scheme = useInk();
  const place = useRef<HTMLDivElement>(null);
  const lane = useRef<HTMLOListElement>(null);
  const [gutters] = useState(() => [new Gutter<uPlot>((chart) => chart.redraw(true, true))]);
  const whole = useMemo(() => wholeOf(cleaning), [cleaning]);
  const golden = useMemo(() => goldenTimes(cleaning), [cleaning]);
  const readings = useReadings(device.key, channels, whole, cleaning.verdict === null);
  const like = useReadings(device.key, channels, golden, false);
  const curves = useMemo(
    () =>
      readings.data === undefined
        ? []
        : curvesOf(device, channels, cleaning, readings.data, golden === null ? undefined : like.data, {
            golden: t("cleaningLimit.golden"),
            low: t("cleaningLimit.low"),
            high: t("cleaningLimit.high"),
            end: t("cleaningLimit.end"),
            mean: t("cleaningLimit.mean"),
          }),
    [device, channels, cleaning, readings.data, like.data, golden, t],
  );
  const layers = useMemo(() => {
    const name: Layer = (chart) => lane.current !== null && placePhases(lane.current, chart);
    return layersOf(curves, cleaning, marked, scheme).map((drawn, index) => (index === 0 ? [drawn, name] : [drawn]));
  }, [curves, cleaning, marked, scheme]);
  const span = useMemo(() => ({ ...(looked ?? whole), live: false }), [looked, whole]);
  const showAll = () => see(wholeView);
  const look = (from: number, to: number) => see({ looked: { from, to }, marked });
  const steps = useSteps(span, showAll, look);
  useEffect(() => {
    if (marked === null) return;
    place.current?.focus({ preventScroll: true });
    place.current?.scrollIntoView({ block: "nearest" });
  }, [marked]);
  return (
    <Loaded query={readings} height={3 * HEIGHT_PX}>
      {() =>
        curves.length === 0 ? (
          <Text className="quiet">{t("cleaning.noReadings")}</Text>
        ) : (
          // The group takes the keys + − ← → 0, announced below it.
          // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex, jsx-a11y/no-noninteractive-element-interactions
          <div tabIndex={0} onKeyDown={steps.onKey} role="group" aria-label={t("cleaning.chart")} ref={place} className="cleaning-charts">
            {curves.map((curve, index) => (
              <Signal key={curve.signal} curve={curve} span={span} zone={device.zone} gutters={gutters} layers={layers[index]} isStale={readings.isError} look={look}>
                {index === 0 && <Lane place={lane} cleaning={cleaning} zone={device.zone} show={(step) => see(viewOf(timesOf(step)))} />}
              </Signal>
            ))}
            <Key cleaning={cleaning} scheme={scheme} />
            <Text size="xs" className="quiet" component="div">
              {looked !== null && (
                <Button size="compact-xs" variant="default" mr="xs" onClick={showAll}>
                  {t("cleaning.whole")}
                </Button>
              )}
              {t("cleaning.keys")}
            </Text>
          </div>
        )
      }
    </Loaded>
  );
}

interface SignalProps {
  curve: Curve;
  span: Times & { live: boolean };
  zone: string;
  gutters: readonly Gutter<uPlot>[];
  layers: readonly Layer[] | undefined;
  isStale: boolean;
  look: (from: number, to: number) => void;
  /** What stands right above the chart. */
  children: ReactNode;
}

function Signal({ curve: { channel, series }, span, zone, gutters, layers, isStale, look, children }: SignalProps) {
  const { t, own } = useTexts();
  return (
    <figure className="cleaning-signal">
      <figcaption>
        {own(channel.name)} <b>{channel.unit}</b>
      </figcaption>
      {children}
      <UnitChart
        series={series}
        span={span}
        zone={zone}
        stale={isStale}
        gutters={gutters}
        {...(layers === undefined ? {} : { layers })}
        height={HEIGHT_PX}
        onSelect={look}
        label={t("cleaning.chartOf", { name: own(channel.name) })}
      />
    </figure>
  );
}

/** The phases' names above their bands; each looks at its phase more closely. */
function Lane({ place, cleaning: { steps, findings }, zone, show }: { place: RefObject<HTMLOListElement | null>; cleaning: Cleaning; zone: string; show: (step: Step) => void }) {
  const { t, language } = useTexts();
  const signOf = ({ from }: Step) => {
    const reasons = findings.filter(({ step_from }) => step_from === from);
    return reasons.length === 0 ? "" : reasons.every(({ reason }) => reason === "gap") ? "▲ " : "✕ ";
  };
  return (
    <ol ref={place} className="cleaning-lane" aria-label={t("cleaning.phases")}>
      {steps.map((step) => (
        <li key={step.from} data-from={timesOf(step).from} data-to={timesOf(step).to} hidden>
          <button type="button" title={t("cleaning.lookAt", { step: t(`cleaningStep.${step.kind}`), from: formatTime(step.from, language, zone) })} data-sign={signOf(step)} onClick={() => show(step)}>
            {signOf(step)}
            {t(`cleaningStep.${step.kind}`)}
          </button>
        </li>
      ))}
    </ol>
  );
}

/** What is drawn besides the lines, as far as there is any. */
function Key({ cleaning: { steps }, scheme }: { cleaning: Cleaning; scheme: Scheme }) {
  const { t } = useTexts();
  const isShort = steps.some(({ shortfalls }) => shortfalls.length > 0);
  const hasGaps = steps.some(({ gaps }) => gaps.length > 0);
  if (!isShort && !hasGaps) return null;
  return (
    <ul className="plain-list cleaning-key quiet" aria-label={t("chart.key")}>
      {isShort && (
        <li>
          <span aria-hidden="true" style={{ background: inks[scheme].warn }} /> <span aria-hidden="true" style={{ background: inks[scheme].bad }} /> {t("cleaning.keyShort")}
        </li>
      )}
      {hasGaps && (
        <li>
          <span aria-hidden="true" className="cleaning-hatch" /> {t("cleaning.keyGap")}
        </li>
      )}
    </ul>
  );
}

/** What is drawn with each curve. */
function layersOf(curves: readonly Curve[], { steps, findings }: Cleaning, marked: Times | null, scheme: Scheme): Layer[] {
  const phases = steps.map((step) => ({ ...timesOf(step), kind: step.kind }));
  const gaps = steps.flatMap((step) => step.gaps.map(timesOf));
  const tooShort = new Set(findings.filter(({ reason }) => reason === "effective_time").map(({ step_from }) => step_from));
  return curves.map(({ signal }) => {
    const short = steps.flatMap(({ from, shortfalls }) => shortfalls.filter((one) => one.signal === signal).flatMap(({ spans }) => spans.map((span) => ({ ...timesOf(span), isBad: tooShort.has(from) }))));
    return phaseLayer({ phases, short, gaps, marked }, scheme);
  });
}

function useReadings(device: string, channels: Cleanings["channels"], times: Times | null, isRunning: boolean) {
  const asked = [channels.temperature, channels.conductivity, channels.flow].filter((one) => one !== null).join(",");
  return useQuery({
    queryKey: ["readings", device, "cleaning", asked, times?.from, times?.to],
    queryFn: async () => {
      const query = { channel: asked, from: new Date(times?.from ?? 0).toISOString(), to: new Date(times?.to ?? 0).toISOString(), points: POINTS };
      return (await take(api.GET("/api/v1/devices/{key}/readings", { params: { path: { key: device }, query }, headers: { accept: "application/json" } }))) as Readings;
    },
    enabled: times !== null,
    placeholderData: keepPreviousData,
    refetchInterval: isRunning ? REFRESH_MS : false,
  });
}
