/** Which span of time a chart shows. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const presets = { "15min": 15 * MINUTE, "1h": HOUR, "6h": 6 * HOUR, "24h": DAY, "7d": 7 * DAY, "30d": 30 * DAY, "1y": 365 * DAY } as const;
export type Preset = keyof typeof presets;

/** `live`: the span ends now and moves with it. Times in ms. */
export interface Span {
  from: number;
  to: number;
  live: boolean;
}

const SHORTEST = 5_000;
const LONGEST = 20 * 365 * DAY;

export function isPreset(given: unknown): given is Preset {
  return typeof given === "string" && given in presets;
}

export function spanOf(preset: Preset, now: number): Span {
  return { from: now - presets[preset], to: now, live: true };
}

/** Wider (factor > 1) or narrower around the middle. */
export function zoomed(span: Span, factor: number, now: number): Span {
  const middle = (span.from + span.to) / 2;
  const half = Math.min(LONGEST, Math.max(SHORTEST, (span.to - span.from) * factor)) / 2;
  return { from: Math.round(middle - half), to: Math.round(Math.min(middle + half, now)), live: false };
}

/** Moved by a share of its length, never into the future. */
export function moved(span: Span, share: number, now: number): Span {
  const by = Math.round((span.to - span.from) * share);
  const room = Math.min(by, now - span.to);
  return { from: span.from + room, to: span.to + room, live: false };
}

/** As long as it is, and ending now at the latest. */
export function untilNow(span: Span, now: number): Span {
  const beyond = Math.max(0, span.to - now);
  return { ...span, from: Math.round(span.from - beyond), to: Math.round(span.to - beyond) };
}

/** The span as it is at a moment: one that follows the present ends there. */
export function shownOf(span: Span, now: number): Span {
  return span.live ? { from: now - (span.to - span.from), to: now, live: true } : span;
}
