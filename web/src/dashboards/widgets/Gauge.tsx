import type { Channel } from "../../api/client";
import { formatNumber, formatValue } from "../../format";
import { useTexts } from "../../i18n";
import { useIsCurrent, useIsKnown, useReading } from "../../live/hooks";
import { Frame, Nothing } from "../Frame";
import { scaleOf, shareOf } from "../shapes";
import type { BoundDevice } from "../source";
import type { Of } from "../types";
import { Bound } from "./bound";
import { Foot } from "./Value";

const RADIUS = 80;
const LENGTH = Math.PI * RADIUS;

/** The newest value as a part of its scale. The arc is grey-blue whatever the value: what is wrong is told by alarms. */
export function Gauge({ widget }: { widget: Of<"gauge"> }) {
  return (
    <Bound series={widget.series} title={widget.title}>
      {(device, channel) => <GaugeOf widget={widget} device={device} channel={channel} />}
    </Bound>
  );
}

function GaugeOf({ widget, device, channel }: { widget: Of<"gauge">; device: BoundDevice; channel: Channel }) {
  const { t, own, language } = useTexts();
  const reading = useReading(channel.series);
  const isCurrent = useIsCurrent(channel, device.key);
  const isKnown = useIsKnown(device.key);
  const value = reading?.value ?? null;
  const [low, high] = scaleOf(value, { low: widget.low, high: widget.high }, channel);
  const share = value === null ? 0 : shareOf(value, low, high);
  const name = widget.title === "" ? own(channel.name) : widget.title;
  const text = formatValue(value, channel, language, own);
  return (
    <Frame title={name} stale={reading !== undefined && !isCurrent}>
      {reading === undefined ? (
        <Nothing>{isKnown ? t("device.noData") : "…"}</Nothing>
      ) : (
        <div className="gauge">
          <svg viewBox="0 0 200 118" role="img" aria-label={t("boards.gaugeOf", { name, value: `${text} ${channel.unit}`.trim(), low: formatNumber(low, null, language), high: formatNumber(high, null, language) })}>
            <path d="M20 100a80 80 0 0 1 160 0" className="gauge-scale" />
            {share > 0 && <path d="M20 100a80 80 0 0 1 160 0" className="gauge-value" strokeDasharray={`${share * LENGTH} ${LENGTH}`} />}
            <text x="100" y="92" textAnchor="middle" className="gauge-number number">
              {text}
            </text>
            <text x="100" y="111" textAnchor="middle" className="gauge-unit">
              {channel.unit}
            </text>
            <text x="20" y="116" textAnchor="middle" className="gauge-end number">
              {formatNumber(low, null, language)}
            </text>
            <text x="180" y="116" textAnchor="middle" className="gauge-end number">
              {formatNumber(high, null, language)}
            </text>
          </svg>
          <Foot device={device} at={reading.t} quality={reading.quality} />
        </div>
      )}
    </Frame>
  );
}
