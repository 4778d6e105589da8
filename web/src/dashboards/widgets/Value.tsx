import { Link } from "@tanstack/react-router";
import type { Channel } from "../../api/client";
import { formatValue } from "../../format";
import { useTexts } from "../../i18n";
import { useAge, useIsCurrent, useIsKnown, useReading } from "../../live/hooks";
import { Mark } from "../../ui/Mark";
import { qualityMark, qualityText } from "../../ui/words";
import { Frame, Nothing } from "../Frame";
import { type BoundDevice, useShown } from "../source";
import type { Of } from "../types";
import { Bound } from "./bound";

/** The newest value, as large as its place allows. */
export function Value({ widget }: { widget: Of<"value"> }) {
  return (
    <Bound series={widget.series} title={widget.title}>
      {(device, channel) => <ValueOf title={widget.title} device={device} channel={channel} />}
    </Bound>
  );
}

function ValueOf({ title, device, channel }: { title: string; device: BoundDevice; channel: Channel }) {
  const { t, own, language } = useTexts();
  const reading = useReading(channel.series);
  const isCurrent = useIsCurrent(channel, device.key);
  const isKnown = useIsKnown(device.key);
  const text = reading === undefined ? "" : formatValue(reading.value, channel, language, own);
  return (
    <Frame title={title === "" ? own(channel.name) : title} stale={reading !== undefined && !isCurrent}>
      {reading === undefined ? (
        <Nothing>{isKnown ? t("device.noData") : "…"}</Nothing>
      ) : (
        <div className="widget-value">
          <div className={`number widget-number ${text.length > 12 ? "small" : text.length > 7 ? "medium" : "large"}`}>
            {text} <span className="quiet unit">{channel.unit}</span>
          </div>
          <Foot device={device} at={reading.t} quality={reading.quality} />
        </div>
      )}
    </Frame>
  );
}

/** Of which device a value is, how old, and how good. */
export function Foot({ device, at, quality }: { device: BoundDevice; at: number; quality: string }) {
  const { t } = useTexts();
  const age = useAge(at);
  const mark = qualityMark(quality);
  return (
    <div className="quiet widget-foot">
      <DeviceName device={device} />
      <span className="number"> · {age}</span>
      {mark !== null && (
        <span className={mark}>
          {" "}
          <Mark kind={mark} /> {qualityText(quality, t)}
        </span>
      )}
    </div>
  );
}

/** A device's name, which leads to its page for whoever is signed in. */
export function DeviceName({ device }: { device: Pick<BoundDevice, "key" | "name"> }) {
  const { source } = useShown();
  if (source.isPublic) return <span>{device.name}</span>;
  return (
    <Link to="/devices/$key" params={{ key: device.key }} className="widget-link">
      {device.name}
    </Link>
  );
}
