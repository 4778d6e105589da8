import { Checkbox } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { memo } from "react";
import type { Channel, Device } from "../api/client";
import { formatValue } from "../format";
import { useTexts } from "../i18n";
import { useAge, useIsCurrent, useIsKnown, useReading } from "../live/hooks";
import { useRights } from "../session/session";
import { Mark } from "../ui/Mark";
import { qualityMark, qualityText } from "../ui/words";
import { useOwnDevice } from "./own";
import { PresenceOf } from "./Presence";

interface Props {
  device: Device;
  /** How many channels there is room for. */
  shown: number;
  isChosen?: boolean;
  /** Instead of leading to its page, the row ticks the device. */
  toggle?: (key: string) => void;
}

/** One device: a line of a dense table, or a card on a phone. */
export const DeviceRow = memo(function DeviceRow({ device, shown, isChosen = false, toggle }: Props) {
  const rights = useRights();
  if (toggle === undefined) {
    return (
      <Link to="/devices/$key" params={{ key: device.key }} className="device-row">
        <Content device={device} shown={shown} />
      </Link>
    );
  }
  return (
    <div className="device-row tickable">
      <Checkbox checked={isChosen} onChange={() => toggle(device.key)} disabled={!rights.on("configure", device.site_id)} aria-label={device.name} />
      <Content device={device} shown={shown} />
    </div>
  );
});

function Content({ device, shown }: { device: Device; shown: number }) {
  const more = device.channels.length - shown;
  const own = useOwnDevice(device.key);
  return (
    <>
      <div className="device-name">
        <div className="cut" style={{ fontWeight: 600 }}>
          {own?.name ?? device.name}
        </div>
        <div className="quiet cut" style={{ fontSize: 12 }}>
          {device.key}
          {more > 0 && ` · +${more}`}
        </div>
      </div>
      <div className="device-values">
        {device.channels.slice(0, shown).map((channel) => (
          <LiveValue key={channel.series} device={device.key} channel={channel} />
        ))}
      </div>
      <PresenceOf device={device.key} />
    </>
  );
}

function LiveValue({ device, channel }: { device: string; channel: Channel }) {
  const { language, own, t } = useTexts();
  const reading = useReading(channel.series);
  const age = useAge(reading?.t);
  const isCurrent = useIsCurrent(channel, device);
  const isKnown = useIsKnown(device);
  const mark = reading === undefined ? null : qualityMark(reading.quality);
  const name = own(channel.name);
  return (
    <div className={isCurrent || reading === undefined ? "device-value" : "device-value stale"}>
      <div className="quiet cut" style={{ fontSize: 11 }} title={name}>
        {name}
      </div>
      {reading === undefined ? (
        <div className="quiet" style={{ fontSize: 13 }}>
          {isKnown ? t("device.noData") : "…"}
        </div>
      ) : (
        <>
          <div className="number" style={{ fontSize: 15 }}>
            <b style={{ fontWeight: 600 }}>{formatValue(reading.value, channel, language, own)}</b> <span className="quiet unit">{channel.unit}</span>
          </div>
          <div className="quiet number device-age">
            {mark !== null && <Mark kind={mark} />} {mark !== null && `${qualityText(reading.quality, t)} · `}
            {age}
          </div>
        </>
      )}
    </div>
  );
}
