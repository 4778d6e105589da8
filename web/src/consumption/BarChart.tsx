import { useElementSize } from "@mantine/hooks";
import { useState } from "react";
import { numberLabels } from "../chart/labels";
import { formatNumber } from "../format";
import { useTexts } from "../i18n";
import { qualityText } from "../ui/words";
import { type Interval, lookOf, scaleOf, shownLabels } from "./bars";
import { intervalName, type View } from "./period";

const HEIGHT = 260;
const AROUND = { top: 18, right: 4, bottom: 24 };
const LABEL_PX = 26;
const DIGIT_PX = 7.2;

export interface Mark {
  at: number;
  label: string;
  needsReview: boolean;
}

interface Props {
  intervals: readonly Interval[];
  /** The same intervals a period before, as far as there are any. */
  before: readonly Interval[];
  marks: readonly Mark[];
  unit: string;
  view: View;
  zone: string;
  label: string;
  open: ((interval: Interval) => void) | null;
}

/** Bars of consumption: measured ones are full, estimated ones hatched, uncertain ones framed; register events stand above. */
export function BarChart({ intervals, before, marks, unit, view, zone, label, open }: Props) {
  const { t, language } = useTexts();
  const { ref, width } = useElementSize();
  const [pointed, point] = useState<number | null>(null);
  const scale = scaleOf([...intervals, ...before].map(({ amount }) => amount));
  const labels = numberLabels(scale.ticks, scale.step, language);
  const left = 8 + DIGIT_PX * Math.max(...labels.map((text) => text.length));
  const [plotWidth, plotHeight] = [Math.max(0, width - left - AROUND.right), HEIGHT - AROUND.top - AROUND.bottom];
  const slot = plotWidth / Math.max(1, intervals.length);
  const y = (amount: number) => AROUND.top + plotHeight * (1 - (amount - scale.low) / (scale.high - scale.low));
  const every = shownLabels(intervals.length, slot, LABEL_PX);
  const shown = pointed === null ? undefined : intervals[pointed];
  return (
    <div ref={ref}>
      <svg width={width} height={HEIGHT} viewBox={`0 0 ${width} ${HEIGHT}`} role="img" aria-label={label} className="bars" onPointerLeave={() => point(null)}>
        <defs>
          <pattern id="estimated" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <rect width="6" height="6" className="bar-ground" />
            <rect width="2.6" height="6" className="bar-ink" />
          </pattern>
        </defs>
        {scale.ticks.map((tick, index) => (
          <g key={tick}>
            <line x1={left} x2={width - AROUND.right} y1={y(tick)} y2={y(tick)} className={tick === 0 ? "axis" : "grid"} />
            <text x={left - 6} y={y(tick) + 4} textAnchor="end">
              {labels[index]}
            </text>
          </g>
        ))}
        {intervals.map((one, index) => {
          const x = left + index * slot;
          const earlier = before[index]?.amount ?? null;
          return (
            // The table below shows the same and opens by keyboard.
            <g key={one.from} onPointerEnter={() => point(index)} onPointerDown={() => point(index)} onClick={open === null ? undefined : () => open(one)} className={open === null ? undefined : "opens"}>
              <rect x={x} y={AROUND.top} width={slot} height={plotHeight} className={pointed === index ? "slot pointed" : "slot"} />
              {earlier !== null && <Bar x={x + slot * 0.1} width={slot * 0.22} from={y(0)} to={y(earlier)} look="before" />}
              {one.amount !== null && <Bar x={x + slot * 0.34} width={slot * 0.54} from={y(0)} to={y(one.amount)} look={lookOf(one)} />}
              {index % every === 0 && (
                <text x={x + slot / 2} y={HEIGHT - 6} textAnchor="middle">
                  {intervalName(view, one.from, language, zone, true)}
                </text>
              )}
            </g>
          );
        })}
        {marks.map(({ at, label: text, needsReview }) => {
          const place = intervals.findIndex((one) => one.from < at && at <= one.to);
          return (
            place >= 0 && (
              <path key={`${at} ${text}`} d={`M${left + (place + 0.5) * slot - 6} 3h12l-6 10z`} className={needsReview ? "mark review" : "mark"}>
                <title>{text}</title>
              </path>
            )
          );
        })}
      </svg>
      <p className="readout number" aria-hidden="true">
        {shown === undefined ? (
          <span className="quiet">{t(open === null ? "consumption.point" : "consumption.pointAndOpen")}</span>
        ) : (
          <>
            <b>{intervalName(view, shown.from, language, zone, false)}</b> {amountText(shown.amount, unit, language)} · {qualityText(shown.quality, t)}
            {shown.coverage < 0.995 && ` · ${t("consumption.covered", { share: formatNumber(shown.coverage * 100, 0, language) })}`}
            {pointed !== null && before[pointed]?.amount !== undefined && <span className="quiet"> · {t("consumption.earlier", { amount: amountText(before[pointed].amount, unit, language) })}</span>}
          </>
        )}
      </p>
    </div>
  );
}

function Bar({ x, width, from, to, look }: { x: number; width: number; from: number; to: number; look: string }) {
  const height = Math.max(Math.abs(to - from), to === from ? 0 : 1);
  return <rect x={x} width={Math.max(1, width)} y={Math.min(from, to)} height={height} className={`bar ${look}`} />;
}

export function amountText(amount: number | null, unit: string, language: "pt-BR" | "en"): string {
  return amount === null ? "—" : `${formatNumber(amount, null, language)} ${unit}`.trim();
}
