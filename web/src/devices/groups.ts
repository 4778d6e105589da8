import type { Device } from "../api/client";

/** Rows of the overview: a heading for each site, then its devices. */
export type Row = { kind: "site"; key: string; path: readonly string[]; count: number } | { kind: "device"; key: string; device: Device };

/** Devices by site, sites by their path; within a site in the order given. */
export function bySite(devices: readonly Device[]): Row[] {
  const sites = new Map<number, Device[]>();
  for (const device of devices) {
    const there = sites.get(device.site_id);
    if (there === undefined) sites.set(device.site_id, [device]);
    else there.push(device);
  }
  const path = (of: readonly Device[]) => of[0]?.site_path ?? [];
  return [...sites.entries()]
    .sort(([, one], [, other]) => path(one).join("\n").localeCompare(path(other).join("\n")))
    .flatMap(([site, there]): Row[] => [
      { kind: "site", key: `site ${site}`, path: path(there), count: there.length },
      ...there.map((device): Row => ({ kind: "device", key: device.key, device })),
    ]);
}
