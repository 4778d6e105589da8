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
