/** Where the points of a small chart lie. Pure. */

export interface Around {
  t: readonly number[];
  value: readonly (number | null)[];
}

export interface Frame {
  from: number;
  to: number;
  low: number;
  high: number;
}

const MARGIN = 0.06;

/** The span of an event with what came before and after it, in ms. */
export function spanAround(startedAt: number, endedAt: number | null, now: number): { from: number; to: number } {
  const end = endedAt ?? now;
  const room = Math.min(24 * 3_600_000, Math.max(30 * 60_000, 2 * (end - startedAt)));
  return { from: startedAt - room, to: Math.min(now, end + room / 2) };
}

/** What has to be seen: all values and the range in which they were expected. */
export function frameOf({ t, value }: Around, range: readonly number[], span: { from: number; to: number }): Frame {
  const known = [...value.filter((one) => one !== null), ...range];
  const low = Math.min(...known);
  const high = Math.max(...known);
  const room = (high - low || Math.abs(high) || 1) * MARGIN;
  return { from: Math.min(span.from, t[0] ?? span.from), to: Math.max(span.to, t.at(-1) ?? span.to), low: low - room, high: high + room };
}

/** The curve as an SVG path in a box of `width` × `height`; broken where a value is missing or time has a gap. */
export function pathOf({ t, value }: Around, frame: Frame, width: number, height: number, gap: number): string {
  let path = "";
  let last: number | null = null;
  t.forEach((at, place) => {
    const one = value[place] ?? null;
    if (one === null) {
      last = null;
      return;
    }
    const isBroken = last === null || at - last > gap;
    path += `${isBroken ? "M" : "L"}${xOf(at, frame, width).toFixed(1)} ${yOf(one, frame, height).toFixed(1)}`;
    last = at;
  });
  return path;
}

export function xOf(at: number, { from, to }: Frame, width: number): number {
  return to > from ? ((at - from) / (to - from)) * width : 0;
}

export function yOf(value: number, { low, high }: Frame, height: number): number {
  return height - ((value - low) / (high - low)) * height;
}
