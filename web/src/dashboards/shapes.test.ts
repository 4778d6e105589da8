import { describe, expect, it } from "vitest";
import { bandsOf, cellsOf, grown, scaleOf, shareOf } from "./shapes";

describe("bands of states", () => {
  it("are as long as the state was the same", () => {
    expect(bandsOf({ t: [0, 10, 20, 30], value: [1, 1, 2, 2], gap_ms: null }, 50, true)).toEqual([
      { from: 0, to: 20, value: 1 },
      { from: 20, to: 50, value: 2 },
    ]);
  });

  it("end where nothing was heard any more, if states do not hold by themselves", () => {
    expect(bandsOf({ t: [0, 10], value: [1, 1], gap_ms: 15 }, 100, false)).toEqual([
      { from: 0, to: 25, value: 1 },
      { from: 25, to: 100, value: null },
    ]);
  });
});

describe("cells of hours and days", () => {
  const at = (text: string) => Date.parse(text);

  it("lie in the hour of the zone", () => {
    const found = cellsOf([at("2026-01-01T02:00:00Z"), at("2026-01-01T03:00:00Z")], [5, 7], "America/Sao_Paulo");
    expect(found.days).toEqual(["2025-12-31", "2026-01-01"]);
    expect([found.means[0]?.[23], found.means[1]?.[0], found.means[1]?.[1]]).toEqual([5, 7, null]);
    expect([found.low, found.high]).toEqual([5, 7]);
  });

  it("take the mean of an hour that came twice", () => {
    const found = cellsOf([at("2026-11-01T05:00:00Z"), at("2026-11-01T06:00:00Z")], [4, 8], "America/New_York");
    expect(found.means[0]?.[1]).toBe(6);
  });
});

describe("amounts of a register", () => {
  it("are what it has grown, and nothing where it fell or is not known", () => {
    expect(grown([10, 12, null, 15, 3, 4])).toEqual([null, 2, null, null, null, 1]);
  });
});

describe("a scale", () => {
  it("ends where it is told, else where the channel's range does, else at a round number above the value", () => {
    const none = { low: null, high: null };
    expect(scaleOf(5, { low: 1, high: 9 }, { minimum: 0, maximum: 100 })).toEqual([1, 9]);
    expect(scaleOf(5, none, { minimum: -40, maximum: 250 })).toEqual([-40, 250]);
    expect(scaleOf(130, none, { minimum: null, maximum: null })).toEqual([0, 200]);
    expect(scaleOf(null, none, { minimum: 3, maximum: 3 })).toEqual([3, 4]);
  });

  it("shares no more than all of it", () => {
    expect([shareOf(5, 0, 10), shareOf(-1, 0, 10), shareOf(99, 0, 10), shareOf(1, 1, 1)]).toEqual([0.5, 0, 1, 0]);
  });
});
