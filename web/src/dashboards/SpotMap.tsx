import { useElementSize } from "@mantine/hooks";
import { useNavigate } from "@tanstack/react-router";
import type { KeyboardEvent } from "react";
import type { Priority } from "../alarms/alarms";
import type { Channel } from "../api/client";
import { formatNumber, formatValue } from "../format";
import { useTexts } from "../i18n";
import { usePresence, useReading } from "../live/hooks";
import { problemText } from "../ui/words";
import { Nothing } from "./Frame";
import { projected, scaleBar, withRoom } from "./maps";
import { mainChannels } from "./plants";
import { useShown } from "./source";
import type { Spot } from "./useSpots";

const NO_SERIES = -1;
const SCALE_PX = 110;
const KM = 1_000;
const LETTER_PX = 7.4;
const NOTE_LETTER_PX = 6.3;
const VALUE_PX = 90;
const GAP_PX = 14;
const FLIPS_FROM = 0.65; // of the width: what lies further right has its name on the left
const COLOURS: Record<Priority, string> = { critical: "var(--critical)", high: "var(--high)", medium: "var(--medium)", low: "var(--low)" };

interface Props {
  title: string;
  /** Of the pattern of its ground, so that two maps of a page do not share one. */
  id: string;
  spots: readonly Spot[];
  isPending: boolean;
  error: unknown;
}

/** Spots on a plain ground with a grid, a scale and north, each with its value and what is wrong there. */
export function SpotMap({ title, id, spots, isPending, error }: Props) {
  const { t, language } = useTexts();
  const { ref, width, height } = useElementSize();
  if (spots.length === 0) return <Nothing>{error !== null ? problemText(error, t) : t(isPending ? "common.loading" : "boards.mapEmpty")}</Nothing>;
  const projection = projected(spots, Math.max(1, width), Math.max(1, height));
  const bar = scaleBar(projection.metres, SCALE_PX);
  const distance = bar.metres >= KM ? `${formatNumber(bar.metres / KM, null, language)} km` : `${formatNumber(bar.metres, null, language)} m`;
  const marks = spots.map((spot) => ({ spot, x: projection.x(spot), y: projection.y(spot) }));
  return (
    <div ref={ref} className="site-map">
      {width > 0 && (
        <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="group" aria-label={title}>
          <defs>
            <pattern id={`grid-${id}`} width={bar.units} height={bar.units} patternUnits="userSpaceOnUse">
              <path d={`M${bar.units} 0H0V${bar.units}`} className="map-grid" />
            </pattern>
          </defs>
          <rect width="100%" height="100%" fill={`url(#grid-${id})`} />
          {named(marks, width).map(({ spot, x, y, side, isNamed }, index) => (
            <SpotMark key={index} spot={spot} x={x} y={y} side={side} isNamed={isNamed} />
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
  );
}

interface Mark {
  spot: Spot;
  x: number;
  y: number;
}

/** On which side a spot has its name, and whether there is room for it; what is drawn last, which presses most, has the first choice. */
function named(marks: readonly Mark[], width: number) {
  const sided = marks.map((mark) => ({ ...mark, side: mark.x > width * FLIPS_FROM ? -1 : 1 }));
  const labels = sided.map(({ spot, x, y, side }) => ({ x: x + side * GAP_PX, y, width: side * Math.max(VALUE_PX, spot.name.length * LETTER_PX, (spot.worst?.name.length ?? 0) * NOTE_LETTER_PX) }));
  const free = withRoom([...labels].reverse(), marks).reverse();
  return sided.map((mark, index) => ({ ...mark, isNamed: free[index] === true }));
}

function SpotMark({ spot: { name, device, site, worst }, x, y, side, isNamed }: Mark & { side: number; isNamed: boolean }) {
  const { t } = useTexts();
  const presence = usePresence(device?.key ?? "");
  const value = useValueText(mainChannels(device?.channels ?? []));
  const go = useWayTo(device?.key ?? "", site);
  const told = worst === null ? (device === null ? "" : t(`state.${presence}`)) : worst.name;
  const opens = go === null ? { role: "img" } : { role: "link", tabIndex: 0, onClick: go, onKeyDown: (event: KeyboardEvent) => (event.key === "Enter" ? go() : undefined) };
  const words = [name, value, told].filter((one) => one !== "").join(", ");
  return (
    <g transform={`translate(${x} ${y})`}>
      {worst !== null && <path d="M0 -9 10 8H-10z" fill={worst.is_acknowledged ? "var(--surface)" : COLOURS[worst.priority]} stroke={COLOURS[worst.priority]} strokeWidth="2" />}
      {worst === null && device !== null && <circle r="6" className={presence === "live" ? "map-dot" : "map-dot away"} />}
      {worst === null && device === null && <rect x="-6" y="-6" width="12" height="12" className="map-dot" />}
      {isNamed && (
        <g aria-hidden="true" className="map-words">
          <text x={side * GAP_PX} y="-1" textAnchor={side < 0 ? "end" : "start"} className="map-name">
            {name}
          </text>
          <text x={side * GAP_PX} y="13" textAnchor={side < 0 ? "end" : "start"} className="map-note number">
            {worst?.name ?? value}
          </text>
        </g>
      )}
      <circle r="15" className={go === null ? "map-touch" : "map-touch opens"} {...opens} aria-label={words}>
        <title>{words}</title>
      </circle>
    </g>
  );
}

/** The value of the first of its main channels of which there is a reading. */
function useValueText([first, second, third]: readonly Channel[]): string {
  const { own, language } = useTexts();
  const read = [first, second, third].map((channel) => channel?.series ?? NO_SERIES);
  const readings = [useReading(read[0] ?? NO_SERIES), useReading(read[1] ?? NO_SERIES), useReading(read[2] ?? NO_SERIES)];
  const place = readings.findIndex((reading) => reading !== undefined);
  const [channel, reading] = [[first, second, third][place], readings[place]];
  if (channel === undefined || reading === undefined) return "";
  return `${formatValue(reading.value, channel, language, own)} ${channel.unit}`.trim();
}

function useWayTo(device: string, site: number | null): (() => void) | null {
  const { source } = useShown();
  const navigate = useNavigate();
  if (source.isPublic || (device === "" && site === null)) return null;
  return () => void (device !== "" ? navigate({ to: "/devices/$key", params: { key: device } }) : navigate({ to: "/dashboards/site/$id", params: { id: String(site) } }));
}
