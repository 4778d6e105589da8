import { useElementSize } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { KeyboardEvent } from "react";
import { type Alarm, inOrder, type Priority } from "../../alarms/alarms";
import { formatNumber, formatValue } from "../../format";
import { useTexts } from "../../i18n";
import { usePresence, useReading } from "../../live/hooks";
import { Frame, Nothing } from "../Frame";
import { below, mainChannels, projected, scaleBar } from "../plants";
import { useBoundDevice, useShown } from "../source";
import type { Of } from "../types";
import { deviceOf, siteOf } from "../variables";

type Place = Of<"map">["places"][number];
const SCALE_PX = 110;
const KM = 1_000;
const COLOURS: Record<Priority, string> = { critical: "var(--critical)", high: "var(--high)", medium: "var(--medium)", low: "var(--low)" };

/** Where things are: places on a plain ground with a scale, each with what is wrong there. Nothing comes from the Internet. */
export function SiteMap({ widget }: { widget: Of<"map"> }) {
  const { t, language } = useTexts();
  const { ref, width, height } = useElementSize();
  const title = widget.title === "" ? t("boardKind.map") : widget.title;
  const projection = projected(widget.places, Math.max(1, width), Math.max(1, height));
  const bar = scaleBar(projection.metres, SCALE_PX);
  const distance = bar.metres >= KM ? `${formatNumber(bar.metres / KM, null, language)} km` : `${formatNumber(bar.metres, null, language)} m`;
  return (
    <Frame title={title}>
      {widget.places.length === 0 ? (
        <Nothing>{t("boards.mapEmpty")}</Nothing>
      ) : (
        <div ref={ref} className="site-map">
          {width > 0 && (
            <svg width={width} height={height} role="group" aria-label={title}>
              <defs>
                <pattern id={`grid-${widget.id}`} width={bar.units} height={bar.units} patternUnits="userSpaceOnUse">
                  <path d={`M${bar.units} 0H0V${bar.units}`} className="map-grid" />
                </pattern>
              </defs>
              <rect width="100%" height="100%" fill={`url(#grid-${widget.id})`} />
              {widget.places.map((place, index) => (
                <PlaceMark key={index} place={place} x={projection.x(place)} y={projection.y(place)} flips={projection.x(place) > width * 0.65} />
              ))}
              <g transform={`translate(10 ${height - 10})`} className="map-scale" aria-hidden="true">
                <path d={`M0 -5V0H${bar.units}V-5`} />
                <text x={bar.units + 6} y="0">
                  {distance}
                </text>
              </g>
              <text x={width - 16} y="18" textAnchor="middle" className="map-north" aria-hidden="true">
                N ↑
              </text>
            </svg>
          )}
        </div>
      )}
    </Frame>
  );
}

function PlaceMark({ place, x, y, flips }: { place: Place; x: number; y: number; flips: boolean }) {
  const { t } = useTexts();
  const { source, values, site: own } = useShown();
  const { alarms } = source.useAlarms();
  const key = place.device === null || place.device === undefined ? "" : deviceOf(place.device, values);
  const hasSite = place.site !== null && place.site !== undefined;
  const site = siteOf(place.site, values, own);
  const device = useBoundDevice(key);
  const plant = useQuery({ queryKey: ["dashboards", source.key, "plant", site], queryFn: () => source.plant(site), staleTime: 60_000, enabled: hasSite });
  const sites = below(plant.data?.sites ?? [], site);
  const here = (alarms ?? []).filter((one) => (key !== "" ? one.device === key : hasSite && sites.has(one.site)));
  const worst: Alarm | undefined = inOrder(here)[0];
  const presence = usePresence(key);
  const name = place.name !== "" ? place.name : (device.data?.name ?? plant.data?.sites.find(({ id }) => id === site)?.name ?? "");
  const channel = mainChannels(device.data?.channels ?? [])[0];
  const value = useValueText(channel);
  const go = useWayTo(key, hasSite ? site : null);
  const told = worst === undefined ? (key === "" ? "" : t(`state.${presence}`)) : worst.name;
  return (
    <g transform={`translate(${x} ${y})`} className={go === null ? "map-place" : "map-place opens"} {...(go === null ? {} : { role: "link", tabIndex: 0, onClick: go, onKeyDown: (event: KeyboardEvent) => (event.key === "Enter" ? go() : undefined) })} aria-label={[name, value, told].filter((one) => one !== "").join(", ")}>
      <circle r="15" className="map-touch" />
      {worst === undefined ? <circle r="6" className={presence === "live" || key === "" ? "map-dot" : "map-dot away"} /> : <path d="M0 -9 10 8H-10z" fill={worst.is_acknowledged ? "var(--surface)" : COLOURS[worst.priority]} stroke={COLOURS[worst.priority]} strokeWidth="2" />}
      <text x={flips ? -14 : 14} y="-1" textAnchor={flips ? "end" : "start"} className="map-name">
        {name}
      </text>
      <text x={flips ? -14 : 14} y="13" textAnchor={flips ? "end" : "start"} className="map-note number">
        {worst?.name ?? value}
      </text>
    </g>
  );
}

function useValueText(channel: { series: number; kind: "gauge" | "counter" | "state"; unit: string; precision: number | null; states?: Record<string, string | Record<string, string>> | null } | undefined): string {
  const { own, language } = useTexts();
  const reading = useReading(channel?.series ?? -1);
  if (channel === undefined || reading === undefined) return "";
  return `${formatValue(reading.value, { ...channel, states: channel.states ?? null }, language, own)} ${channel.unit}`.trim();
}

function useWayTo(device: string, site: number | null): (() => void) | null {
  const { source } = useShown();
  const navigate = useNavigate();
  if (source.isPublic || (device === "" && site === null)) return null;
  return () => void (device !== "" ? navigate({ to: "/devices/$key", params: { key: device } }) : navigate({ to: "/dashboards/site/$id", params: { id: String(site) } }));
}
