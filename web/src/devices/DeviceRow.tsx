import { Checkbox } from "@mantine/core";
import { memo, type MouseEvent, useMemo } from "react";
import type { Channel, Device } from "../api/client";
import { formatAge, formatValue } from "../format";
import { useTexts } from "../i18n";
import { isCurrent, live, useTold } from "../live/hooks";
import type { Reading } from "../live/store";
import { useRights } from "../session/session";
import { Mark } from "../ui/Mark";
import { qualityMark, qualityText } from "../ui/words";
import { PresenceShown } from "./Presence";

interface Props {
  device: Device;
  /** As its owner calls it. */
  ownName?: string | undefined;
  /** How many channels there is room for. */
  shown: number;
  /** Lead to its page. */
  open: (key: string) => void;
  isChosen?: boolean;
  /** Instead of leading to its page, the row ticks the device. */
  toggle?: (key: string) => void;
}

/**
 * One device: a line of a dense table, or a card on a phone. Some ten appear in each frame of a list that is scrolled fast, so
 * that they are plain elements, and each listens once.
 */
export const DeviceRow = memo(function DeviceRow({ device, ownName, shown, open, isChosen = false, toggle }: Props) {
  const rights = useRights();
  const content = <Content device={device} name={ownName ?? device.name} shown={shown} />;
  if (toggle === undefined) {
    const follow = (event: MouseEvent) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return; // the browser's own: in a new tab or window
      event.preventDefault();
      open(device.key);
    };
    return (
      <a href={`/devices/${encodeURIComponent(device.key)}`} className="device-row" onClick={follow}>
        {content}
      </a>
    );
  }
  return (
    <div className="device-row tickable">
      <Checkbox checked={isChosen} onChange={() => toggle(device.key)} disabled={!rights.on("configure", device.site_id)} aria-label={device.name} />
      {content}
    </div>
  );
});

function Content({ device, name, shown }: { device: Device; name: string; shown: number }) {
  const { t } = useTexts();
  const channels = useMemo(() => device.channels.slice(0, shown), [device, shown]);
  const series = useMemo(() => channels.map((channel) => channel.series), [channels]);
  const more = device.channels.length - shown;
  const newest = () => live.newest(device.key);
  const age = (at: number) => formatAge(live.now - at, t);
  const words = (reading: Reading | undefined) => (reading === undefined ? "" : `${reading.t} ${reading.value} ${reading.quality} ${age(reading.t)}`);
  useTold(series, () => {
    const of = channels.map((channel) => `${words(live.reading(channel.series))} ${isCurrent(channel, device.key)}`);
    return [live.connection, live.isKnown(device.key), live.presence(device.key), age(newest() ?? 0), ...of].join();
  });
  const at = newest();
  const isKnown = live.isKnown(device.key);
  return (
    <>
      <div className="device-name">
        <div className="cut device-title">{name}</div>
        <div className="quiet cut device-key">
          {device.key}
          {more > 0 && ` · +${more}`}
        </div>
      </div>
      <div className="device-values">
        {channels.map((channel) => (
          <Value key={channel.series} channel={channel} reading={live.reading(channel.series)} isCurrent={isCurrent(channel, device.key)} isKnown={isKnown} age={age} />
        ))}
      </div>
      <PresenceShown state={live.presence(device.key)} age={at === undefined ? undefined : age(at)} isKnown={isKnown} isLost={live.connection === "lost"} />
    </>
  );
}

interface Shown {
  channel: Channel;
  reading: Reading | undefined;
  isCurrent: boolean;
  isKnown: boolean;
  age: (at: number) => string;
}

function Value({ channel, reading, isCurrent: isFresh, isKnown, age }: Shown) {
  const { language, own, t } = useTexts();
  const name = own(channel.name);
  const mark = reading === undefined ? null : qualityMark(reading.quality);
  return (
    <div className={isFresh || reading === undefined ? "device-value" : "device-value stale"}>
      <div className="quiet cut device-channel" title={name}>
        {name}
      </div>
      {reading === undefined ? (
        <div className="quiet device-none">{isKnown ? t("device.noData") : "…"}</div>
      ) : (
        <>
          <div className="number device-number">
            <b>{formatValue(reading.value, channel, language, own)}</b> <span className="quiet unit">{channel.unit}</span>
          </div>
          <div className="quiet number device-age">
            {mark !== null && <Mark kind={mark} />} {mark !== null && `${qualityText(reading.quality, t)} · `}
            {age(reading.t)}
          </div>
        </>
      )}
    </div>
  );
}
