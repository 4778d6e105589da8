import { describe, expect, it } from "vitest";
import { moved, spanOf, zoomed } from "./range";
import { gapsIn, lonely, type Points, withGaps, withTail } from "./series";

const points = (t: number[], shortestGap = 0): Points => ({ t, value: t.map((at) => at / 10), quality: t.map(() => "good"), shortestGap });

describe("points", () => {
  const every = (interval: number, from: number, to: number) => Array.from({ length: (to - from) / interval }, (_, n) => from + n * interval);
  const holes = (t: number[]) => gapsIn(t).flatMap((isGap, index) => (isGap ? [`${t[index]}-${t[index + 1]}`] : []));

  it("have a hole where none came for much longer than usual", () => {
    const holed = withGaps(points([0, 10, 100, 110]));
    expect(holed.t).toEqual([0, 10, 55, 100, 110]);
    expect(holed.value).toEqual([0, 1, null, 10, 11]);
    expect(holes([...every(5, 0, 100), ...every(5, 600, 700)])).toEqual(["95-600"]);
  });

  it("have none where only the rhythm changes, in either direction", () => {
    const [slow, fast] = [every(60, 0, 600), every(5, 600, 6_000)];
    expect(holes([...slow, ...fast])).toEqual([]);
    expect(holes([...every(5, 0, 6_000), ...every(60, 6_000, 6_600)])).toEqual([]);
    expect(holes([...every(60, 0, 600), ...every(5, 900, 1_000)])).toEqual(["540-900"]);
    expect(holes([...slow, ...every(5, 600, 700), ...every(5, 1_000, 1_100), ...every(60, 1_100, 1_700)])).toEqual(["695-1000"]);
  });

  it("have none where a few slow ones lead to fast ones", () => {
    expect(holes([0, 900, 1_800, 2_700, ...every(5, 2_940, 3_000)])).toEqual([]);
    expect(holes([...every(5, 0, 60), 300, 1_200, 2_100])).toEqual([]);
  });

  it("have a hole on both sides of one that stands alone, and at the ends", () => {
    expect(holes([...every(5, 0, 50), 600, ...every(5, 1_200, 1_250)])).toEqual(["45-600", "600-1200"]);
    expect(holes([0, ...every(5, 600, 650), 2_000])).toEqual(["0-600", "645-2000"]);
  });

  it("are too few to tell a gap when there are one or two", () => {
    expect([holes([]), holes([0]), holes([0, 1_000])]).toEqual([[], [], []]);
  });

  it("have no hole that is not wanted so short", () => {
    const t = [0, 10, 20, 60, 70, 80];
    const band = (shortest: number) => withGaps({ ...points(t, shortest), min: t.map(() => 0), max: t.map(() => 1) }).t.length;
    expect([band(30), band(60)]).toEqual([7, 6]);
    const pairs = every(4_800, 0, 48_000).flatMap((at) => [at, at + 600]);
    expect(withGaps(points(pairs, 10_000)).t).toEqual(pairs);
  });

  it("are marked one by one only where no line leads to them", () => {
    expect(lonely([1, 2, null, 3, null, 4, undefined, 5])).toEqual([3]);
    expect(lonely([undefined, 1, undefined, null, undefined, 2])).toEqual([1, 5]);
  });

  it("go on with what came live, and only with what is newer", () => {
    const grown = withTail(points([0, 10]), [
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
