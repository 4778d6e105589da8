import { describe, expect, it } from "vitest";
import { moved, spanOf, zoomed } from "./range";
import { type Points, withGaps, withTail } from "./series";

const points = (t: number[], gapMs: number | null): Points => ({ t, value: t.map((at) => at / 10), quality: t.map(() => "good"), gapMs });

describe("points", () => {
  it("have a hole where the time between them is longer than the gap", () => {
    const holed = withGaps(points([0, 10, 100, 110], 30));
    expect(holed.t).toEqual([0, 10, 25, 100, 110]);
    expect(holed.value).toEqual([0, 1, null, 10, 11]);
  });

  it("go on with what came live, and only with what is newer", () => {
    const grown = withTail(points([0, 10], null), [
      { t: 5, value: 9, quality: "good" },
      { t: 10, value: 9, quality: "good" },
      { t: 20, value: 2, quality: "bad" },
    ]);
    expect(grown.t).toEqual([0, 10, 20]);
    expect(grown.quality.at(-1)).toBe("bad");
  });
});

describe("spans", () => {
  const now = 1_000_000_000;

  it("follow the present until they are moved", () => {
    const span = spanOf("1h", now);
    expect(span).toEqual({ from: now - 3_600_000, to: now, live: true });
    expect(moved(span, 0.5, now)).toEqual({ ...span, live: false });
    expect(moved(span, -0.5, now).to).toBe(now - 1_800_000);
  });

  it("never reach into the future when they grow", () => {
    expect(zoomed(spanOf("1h", now), 2, now).to).toBe(now);
    expect(zoomed(spanOf("1h", now), 0.5, now)).toEqual({ from: now - 2_700_000, to: now - 900_000, live: false });
  });
});
