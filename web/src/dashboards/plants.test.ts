import { describe, expect, it } from "vitest";
import type { Channel } from "../api/client";
import { below, mainChannels, partsOf } from "./plants";
import type { Plant } from "./source";

const sites = [
  { id: 1, name: "Plant", parent_id: null },
  { id: 2, name: "Filters", parent_id: 1 },
  { id: 3, name: "Filter 1", parent_id: 2 },
  { id: 4, name: "Empty", parent_id: 1 },
  { id: 9, name: "Other", parent_id: null },
];
const device = (key: string, site_id: number) => ({ key, name: key, zone: "UTC", channels: [], site_id });

describe("a plant", () => {
  it("is a site and all below it", () => {
    expect([...below(sites, 1)].sort()).toEqual([1, 2, 3, 4]);
    expect([...below(sites, 9)]).toEqual([9]);
  });

  it("leaves out where nothing stands", () => {
    const plant: Plant = { sites, devices: [device("a", 3), device("b", 1)], isCut: false };
    const found = partsOf(plant, 1);
    expect(found?.devices.map(({ key }) => key)).toEqual(["b"]);
    expect(found?.parts.map(({ site }) => site.name)).toEqual(["Filters"]);
    expect(found?.parts[0]?.parts[0]?.devices[0]?.key).toBe("a");
    expect(partsOf({ sites, devices: [], isCut: false }, 1)).toBeNull();
  });

  it("shows of a device its state first, then what it measures", () => {
    const channel = (key: string, kind: Channel["kind"]): Channel => ({ series: 1, key, name: key, unit: "", kind, minimum: null, maximum: null, precision: null, discovered: false, states: null });
    const found = mainChannels([channel("total", "counter"), channel("flow", "gauge"), channel("state", "state"), channel("level", "gauge")]);
    expect(found.map(({ key }) => key)).toEqual(["state", "flow", "level"]);
  });
});
