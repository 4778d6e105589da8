/**
 * Points that grow: what is stored is made ready once, and what came live since is added to it in each frame.
 *
 * Whether a distance is a gap hangs on three points to either side. So only the last few stored points are looked at again.
 */

import { type Flaw, flaws, gapsIn, type Points, type Tail } from "./series";

const AGAIN = 8; // points at the end that what comes after them may still change
const BEFORE = 8; // points before those, so that they are judged as if all were there

type Value = number | null;

/** Columns for one series, with a null in each gap. Times in seconds, as uPlot wants them. */
export interface Drawn {
  x: number[];
  value: Value[];
  min: Value[] | null;
  max: Value[] | null;
  flaws: readonly Flaw[];
}

interface Ready {
  head: Drawn;
  /** Of the stored points, how many the head holds. */
  length: number;
  whole: Drawn;
}

const ready = new WeakMap<Points, Ready>();

/** The columns of what is stored and of the newer readings of a tail. */
export function drawn(stored: Points, tail: readonly Tail[]): Drawn {
  const { head, length, whole } = ready.get(stored) ?? prepared(stored);
  const last = stored.t.at(-1) ?? -Infinity;
  const begin = firstAfter(tail, last);
  if (begin === tail.length) return whole;
  const newer = tail.slice(begin);
  const since = Math.max(0, length - BEFORE);
  const end = { t: [...stored.t.slice(since), ...newer.map(({ t }) => t)], quality: [...stored.quality.slice(since), ...newer.map(({ quality }) => quality)] };
  const values = (column: readonly Value[]) => [...column.slice(since), ...newer.map(({ value }) => value)];
  const piece: Points = { ...end, value: values(stored.value), min: stored.min && values(stored.min), max: stored.max && values(stored.max), shortestGap: stored.shortestGap };
  return joined(head, columns(piece, gapsIn(piece.t, piece.shortestGap), length - since));
}

function prepared(stored: Points): Ready {
  const gaps = gapsIn(stored.t, stored.shortestGap);
  const length = Math.max(0, stored.t.length - AGAIN);
  const found = { head: columns(stored, gaps, 0, length), length, whole: columns(stored, gaps, 0) };
  ready.set(stored, found);
  return found;
}

/** Points `from` to `until` as columns; a gap before the first is in them. */
function columns(points: Points, gaps: readonly boolean[], from: number, until = points.t.length): Drawn {
  const { t, value, min, max } = points;
  const found: Drawn & { min: Value[]; max: Value[] } = { x: [], value: [], min: [], max: [], flaws: [] };
  const isBand = Boolean(min && max);
  for (let index = from; index < until; index += 1) {
    const at = t[index] ?? 0;
    if (gaps[index - 1]) push(found, ((t[index - 1] ?? at) + at) / 2, null, null, null, isBand);
    push(found, at, value[index] ?? null, min?.[index] ?? null, max?.[index] ?? null, isBand);
  }
  const whole = from === 0 && until === t.length;
  const part = whole ? points : { t: t.slice(from, until), value: value.slice(from, until), quality: points.quality.slice(from, until) };
  return { ...found, ...(isBand ? {} : { min: null, max: null }), flaws: flaws(part) };
}

function push(to: Drawn, at: number, value: Value, min: Value, max: Value, isBand: boolean): void {
  to.x.push(at / 1000);
  to.value.push(value);
  if (!isBand) return;
  to.min?.push(min);
  to.max?.push(max);
}

function joined(head: Drawn, end: Drawn): Drawn {
  return {
    x: head.x.concat(end.x),
    value: head.value.concat(end.value),
    min: head.min && end.min && head.min.concat(end.min),
    max: head.max && end.max && head.max.concat(end.max),
    flaws: end.flaws.length === 0 ? head.flaws : head.flaws.concat(end.flaws),
  };
}

/** Index of the first of a tail that is newer. Of a tail, most is: looked for from its end. */
function firstAfter(tail: readonly Tail[], last: number): number {
  let begin = tail.length;
  while (begin > 0 && (tail[begin - 1]?.t ?? 0) > last) begin -= 1;
  return begin;
}
