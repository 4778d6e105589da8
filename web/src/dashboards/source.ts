/** From where a dashboard has its data: the API for who is signed in, a public link's own answers for others. */

import { useQuery } from "@tanstack/react-query";
import { createContext, useContext } from "react";
import type { Alarm } from "../alarms/alarms";
import type { Channel, Device, Readings } from "../api/client";
import type { CalculatedAnswer } from "../chart/calculated";
import type { SeriesRef } from "./types";
import type { Values } from "./variables";

export type BoundDevice = Pick<Device, "key" | "name" | "zone" | "channels"> & { site_id?: number };
type Position = Device["position"];

export interface PlantSite {
  id: number;
  name: string;
  parent_id: number | null;
  position?: Position;
}

/** A site and what stands below it. isCut: there are more devices than are drawn. */
export interface Plant {
  sites: readonly PlantSite[];
  devices: readonly (BoundDevice & { site_id: number })[];
  isCut: boolean;
}

/** The sites that one sees, placed or not, because alarms are told up the tree; and the devices that have a position of their own. */
export interface Placed {
  sites: readonly PlantSite[];
  devices: readonly (BoundDevice & { position?: Position })[];
  isCut: boolean;
}

export interface Window {
  from: number;
  to: number;
  points: number;
  resolution?: "15m" | "1h" | "1d";
}

/** A calculated series: which of which chart, and its formula over the chart's series. */
export interface AskedCalculated {
  widget: string;
  place: number;
  formula: string;
  series: readonly SeriesRef[];
}

export interface Source {
  /** Part of the query keys, so that what one source answers is not taken for the answer of another. */
  key: string;
  isPublic: boolean;
  device: (key: string) => Promise<BoundDevice>;
  plant: (site: number) => Promise<Plant>;
  /** What has a position in a site and below; of all one sees for null. */
  placed: (site: number | null) => Promise<Placed>;
  history: (device: string, channels: readonly Channel[], window: Window) => Promise<Readings>;
  calculated: (asked: AskedCalculated, window: Window) => Promise<CalculatedAnswer>;
  file: (id: number) => Promise<Blob>;
  /** Standing alarms; undefined while they are asked for. */
  useAlarms: () => { alarms: readonly Alarm[] | undefined; error: unknown };
}

export interface Shown {
  source: Source;
  values: Values;
  /** Where the dashboard belongs. */
  site: number;
  /** Whether widgets offer what can be done with what they show: not on a screen that nobody operates, nor while one builds. */
  hasMenus: boolean;
}

export const ShownContext = createContext<Shown | null>(null);

export function useShown(): Shown {
  const shown = useContext(ShownContext);
  if (shown === null) throw new Error("widgets stand on a dashboard");
  return shown;
}

const DEVICE_STALE_MS = 60_000;

/** A device that a widget shows, with its channels. */
export function useBoundDevice(key: string) {
  const { source } = useShown();
  return useQuery({ queryKey: ["dashboards", source.key, "device", key], queryFn: () => source.device(key), staleTime: DEVICE_STALE_MS, enabled: key !== "" });
}
