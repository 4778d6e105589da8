import { describe, expect, it } from "vitest";
import { duplicated, isComplete, newWidget, tidied, without, withoutSeries, withoutVariable } from "./kinds";
import { type Document, KINDS, type Of } from "./types";

const empty: Document = { format: 1, variables: [], widgets: [] };

describe("widgets as they begin", () => {
  it("have a place of their own and an id that nothing else has", () => {
    let made = empty;
    for (const kind of KINDS) made = { ...made, widgets: [...made.widgets, newWidget(made, kind)] };
    expect(new Set(made.widgets.map(({ id }) => id)).size).toBe(KINDS.length);
    expect(made.widgets.every(({ x, w }) => x + w <= 12)).toBe(true);
  });

  it("wait for what they are to show", () => {
    expect(KINDS.filter((kind) => isComplete(newWidget(empty, kind)))).toEqual(["alarms", "plant", "map", "text"]);
  });

  it("are duplicated beside, and what is below rises when they go", () => {
    const one: Document = { ...empty, widgets: [newWidget(empty, "text")] };
    const two = duplicated(one, "w1");
    expect(two.widgets.map(({ id, x, y }) => [id, x, y])).toEqual([["w1", 0, 0], ["w2", 4, 0]]);
    const below = { ...two, widgets: two.widgets.map((widget) => (widget.id === "w2" ? { ...widget, x: 0, y: 3 } : widget)) };
    expect(without(below, "w1").widgets.map(({ id, y }) => [id, y])).toEqual([["w2", 0]]);
    expect(duplicated(one, "nobody")).toBe(one);
  });

  it("calculate of the same series when another is taken out, and nothing as bars", () => {
    const series = ["in", "out", "level"].map((channel) => ({ device: "tank", channel }));
    const chart = { ...newWidget(empty, "chart"), series, calculated: [{ name: "Loss", unit: "", formula: "a - c" }] } as Of<"chart">;
    expect(isComplete(chart)).toBe(true);
    expect(withoutSeries(chart, 1)).toMatchObject({ series: [series[0], series[2]], calculated: [{ formula: "a - b" }] });
    expect(withoutSeries(chart, 2).calculated[0]?.formula).toBe("a - ?");
    expect(isComplete({ ...chart, calculated: [{ name: "Loss", unit: "", formula: " " }] })).toBe(false);
    expect([tidied(chart), tidied({ ...chart, look: "bar" })]).toEqual([chart, { ...chart, look: "bar", calculated: [] }]);
  });

  it("keep what a variable stood for when it is taken away", () => {
    const variable = { kind: "device", key: "pump", name: "", profile: "", device: "pump-1" } as const;
    const given: Document = { ...empty, variables: [variable], widgets: [newWidget({ ...empty, variables: [variable] }, "value")] };
    const { variables, widgets } = withoutVariable(given, variable);
    expect(variables).toEqual([]);
    expect(widgets[0]).toMatchObject({ series: { device: "pump-1" } });
  });
});
