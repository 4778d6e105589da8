/** Notes drawn over a chart: a line at a moment, a band over a period, each with the number by which the list below names it. */

import { FONT, inks, type Scheme } from "../chart/inks";
import type { Layer } from "../chart/plot";

export interface Noted {
  /** ms; to null: of a moment */
  from: number;
  to: number | null;
  number: number;
}

const FLAG_PX = 16;
const BAND = "28";

export function noteLayer(notes: readonly Noted[], scheme: Scheme): Layer {
  const ink = inks[scheme];
  return (chart) => {
    const { ctx, bbox } = chart;
    const ratio = devicePixelRatio;
    const [low, high] = [(chart.scales.x?.min ?? 0) * 1000, (chart.scales.x?.max ?? 0) * 1000];
    const placed = (at: number) => chart.valToPos(Math.min(high, Math.max(low, at)) / 1000, "x", true);
    ctx.save();
    ctx.font = FONT.replace("12px", `${11 * ratio}px`);
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.lineWidth = ratio;
    for (const { from, to, number } of notes) {
      if (from > high || (to ?? from) < low) continue;
      const x = placed(from);
      if (to !== null) {
        ctx.fillStyle = ink.text + BAND;
        ctx.fillRect(x, bbox.top, Math.max(ratio, placed(to) - x), bbox.height);
      }
      ctx.strokeStyle = ink.text;
      ctx.setLineDash([3 * ratio, 3 * ratio]);
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      const size = FLAG_PX * ratio;
      ctx.fillStyle = ink.strong;
      ctx.fillRect(x - size / 2, bbox.top, size, size);
      ctx.fillStyle = ink.ground;
      ctx.fillText(String(number), x, bbox.top + size / 2);
    }
    ctx.restore();
  };
}
