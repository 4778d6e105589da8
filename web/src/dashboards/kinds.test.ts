import { describe, expect, it } from "vitest";
import { duplicated, isComplete, newWidget, without, withoutVariable } from "./kinds";
import { type Document, KINDS } from "./types";

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

  it("keep what a variable stood for when it is taken away", () => {
    const variable = { kind: "device", key: "pump", name: "", profile: "", device: "pump-1" } as const;
    const given: Document = { ...empty, variables: [variable], widgets: [newWidget({ ...empty, variables: [variable] }, "value")] };
    const { variables, widgets } = withoutVariable(given, variable);
    expect(variables).toEqual([]);
    expect(widgets[0]).toMatchObject({ series: { device: "pump-1" } });
  });
});
