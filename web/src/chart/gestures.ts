/**
 * Fingers and wheels on a chart: one finger moves the time, two fingers or Ctrl with the wheel bring it nearer.
 *
 * The picture follows at once with what is there; what is shown for good is told when the hand rests.
 */

import type uPlot from "uplot";

const RESTS_MS = 250;
const LEAST_MOVED_PX = 6;
const SHORTEST_S = 5;
const WHEEL_STEP = 0.0016; // of a pixel of the wheel

interface Shown {
  min: number;
  max: number;
}

/** `hold` says whether the chart is in somebody's hand; `settle` what it then shows, in ms. Call the result at the end. */
export function gestures(chart: uPlot, hold: (held: boolean) => void, settle: (from: number, to: number) => void): () => void {
  const { over } = chart;
  const fingers = new Map<number, number>();
  let begun: { shown: Shown; at: number[] } | null = null;
  let resting: ReturnType<typeof setTimeout> | undefined;

  const shown = (): Shown => ({ min: chart.scales.x?.min ?? 0, max: chart.scales.x?.max ?? 0 });
  const placed = () => [...fingers.values()].sort((one, other) => one - other);
  const begin = () => {
    begun = fingers.size === 0 ? null : { shown: shown(), at: placed() };
  };
  const rest = () => {
    hold(false);
    const { min, max } = shown();
    settle(min * 1000, max * 1000);
  };
  const down = (event: PointerEvent) => {
    if (event.pointerType !== "touch") return;
    fingers.set(event.pointerId, event.clientX - over.getBoundingClientRect().left);
    begin();
  };
  let hasMoved = false;
  const move = (event: PointerEvent) => {
    if (begun === null || !fingers.has(event.pointerId)) return;
    fingers.set(event.pointerId, event.clientX - over.getBoundingClientRect().left);
    const at = placed();
    if (!hasMoved && at.every((x, index) => Math.abs(x - (begun?.at[index] ?? x)) < LEAST_MOVED_PX)) return;
    hasMoved = true;
    hold(true);
    chart.setScale("x", under(begun.shown, begun.at, at, over.clientWidth));
  };
  const up = (event: PointerEvent) => {
    if (!fingers.delete(event.pointerId)) return;
    begin();
    if (fingers.size > 0 || !hasMoved) return;
    hasMoved = false;
    rest();
  };
  const wheel = (event: WheelEvent) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    hold(true);
    const { min, max } = shown();
    const middle = chart.posToVal(event.clientX - over.getBoundingClientRect().left, "x");
    const factor = Math.max(Math.exp(event.deltaY * WHEEL_STEP), SHORTEST_S / Math.max(max - min, SHORTEST_S));
    chart.setScale("x", { min: middle - (middle - min) * factor, max: middle + (max - middle) * factor });
    clearTimeout(resting);
    resting = setTimeout(rest, RESTS_MS);
  };
  over.addEventListener("pointerdown", down);
  over.addEventListener("pointermove", move);
  over.addEventListener("pointerup", up);
  over.addEventListener("pointercancel", up);
  over.addEventListener("wheel", wheel, { passive: false });
  return () => clearTimeout(resting);
}

/** What is to be shown so that the times under the fingers stay under them. */
export function under({ min, max }: Shown, before: readonly number[], now: readonly number[], width: number): Shown {
  const perPx = (max - min) / Math.max(1, width);
  const [a = 0, b] = before;
  const [p = 0, q] = now;
  if (b === undefined || q === undefined) {
    const by = (p - a) * perPx;
    return { min: min - by, max: max - by };
  }
  const scale = Math.max(SHORTEST_S / width, (perPx * Math.max(1, b - a)) / Math.max(1, q - p));
  const from = min + a * perPx - p * scale;
  return { min: from, max: from + scale * width };
}
