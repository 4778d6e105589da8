import { describe, expect, it } from "vitest";
import { frameOf, pathOf, spanAround } from "./around";

const MINUTE = 60_000;

describe("a chart around an anomaly", () => {
  it("shows twice as much before as the event is long, half an hour at least and a day at most", () => {
    expect(spanAround(100 * MINUTE, 101 * MINUTE, 1_000 * MINUTE)).toEqual({ from: 70 * MINUTE, to: 116 * MINUTE });
    expect(spanAround(10_000 * MINUTE, 15_000 * MINUTE, 15_100 * MINUTE)).toEqual({ from: (10_000 - 1_440) * MINUTE, to: 15_100 * MINUTE });
    expect(spanAround(100 * MINUTE, null, 120 * MINUTE).to).toBe(120 * MINUTE);
  });

  it("has room for all values and for the range in which they were expected", () => {
    const frame = frameOf({ t: [0, 1], value: [5, null] }, [10, 20], { from: 0, to: 10 });
    expect([frame.low < 5, frame.high > 20, frame.from, frame.to]).toEqual([true, true, 0, 10]);
  });

  it("breaks its curve where a value is missing and where time has a gap", () => {
    const frame = { from: 0, to: 10, low: 0, high: 10 };
    const path = pathOf({ t: [0, 1, 2, 3, 9], value: [0, 5, null, 5, 5] }, frame, 100, 100, 5);
    expect(path).toBe("M0.0 100.0L10.0 50.0M30.0 50.0M90.0 50.0");
  });
});
