import type { KeyboardEvent } from "react";
import { live } from "../live/hooks";
import { moved, type Preset, shownOf, type Span, zoomed } from "./range";

export interface Steps {
  earlier: () => void;
  later: () => void;
  zoomIn: () => void;
  zoomOut: () => void;
  onKey: (event: KeyboardEvent) => void;
}

/** Moving and zooming a span by buttons, and by the keys + − ← → 0. */
export function useSteps(span: Span, choosePreset: (preset: Preset) => void, chooseSpan: (from: number, to: number) => void): Steps {
  const change = (step: (shown: Span, now: number) => Span) => () => {
    const { from, to } = step(shownOf(span, live.clock), live.clock);
    chooseSpan(from, to);
  };
  const by = (share: number) => change((shown, now) => moved(shown, share, now));
  const zoom = (factor: number) => change((shown, now) => zoomed(shown, factor, now));
  const keys: Record<string, () => void> = { "+": zoom(0.5), "=": zoom(0.5), "-": zoom(2), ArrowLeft: by(-0.25), ArrowRight: by(0.25), "0": () => choosePreset("1h") };
  const onKey = (event: KeyboardEvent) => {
    const action = keys[event.key];
    if (action === undefined || event.ctrlKey || event.metaKey || event.altKey || event.target instanceof HTMLInputElement) return;
    event.preventDefault();
    action();
  };
  return { earlier: by(-0.5), later: by(0.5), zoomIn: zoom(0.5), zoomOut: zoom(2), onKey };
}
