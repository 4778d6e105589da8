import { describe, expect, it } from "vitest";
import { flowOf, isLevel, numberOf } from "./law";

const nineInches = { k: 0.5354, n: 1.53, zero: 0, cutOff: 0 };

describe("a flume", () => {
  it("tells the flow of a level", () => {
    expect(flowOf(nineInches, 0.25)).toBeCloseTo(64.199, 2);
    expect(flowOf({ ...nineInches, zero: 0.02 }, 0.27)).toBeCloseTo(64.199, 2);
    expect(flowOf({ ...nineInches, cutOff: 0.01 }, 0.01)).toBe(0);
    expect(flowOf(nineInches, -0.1)).toBe(0);
    expect(flowOf(nineInches, null)).toBeNull();
  });

  it("is fed by channels that measure a level", () => {
    expect(isLevel({ kind: "gauge", unit: "cm" })).toBe(true);
    expect(isLevel({ kind: "gauge", unit: "m³" })).toBe(false);
    expect(isLevel({ kind: "counter", unit: "m" })).toBe(false);
  });

  it("reads numbers as people write them", () => {
    expect(numberOf("0,25")).toBe(0.25);
    expect(numberOf("")).toBeNull();
    expect(numberOf("a")).toBeNull();
  });
});
