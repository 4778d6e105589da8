import { useState } from "react";
import type { Channel } from "../../api/client";
import { formatValue } from "../../format";
import { useTexts } from "../../i18n";
import { problemText } from "../../ui/words";
import { Frame, Nothing, TimeNote } from "../Frame";
import { type Cells, cellsOf, grown, shareOf } from "../shapes";
import type { BoundDevice } from "../source";
import type { Of } from "../types";
import { Bound } from "./bound";
import { useStories } from "./useSeries";

const DAY_MS = 86_400_000;
const HOURS = Array.from({ length: 24 }, (_, hour) => hour);

/** When in the day a quantity is high: a line a day, a cell an hour. */
export function Heat({ widget }: { widget: Of<"heat"> }) {
  return (
    <Bound series={widget.series} title={widget.title}>
      {(device, channel) => <HeatOf widget={widget} device={device} channel={channel} />}
    </Bound>
  );
}

function HeatOf({ widget, device, channel }: { widget: Of<"heat">; device: BoundDevice; channel: Channel }) {
  const { t, own } = useTexts();
  const found = useStories([{ device, channel }], widget.days * DAY_MS, 1_000, "1h");
  const readings = found.data?.stories[0]?.readings;
  const value = readings === undefined ? [] : channel.kind === "counter" ? grown(readings.max ?? readings.value) : readings.value;
  const cells = cellsOf(readings?.t ?? [], value, device.zone);
  return (
    <Frame title={widget.title === "" ? `${own(channel.name)}${channel.unit === "" ? "" : ` (${channel.unit})`}` : widget.title} note={<TimeNote text={t("boards.days", { n: widget.days })} zone={device.zone} />} stale={found.isError && readings !== undefined}>
      {cells.days.length === 0 ? (
        <Nothing>{found.error !== null ? problemText(found.error, t) : t(found.isPending ? "common.loading" : "chart.empty")}</Nothing>
      ) : (
        <Grid cells={cells} channel={channel} />
      )}
    </Frame>
  );
}

function Grid({ cells, channel }: { cells: Cells; channel: Channel }) {
  const { t, language, own } = useTexts();
  const [pointed, point] = useState("");
  const text = (value: number | null) => `${formatValue(value, { ...channel, kind: "gauge" }, language, own)} ${channel.unit}`.trim();
  const day = (name: string) => new Intl.DateTimeFormat(language, { day: "2-digit", month: "2-digit", timeZone: "UTC" }).format(new Date(name));
  return (
    <div className="heat">
      <div className="heat-cells" role="img" aria-label={t("boards.heatOf", { low: text(cells.low), high: text(cells.high) })} onPointerLeave={() => point("")}>
        {cells.days.map((name, row) => (
          <div key={name} className="heat-row">
            <span className="quiet number">{day(name)}</span>
            {HOURS.map((hour) => {
              const value = cells.means[row]?.[hour] ?? null;
              const share = value === null ? 0 : Math.round(100 * shareOf(value, cells.low, cells.high));
              return <i key={hour} className={value === null ? "none" : ""} style={{ "--share": `${share}%` } as React.CSSProperties} onPointerEnter={() => point(`${day(name)} ${hour} h · ${value === null ? "—" : text(value)}`)} />;
            })}
          </div>
        ))}
        <div className="heat-row heat-hours quiet number" aria-hidden="true">
          <span />
          {HOURS.map((hour) => (
            <span key={hour}>{hour % 6 === 0 ? hour : ""}</span>
          ))}
        </div>
      </div>
      <div className="heat-key quiet number">
        {pointed === "" ? (
          <>
            {text(cells.low)} <span className="heat-scale" aria-hidden="true" /> {text(cells.high)}
          </>
        ) : (
          pointed
        )}
      </div>
    </div>
  );
}
