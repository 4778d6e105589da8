import { describe, expect, it } from "vitest";
import type { Channel } from "../api/client";
import { isComplete } from "../dashboards/kinds";
import { asBoard, presetFor } from "./asBoard";
import { aggregated, grainOf } from "./aggregates";

const HOUR = 3_600_000;
const channel = (key: string, unit: string, kind: Channel["kind"] = "gauge"): Channel => ({ series: 1, key, name: key, unit, kind, minimum: null, maximum: null, precision: 1, discovered: false, states: null });
const known = (device: string, found: Channel) => ({ device, channel: found.key, found });

describe("a dashboard of what is explored", () => {
  it("has a value of each series, a chart of each unit and the states, none over another", () => {
    const series = [known("a", channel("flow", "m³/h")), known("b", channel("flow", "m³/h")), known("a", channel("level", "m")), known("a", channel("pump", "", "state")), known("b", channel("total", "m³", "counter"))];
    const { widgets } = asBoard(series, [], "7d");
    expect(widgets.map(({ kind }) => kind)).toEqual(["value", "value", "value", "value", "value", "chart", "chart", "chart", "timeline"]);
    expect(widgets.every(isComplete)).toBe(true);
    expect(new Set(widgets.map(({ id }) => id)).size).toBe(widgets.length);
    const cells = widgets.flatMap(({ x, y, w, h }) => Array.from({ length: w * h }, (_, n) => `${x + (n % w)}.${y + Math.floor(n / w)}`));
    expect(new Set(cells).size).toBe(cells.length);
  });

  it("calculates in the chart of its inputs, and in one of its own where they are of several units", () => {
    const [level, one, other] = [known("a", channel("level", "m")), known("a", channel("flow", "m³/h")), known("b", channel("flow", "m³/h"))] as const;
    const loss = { name: "Loss", unit: "m³/h", formula: "b - a", inputs: [other, one] };
    const power = { name: "a * b", unit: "kW", formula: "a * b", inputs: [other, level] };
    const charts = asBoard([level, one, other], [loss, power], "24h").widgets.filter((widget) => widget.kind === "chart");
    expect(charts.map(({ series, calculated, h }) => [series.map(({ device, channel: of }) => `${device} ${of}`).join(", "), calculated, h])).toEqual([
      ["a level", [], 6],
      ["a flow, b flow", [{ name: "Loss", unit: "m³/h", formula: "a - b" }], 6],
      ["b flow, a level", [{ name: "", unit: "kW", formula: "a * b" }], 12],
    ]);
    expect(charts.map(({ y }) => y)).toEqual([2, 8, 14]);
  });

  it("looks back as far as one looked", () => {
    expect([presetFor(HOUR), presetFor(2 * HOUR), presetFor(26 * HOUR), presetFor(9_000 * HOUR)]).toEqual(["1h", "6h", "7d", "1y"]);
  });
});

describe("an aggregate", () => {
  it("is over a step that a chart can show, and not over a finer one than can be told apart", () => {
    expect([grainOf(HOUR, undefined), grainOf(24 * HOUR, undefined), grainOf(7 * 24 * HOUR, undefined), grainOf(365 * 24 * HOUR, undefined)]).toEqual(["1m", "15m", "1h", "1d"]);
    expect([grainOf(HOUR, "1d"), grainOf(24 * HOUR, "1m"), grainOf(365 * 24 * HOUR, "1m")]).toEqual(["1d", "1m", "1h"]);
  });

  it("of states is a number", () => {
    const pump = { ...channel("pump", "", "state"), states: { "0": "off" } };
    expect([aggregated(pump, "mean").kind, aggregated(pump, "last").kind]).toEqual(["gauge", "state"]);
    expect(aggregated(channel("flow", "m³/h"), "count")).toMatchObject({ unit: "", precision: 0 });
  });
});
