import { describe, expect, it } from "vitest";
import { lettersIn, narrowed, withoutPlace } from "./formulas";

describe("a formula", () => {
  it("names series by letters, and functions are none", () => {
    expect(lettersIn("max(a, c) / 1e3 + c * abs (b)")).toEqual(["a", "c", "b"]);
  });

  it("still means the same series when another goes, and waits for one that is gone", () => {
    expect([withoutPlace("max(a, c) / c", 1), withoutPlace("c - b", 1)]).toEqual(["max(a, b) / b", "b - ?"]);
  });

  it("is narrowed to the series that it names", () => {
    expect(narrowed("d / max(b, 1)", ["one", "two", "three", "four"])).toEqual({ formula: "a / max(b, 1)", series: ["four", "two"] });
    expect([narrowed("a - c", ["one", "two"]), narrowed("1 + 1", ["one"])]).toEqual([null, null]);
  });
});
