import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api, take } from "../api/client";
import type { components } from "../api/schema";
import { edges, moved, type Period, stepOf } from "./period";

export type Consumption = components["schemas"]["ConsumptionAnswer"];
export type RegisterStep = components["schemas"]["RegisterStep"];
export type Meter = components["schemas"]["MeterAnswer"];
export type Total = components["schemas"]["Total"];
export type Effect = components["schemas"]["EffectAnswer"];

const REFRESH_MS = 60_000;

/** A device's consumption in a period, and in the one before it. */
export function useConsumption(device: string, channel: string | undefined, period: Period, unit: string | undefined) {
  const ask = (asked: Period) => ({
    queryKey: ["consumption", device, channel, asked, unit],
    queryFn: () =>
      take(
        api.GET("/api/v1/devices/{key}/consumption", {
          params: { path: { key: device }, query: { ...edges(asked), step: stepOf[asked.view], ...(channel === undefined ? {} : { channel }), ...(unit === undefined ? {} : { unit }) } },
        }),
      ) as Promise<Consumption>,
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH_MS,
  });
  return { now: useQuery(ask(period)), before: useQuery(ask(moved(period, -1))) };
}

/** The channels of a device that can be counted. */
export function useMeters(device: string) {
  return useQuery({ queryKey: ["meters", device], queryFn: () => take(api.GET("/api/v1/devices/{key}/meters", { params: { path: { key: device } } })) });
}

/** The other units in which people want the same amount. */
export function unitsFor(unit: string): string[] {
  const families = [
    ["L", "m³"],
    ["Wh", "kWh", "MWh"],
    ["varh", "kvarh"],
  ];
  return families.find((family) => family.includes(unit)) ?? [unit];
}
