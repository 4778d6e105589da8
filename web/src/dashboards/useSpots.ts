import { useQueries } from "@tanstack/react-query";
import { useMemo } from "react";
import { type Alarm, inOrder } from "../alarms/alarms";
import { useWatch } from "../live/hooks";
import { below } from "./plants";
import { type BoundDevice, type Placed, type PlantSite, useShown } from "./source";
import type { Of } from "./types";
import { deviceOf, siteOf } from "./variables";

type Place = Of<"map">["places"][number];
const DEVICE_STALE_MS = 60_000;

/** Something on a map. worst: the most pressing alarm of it, or of a site and all below it. */
export interface Spot {
  name: string;
  latitude: number;
  longitude: number;
  device: BoundDevice | null;
  site: number | null;
  worst: Alarm | null;
}

/** What stands where: the placed things of a site, and single places that a person has set; those with alarms last, so that they lie on top. */
export function useSpots(placed: Placed | undefined, places: readonly Place[], sites: readonly PlantSite[]): Spot[] {
  const { source, values, site: own } = useShown();
  const { alarms } = source.useAlarms();
  const keys = places.map(({ device }) => (device === null || device === undefined ? "" : deviceOf(device, values)));
  const named = useQueries({
    queries: keys.filter((key) => key !== "").map((key) => ({ queryKey: ["dashboards", source.key, "device", key], queryFn: () => source.device(key), staleTime: DEVICE_STALE_MS })),
    combine: (found) => new Map(found.flatMap(({ data }) => (data === undefined ? [] : [[data.key, data] as const]))),
  });
  useWatch(placed?.devices.map(({ key }) => key) ?? []);
  return useMemo(() => {
    const ofSites = (placed?.sites ?? []).flatMap(({ id, name, position }) => (position === null || position === undefined ? [] : [{ name, ...position, device: null, site: id }]));
    const ofDevices = (placed?.devices ?? []).flatMap((device) => (device.position === null || device.position === undefined ? [] : [{ name: device.name, ...device.position, device, site: null }]));
    const ofPlaces = places.map((place, index) => {
      const device = named.get(keys[index] ?? "") ?? null;
      const site = place.site === null || place.site === undefined ? null : siteOf(place.site, values, own);
      const name = place.name !== "" ? place.name : (device?.name ?? sites.find(({ id }) => id === site)?.name ?? "");
      return { name, latitude: place.latitude, longitude: place.longitude, device, site };
    });
    return [...ofSites, ...ofDevices, ...ofPlaces].map((spot) => ({ ...spot, worst: worstOf(spot, alarms ?? [], sites) })).sort(pressingLast);
  }, [placed, places, sites, named, keys, values, own, alarms]);
}

function worstOf({ device, site }: Pick<Spot, "device" | "site">, alarms: readonly Alarm[], sites: readonly PlantSite[]): Alarm | null {
  if (device !== null) return inOrder(alarms.filter((one) => one.device === device.key))[0] ?? null;
  if (site === null) return null;
  const here = below(sites, site);
  return inOrder(alarms.filter((one) => here.has(one.site)))[0] ?? null;
}

function pressingLast({ worst: one }: Spot, { worst: other }: Spot): number {
  if (one === null || other === null) return one === other ? 0 : one === null ? -1 : 1;
  return inOrder([one, other])[0] === one ? 1 : -1;
}
