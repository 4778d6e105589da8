/** Places on a drawing: where they lie on it, its scale, and whose names have room. Pure. */

import type { Of } from "./types";

/** Whether a map shows what has a position below a site, and not its own places alone. */
export function surveys({ places, site }: Of<"map">): boolean {
  return places.length === 0 || (site !== null && site !== undefined);
}

export interface Point {
  latitude: number;
  longitude: number;
}

export interface Projection {
  x: (point: Point) => number;
  y: (point: Point) => number;
  /** Metres that one unit stands for. */
  metres: number;
}

const EARTH_M = 6_378_137;
const LEAST_M = 200; // a single place is not shown as the whole map
const MARGIN = 0.12;

/** Places on a drawing of a size: equirectangular around their middle, which is true to shape over a city or a state. */
export function projected(points: readonly Point[], width: number, height: number): Projection {
  const radians = Math.PI / 180;
  const [south, north] = endsOf(points.map(({ latitude }) => latitude));
  const [west, east] = endsOf(points.map(({ longitude }) => longitude));
  const [latitude, longitude] = [(south + north) / 2, (west + east) / 2];
  const narrowing = Math.cos(latitude * radians);
  const room = 1 - 2 * MARGIN;
  const wide = Math.max(LEAST_M, EARTH_M * radians * (east - west) * narrowing);
  const high = Math.max(LEAST_M, EARTH_M * radians * (north - south));
  const metres = Math.max(wide / (width * room), high / (height * room));
  return {
    x: (point) => width / 2 + (EARTH_M * radians * (point.longitude - longitude) * narrowing) / metres,
    y: (point) => height / 2 - (EARTH_M * radians * (point.latitude - latitude)) / metres,
    metres,
  };
}

/** A round distance that is at most so many units wide, for the scale of a map. */
export function scaleBar(metres: number, units: number): { metres: number; units: number } {
  const most = metres * units;
  const power = 10 ** Math.floor(Math.log10(most));
  const length = ([5, 2, 1].find((step) => step * power <= most) ?? 1) * power;
  return { metres: length, units: length / metres };
}

export interface Label {
  x: number;
  y: number;
  /** How wide its name is, to the right; to the left where it is negative. */
  width: number;
}

const LABEL_HIGH = 30;
const MARK_HIGH = 20;

/** Which names have room beside those before them and beside the marks: what lies on another can be read no more. */
export function withRoom(labels: readonly Label[], marks: readonly { x: number; y: number }[] = []): boolean[] {
  const taken: { left: number; right: number; y: number }[] = [];
  return labels.map(({ x, y, width }) => {
    const [left, right] = width < 0 ? [x + width, x] : [x, x + width];
    const isBeside = taken.every((one) => right < one.left || left > one.right || Math.abs(y - one.y) > LABEL_HIGH);
    const isFree = isBeside && marks.every((mark) => right < mark.x || left > mark.x || Math.abs(y - mark.y) > MARK_HIGH);
    if (isFree) taken.push({ left, right, y });
    return isFree;
  });
}

function endsOf(values: readonly number[]): [number, number] {
  return values.length === 0 ? [0, 0] : [Math.min(...values), Math.max(...values)];
}
