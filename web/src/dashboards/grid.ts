/**
 * Where widgets lie: a grid of 12 columns on which they rise until they meet another, so that there are no holes and none
 * covers another. What is moved or resized gets its place first; the others make way. Pure.
 */

export const COLUMNS = 12;
export const MAX_ROWS = 400;
export const HIGHEST = 40;
const STEPS_TRIED = 60;

export interface Box {
  id: string;
  x: number;
  y: number;
  w: number;
  h: number;
}

/** The widgets without holes and overlaps; `first` has its way where others want the same place. */
export function settled<B extends Box>(boxes: readonly B[], first?: string): B[] {
  const moved = boxes.find(({ id }) => id === first);
  const key = (box: Box): number => (moved === undefined || box.id === first || !overlap(box, moved) || box.y + box.h / 2 <= moved.y ? box.y : moved.y + 0.5);
  const order = [...boxes].sort((one, other) => key(one) - key(other) || Number(other.id === first) - Number(one.id === first) || one.y - other.y || one.x - other.x);
  const bottoms = new Array<number>(COLUMNS).fill(0);
  const placed = new Map<string, B>();
  for (const box of order) {
    const y = Math.max(0, ...bottoms.slice(box.x, box.x + box.w));
    bottoms.fill(y + box.h, box.x, box.x + box.w);
    placed.set(box.id, box.y === y ? box : { ...box, y });
  }
  return boxes.map((box) => placed.get(box.id) ?? box);
}

/** With one of them at a place, as far as the grid goes. */
export function placed<B extends Box>(boxes: readonly B[], id: string, at: { x: number; y: number }): B[] {
  return settled(
    boxes.map((box) => (box.id === id ? { ...box, x: clamp(at.x, 0, COLUMNS - box.w), y: clamp(at.y, 0, MAX_ROWS - box.h) } : box)),
    id,
  );
}

/** With one of them of another size, as far as the grid goes. */
export function resized<B extends Box>(boxes: readonly B[], id: string, size: { w: number; h: number }): B[] {
  return settled(
    boxes.map((box) => (box.id === id ? { ...box, w: clamp(size.w, 1, COLUMNS - box.x), h: clamp(size.h, 1, HIGHEST) } : box)),
    id,
  );
}

/** One step by keyboard: to the nearest place in that direction where anything changes. */
export function stepped<B extends Box>(boxes: readonly B[], id: string, dx: number, dy: number): B[] {
  const box = boxes.find((one) => one.id === id);
  if (box === undefined) return [...boxes];
  for (let n = 1; n <= STEPS_TRIED; n += 1) {
    const tried = placed(boxes, id, { x: box.x + n * dx, y: box.y + n * dy });
    const now = tried.find((one) => one.id === id);
    if (now !== undefined && (now.x !== box.x || now.y !== box.y)) return tried;
    if (dx !== 0) break;
  }
  return [...boxes];
}

/** The first free place for a widget of a size, in reading order. */
export function freePlace(boxes: readonly Box[], w: number, h: number): { x: number; y: number } {
  const bottom = Math.max(0, ...boxes.map((box) => box.y + box.h));
  for (let y = 0; y < bottom; y += 1) {
    for (let x = 0; x + w <= COLUMNS; x += 1) {
      if (!boxes.some((box) => overlap(box, { id: "", x, y, w, h }))) return { x, y };
    }
  }
  return { x: 0, y: bottom };
}

/** As they are read: by row, then from the left. */
export function inReadingOrder<B extends Box>(boxes: readonly B[]): B[] {
  return [...boxes].sort((one, other) => one.y - other.y || one.x - other.x);
}

function overlap(one: Box, other: Box): boolean {
  return one.x < other.x + other.w && other.x < one.x + one.w && one.y < other.y + other.h && other.y < one.y + one.h;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), Math.max(low, high));
}
