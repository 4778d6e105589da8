/** A site with what stands below it, as it is drawn. Pure. */

import type { Channel } from "../api/client";
import type { Plant, PlantSite } from "./source";

/** A site and all below it. */
export function below(sites: readonly PlantSite[], root: number): ReadonlySet<number> {
  const found = new Set([root]);
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const { id, parent_id } of sites) if (parent_id !== null && found.has(parent_id)) found.add(id);
  }
  return found;
}

export interface Part {
  site: PlantSite;
  devices: Plant["devices"];
  parts: Part[];
}

/** The tree below a site; sites in which nothing stands are left out. */
export function partsOf({ sites, devices }: Plant, root: number): Part | null {
  const site = sites.find(({ id }) => id === root);
  if (site === undefined) return null;
  const parts = sites.filter(({ parent_id }) => parent_id === root).flatMap(({ id }) => partsOf({ sites, devices, isCut: false }, id) ?? []);
  const own = devices.filter(({ site_id }) => site_id === root);
  return own.length === 0 && parts.length === 0 ? null : { site, devices: own, parts };
}

const MAIN = 3;
const RANK: Record<Channel["kind"], number> = { state: 0, gauge: 1, counter: 2 };

/** The channels by which a device is known at a glance: its state, then its first gauges, then registers. */
export function mainChannels(channels: readonly Channel[]): Channel[] {
  const states = channels.filter(({ kind }) => kind === "state").slice(0, 1);
  const others = channels.filter(({ kind }) => kind !== "state").sort((one, other) => RANK[one.kind] - RANK[other.kind]);
  return [...states, ...others].slice(0, MAIN);
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

function endsOf(values: readonly number[]): [number, number] {
  return values.length === 0 ? [0, 0] : [Math.min(...values), Math.max(...values)];
}
