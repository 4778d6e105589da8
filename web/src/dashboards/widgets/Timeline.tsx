import { useElementSize } from "@mantine/hooks";
import { useState } from "react";
import { timeLabels } from "../../chart/labels";
import { presets } from "../../chart/range";
import { formatTime, formatValue } from "../../format";
import { useTexts } from "../../i18n";
import { problemText } from "../../ui/words";
import { Frame, Nothing, TimeNote } from "../Frame";
import { type Band, bandsOf } from "../shapes";
import type { Of } from "../types";
import { nameOf, type Story, useBounds, useStories } from "./useSeries";

const POINTS = 2_000;
const LOOKS = 6;
const LETTER_PX = 7;
const TICK_PX = 90;
const MOST_TICKS = 6;
const DAY_S = 86_400;

/** States over time: one band a series, each state with a tone and its name. */
export function Timeline({ widget }: { widget: Of<"timeline"> }) {
  const { t, own } = useTexts();
  const { bounds, waits, error } = useBounds(widget.series);
  const found = useStories(bounds, presets[widget.range], POINTS);
  const trouble = error ?? (found.data === undefined ? found.error : null);
  const stories = (found.data?.stories ?? []).filter(({ readings }) => readings.t.length > 0);
  const title = widget.title === "" ? (bounds.length === 1 && bounds[0] !== undefined ? own(bounds[0].channel.name) : t("boardKind.timeline")) : widget.title;
  return (
    <Frame title={title} note={<TimeNote text={t(`boardRange.${widget.range}`)} zone={stories[0]?.device.zone} />} stale={found.isError && found.data !== undefined}>
      {found.data === undefined || stories.length === 0 ? (
        <Nothing>{trouble !== null ? problemText(trouble, t) : waits || found.isFetching ? t("common.loading") : t("chart.empty")}</Nothing>
      ) : (
        <Bands stories={stories} from={found.data.from} to={found.data.to} />
      )}
    </Frame>
  );
}

function Bands({ stories, from, to }: { stories: readonly Story[]; from: number; to: number }) {
  const { language, own } = useTexts();
  const { ref, width } = useElementSize();
  const [pointed, point] = useState("");
  const zone = stories[0]?.device.zone ?? "UTC";
  const share = (at: number) => Math.max(0, at - from) / (to - from);
  const percent = (part: number) => `${100 * part}%`; // of whatever width: paper has another one
  const ticks = Math.max(2, Math.min(MOST_TICKS, Math.floor(width / TICK_PX)));
  const seconds = Array.from({ length: ticks }, (_, n) => (from + ((n + 0.5) * (to - from)) / ticks) / 1000);
  return (
    <div className="timeline">
      {stories.map((story) => (
        <div key={story.channel.series} className="timeline-row">
          <span className="cut quiet">{nameOf(story, stories, own)}</span>
          <div ref={ref}>
            <svg width="100%" height="100%" role="img" aria-label={`${nameOf(story, stories, own)}: ${textOf(story, story.readings.value.at(-1) ?? null)}`} onPointerLeave={() => point("")}>
              {bandsOf(story.readings, to, story.channel.kind === "state").map((band) => {
                const wide = share(band.to) - share(band.from);
                const text = textOf(story, band.value);
                return (
                  <g key={band.from} onPointerEnter={() => point(told(band, text))}>
                    <rect x={percent(share(band.from))} width={percent(Math.max(wide, 1 / Math.max(1, width)))} y="0" height="100%" className={`band-${band.value === null ? "none" : Math.abs(Math.round(band.value)) % LOOKS}`} />
                    {wide * width > text.length * LETTER_PX + 10 && (
                      <text x={percent(share(band.from))} dx="6" y="50%" dominantBaseline="central">
                        {text}
                      </text>
                    )}
                  </g>
                );
              })}
            </svg>
          </div>
        </div>
      ))}
      <div className="timeline-foot quiet number" aria-hidden="true">
        {pointed === "" ? timeLabels(seconds, (to - from) / 1000 / ticks > DAY_S ? DAY_S : 60, language, zone).map((text, index) => <span key={index}>{text}</span>) : pointed}
      </div>
    </div>
  );

  function textOf({ channel }: Story, value: number | null): string {
    return formatValue(value, channel, language, own);
  }

  function told(band: Band, text: string): string {
    return `${text} · ${formatTime(band.from, language, zone)} – ${formatTime(band.to, language, zone)}`;
  }
}
