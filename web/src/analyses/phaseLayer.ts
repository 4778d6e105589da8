/** A cleaning's phases behind its curves: a band for each, a bar where a limit did not hold, hatches where nobody measured. */

import type uPlot from "uplot";
import { inks, type Scheme } from "../chart/inks";
import type { Layer } from "../chart/plot";
import type { Step, Times } from "./cleaningCurves";

export interface PhaseGround {
  phases: readonly (Times & { kind: Step["kind"] })[];
  /** Where the chart's signal was beyond a limit; `isBad`: in a step that failed by it. */
  short: readonly (Times & { isBad: boolean })[];
  gaps: readonly Times[];
  /** What somebody looks at. */
  marked: Times | null;
}

const BAND = "17";
const TINT = "26";
const EDGE_PX = 3;
const BAR_PX = 6;
const HATCH_PX = 7;
const FRAME_PX = 2;
export const NARROW_PX = 84; // of a phase: less has no room for its name beside itself

// Neither that of a limit nor of what is wrong.
const colours: Record<Scheme, Partial<Record<Step["kind"], string>>> = {
  light: { caustic: "#7b4fb5", acid: "#5b6b00", sanitise: "#1d6fa5" },
  dark: { caustic: "#b99be6", acid: "#c3d35b", sanitise: "#8fb8ea" },
};

export function phaseLayer({ phases, short, gaps, marked }: PhaseGround, scheme: Scheme): Layer {
  const ink = inks[scheme];
  return (chart) => {
    const { ctx, bbox } = chart;
    const ratio = devicePixelRatio;
    const [low, high] = [(chart.scales.x?.min ?? 0) * 1000, (chart.scales.x?.max ?? 0) * 1000];
    /** What of a time is to be seen, and nothing of another. */
    const each = <One extends Times>(all: readonly One[], draw: (x: number, width: number, one: One) => void) => {
      for (const one of all) {
        if (one.to < low || one.from > high) continue;
        const [from, to] = [Math.max(low, one.from), Math.min(high, one.to)].map((at) => chart.valToPos(at / 1000, "x", true)) as [number, number];
        draw(from, Math.max(ratio, to - from), one);
      }
    };
    ctx.save();
    ctx.globalCompositeOperation = "destination-over"; // behind the curves
    each(phases, (x, width, { kind }) => {
      const colour = colours[scheme][kind] ?? ink.text;
      ctx.fillStyle = colour + BAND;
      ctx.fillRect(x, bbox.top, width, bbox.height);
    });
    ctx.globalCompositeOperation = "source-over";
    each(phases, (x, width, { kind }) => {
      ctx.fillStyle = colours[scheme][kind] ?? ink.text;
      ctx.fillRect(x, bbox.top, Math.max(ratio, width - ratio), EDGE_PX * ratio);
    });
    each(short, (x, width, { isBad }) => {
      ctx.fillStyle = isBad ? ink.bad + TINT : "transparent";
      ctx.fillRect(x, bbox.top, width, bbox.height);
      ctx.fillStyle = isBad ? ink.bad : ink.warn;
      ctx.fillRect(x, bbox.top + bbox.height - BAR_PX * ratio, width, BAR_PX * ratio);
    });
    each(gaps, (x, width) => hatch(ctx, x, bbox.top, width, bbox.height, ink.text, ratio));
    ctx.strokeStyle = ink.strong;
    ctx.lineWidth = FRAME_PX * ratio;
    each(marked === null ? [] : [marked], (x, width) => ctx.strokeRect(x, bbox.top + ratio, width, bbox.height - 2 * ratio));
    ctx.restore();
  };
}

function hatch(ctx: CanvasRenderingContext2D, x: number, top: number, width: number, height: number, colour: string, ratio: number): void {
  ctx.save();
  ctx.beginPath();
  ctx.rect(x, top, width, height);
  ctx.clip();
  ctx.beginPath();
  ctx.strokeStyle = `${colour}90`;
  ctx.lineWidth = ratio;
  for (let at = x - height; at < x + width; at += HATCH_PX * ratio) {
    ctx.moveTo(at, top + height);
    ctx.lineTo(at + height, top);
  }
  ctx.stroke();
  ctx.restore();
}

/** Put each phase's name above its band; where one has no room beside itself, it stands upright and the lane is as tall as that takes. */
export function placePhases(lane: HTMLElement, chart: uPlot): void {
  const left = chart.bbox.left / devicePixelRatio;
  const width = chart.bbox.width / devicePixelRatio;
  let isTall = false;
  for (const item of lane.children) {
    if (!(item instanceof HTMLElement)) continue;
    const [from, to] = [Number(item.dataset.from), Number(item.dataset.to)].map((at) => Math.min(width, Math.max(0, chart.valToPos(at / 1000, "x")))) as [number, number];
    item.hidden = to - from < 1;
    const isNarrow = to - from < NARROW_PX;
    isTall ||= isNarrow && !item.hidden;
    item.dataset.narrow = String(isNarrow);
    item.style.left = `${left + from}px`;
    item.style.width = `${to - from}px`;
  }
  lane.dataset.tall = String(isTall);
}
