import { describe, expect, it } from "vitest";
import type { Document } from "./types";
import { deviceOf, devicesOf, generalised, siteOf, valuesOf } from "./variables";

const place = { title: "", x: 0, y: 0, w: 3, h: 2 };
const document: Document = {
  format: 1,
  variables: [
    { kind: "device", key: "pump", name: "", profile: "machine", device: "pump-1" },
    { kind: "site", key: "area", name: "", site: 7 },
  ],
  widgets: [
    { ...place, id: "a", kind: "value", series: { device: "$pump", channel: "flow" } },
    { ...place, id: "b", kind: "chart", look: "line", range: "24h", calculated: [], series: [{ device: "tank", channel: "level" }, { device: "pump-1", channel: "flow" }] },
    { ...place, id: "c", kind: "command", device: "$pump", command: "start" },
  ],
};

describe("variables of a dashboard", () => {
  it("begin with what the dashboard says, and take what is chosen", () => {
    expect(valuesOf(document.variables, {})).toEqual({ pump: "pump-1", area: 7 });
    expect(valuesOf(document.variables, { pump: "pump-2", other: "x" })).toEqual({ pump: "pump-2", area: 7 });
  });

  it("stand for a device or a site", () => {
    expect(deviceOf("$pump", { pump: "pump-2" })).toBe("pump-2");
    expect(deviceOf("tank", {})).toBe("tank");
    expect([siteOf("$area", { area: 9 }, 1), siteOf(null, {}, 1), siteOf(4, {}, 1)]).toEqual([9, 1, 4]);
  });

  it("tell which devices are shown, each once", () => {
    expect(devicesOf(document, { pump: "pump-1" })).toEqual(["pump-1", "tank"]);
    expect(devicesOf(document, { pump: "pump-2" })).toEqual(["pump-1", "pump-2", "tank"]);
  });

  it("make a dashboard of one device serve many", () => {
    const made = generalised({ ...document, variables: [] }, "tank", { kind: "device", key: "tank", name: "", profile: "", device: "tank" });
    expect(made.variables).toHaveLength(1);
    expect(made.widgets[1]).toMatchObject({ series: [{ device: "$tank", channel: "level" }, { device: "pump-1", channel: "flow" }] });
  });
});
