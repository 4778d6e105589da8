import { describe, expect, it } from "vitest";
import { intervalsOf, lookOf, scaleOf, shownLabels } from "./bars";

describe("bars", () => {
  it("are made of columns with one more time than amounts", () => {
    const [first, second] = intervalsOf({ t: [0, 10, 20], amount: [1.5, null], quality: ["good", "bad"], coverage: [1, 0] });
    expect(first).toEqual({ from: 0, to: 10, amount: 1.5, quality: "good", coverage: 1, suspect: false });
    expect(second?.amount).toBeNull();
  });

  it("show how good they are", () => {
    const of = (quality: string) => lookOf({ from: 0, to: 1, amount: 1, quality, coverage: 1 });
    expect(lookOf({ from: 0, to: 1, amount: 1, quality: "good", coverage: 1, suspect: true })).toBe("uncertain");
    expect(["good", "manual", "estimated", "substituted", "uncertain", "something new"].map(of)).toEqual(["measured", "measured", "estimated", "edited", "uncertain", "uncertain"]);
  });

  it.each([
    [[0, 12.3, null], [0, 5, 10, 15]],
    [[0.02, 0.04], [0, 0.01, 0.02, 0.03, 0.04]],
    [[-0.4, 1.2], [-0.5, 0, 0.5, 1, 1.5]],
    [[-3], [-3, -2, -1, 0]],
    [[], [0, 0.5, 1]],
    [[null, 0], [0, 0.5, 1]],
  ])("stand on a scale of round numbers: %j", (amounts, ticks) => {
    const found = scaleOf(amounts).ticks;
    expect(found).toHaveLength(ticks.length);
    found.forEach((one, index) => expect(one).toBeCloseTo(ticks[index] ?? NaN));
  });

  it("leave out labels that have no room", () => {
    expect(shownLabels(31, 40, 20)).toBe(1);
    expect(shownLabels(31, 10, 20)).toBe(2);
  });
});
