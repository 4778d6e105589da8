/** What is not good, drawn over the lines: each doubt has a shape of its own, so that it is seen without colour as well. */

import type uPlot from "uplot";
import type { Ink } from "./inks";
import type { Doubt, Flaw } from "./series";

export const MARK_APART_PX = 9; // marks of one kind on a line; what lies closer is told by its neighbour
const HALF_PX = 3.5;
const TICK_PX = 9;

/** A square outlines what is suspect, a diamond what was estimated; ticks at the bottom say that a reading was bad. */
export function drawFlaws(chart: uPlot, found: readonly Flaw[], scale: string, ink: Ink): void {
  const { ctx, bbox } = chart;
  const ratio = devicePixelRatio;
  const last: Record<Doubt, number> = { suspect: -Infinity, estimated: -Infinity, bad: -Infinity };
  const [low, high] = [(chart.scales.x?.min ?? 0) * 1000, (chart.scales.x?.max ?? 0) * 1000];
  ctx.save();
  ctx.fillStyle = ink.bad;
  ctx.strokeStyle = ink.warn;
  ctx.lineWidth = 1.5 * ratio;
  ctx.beginPath();
  for (const { t, value, doubt } of found) {
    if (t < low || t > high) continue;
    const x = chart.valToPos(t / 1000, "x", true);
    if (x - last[doubt] < (doubt === "bad" ? 1 : MARK_APART_PX) * ratio) continue;
    last[doubt] = x;
    if (doubt === "bad") ctx.fillRect(x - ratio, bbox.top + bbox.height - TICK_PX * ratio, 2.5 * ratio, TICK_PX * ratio);
    else if (value !== null) shape(ctx, doubt, x, chart.valToPos(value, scale, true), HALF_PX * ratio);
  }
  ctx.stroke();
  ctx.restore();
}

function shape(ctx: CanvasRenderingContext2D, doubt: Exclude<Doubt, "bad">, x: number, y: number, half: number): void {
  if (doubt === "suspect") {
    ctx.rect(x - half, y - half, 2 * half, 2 * half);
    return;
  }
  const reach = 1.3 * half;
  ctx.moveTo(x, y - reach);
  ctx.lineTo(x + reach, y);
  ctx.lineTo(x, y + reach);
  ctx.lineTo(x - reach, y);
  ctx.closePath();
}
