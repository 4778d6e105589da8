import type { Channel } from "../api/client";
import { formatValue } from "../format";
import { useTexts } from "../i18n";
import { useAge, useIsCurrent, useIsKnown, useReading } from "../live/hooks";
import { Mark } from "../ui/Mark";
import { qualityMark, qualityText } from "../ui/words";

/** One channel's newest value, large. */
export function Tile({ device, channel }: { device: string; channel: Channel }) {
  const { t, own } = useTexts();
  const reading = useReading(channel.series);
  const isCurrent = useIsCurrent(channel, device);
  const isKnown = useIsKnown(device);
  const age = useAge(reading?.t);
  const mark = reading === undefined ? null : qualityMark(reading.quality);
  const name = own(channel.name);
  return (
    <div className={isCurrent || reading === undefined ? "panel tile" : "panel tile stale"} role="group" aria-label={name}>
      <div className="quiet tile-name">
        <span>{name}</span>
        {channel.discovered && <span className="tile-note">{t("device.discovered")}</span>}
      </div>
      {reading === undefined ? (
        <div className="quiet">{isKnown ? t("device.noData") : "…"}</div>
      ) : (
        <>
          <TileValue value={reading.value} channel={channel} />
          <div className="quiet number tile-note">
            {age}
            {mark !== null && (
              <div className={mark}>
                <Mark kind={mark} /> {qualityText(reading.quality, t)}
              </div>
            )}
          </div>
        </>
      )}
    </div>
  );
}

function TileValue({ value, channel }: { value: number | null; channel: Channel }) {
  const { language, own } = useTexts();
  const text = formatValue(value, channel, language, own);
  const size = text.length > 13 ? "small" : text.length > 8 ? "medium" : "large";
  return (
    <div className={`number tile-value ${size}`}>
      {text} <span className="quiet unit">{channel.unit}</span>
    </div>
  );
}
