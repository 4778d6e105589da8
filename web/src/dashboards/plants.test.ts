import { describe, expect, it } from "vitest";
import type { Channel } from "../api/client";
import { below, mainChannels, partsOf, projected, scaleBar } from "./plants";
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

describe("a map", () => {
  const recife = { latitude: -8.05, longitude: -34.9 };
  const olinda = { latitude: -8.01, longitude: -34.85 };

  it("keeps all places within, north above and east to the right", () => {
    const { x, y } = projected([recife, olinda], 400, 300);
    for (const point of [recife, olinda]) {
      expect(x(point)).toBeGreaterThanOrEqual(0);
      expect(x(point)).toBeLessThanOrEqual(400);
      expect(y(point)).toBeGreaterThanOrEqual(0);
      expect(y(point)).toBeLessThanOrEqual(300);
    }
    expect(y(olinda)).toBeLessThan(y(recife));
    expect(x(olinda)).toBeGreaterThan(x(recife));
  });

  it("is true to scale: 0.04 degrees of latitude are 4.45 km", () => {
    const { y, metres } = projected([recife, olinda], 400, 300);
    expect((y(recife) - y(olinda)) * metres).toBeCloseTo(4453, -1);
  });

  it("shows a single place in the middle", () => {
    const { x, y } = projected([recife], 400, 300);
    expect([x(recife), y(recife)]).toEqual([200, 150]);
  });

  it("has a round scale", () => {
    expect(scaleBar(37, 100)).toEqual({ metres: 2000, units: 2000 / 37 });
  });
});
