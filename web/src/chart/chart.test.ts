import { describe, expect, it } from "vitest";
import { moved, spanOf, untilNow, zoomed } from "./range";
import { drawn } from "./growing";
import { merged } from "./merging";
import { doubtOf, flawAt, flaws, gapsIn, lonely, type Points, withTail } from "./series";

const points = (t: number[], shortestGap = 0): Points => ({ t, value: t.map((at) => at / 10), quality: t.map(() => "good"), shortestGap });

describe("points", () => {
  const every = (interval: number, from: number, to: number) => Array.from({ length: (to - from) / interval }, (_, n) => from + n * interval);
  const holes = (t: number[]) => gapsIn(t).flatMap((isGap, index) => (isGap ? [`${t[index]}-${t[index + 1]}`] : []));

  it("have a hole where none came for much longer than usual", () => {
    const holed = drawn(points([0, 10_000, 100_000, 110_000]), []);
    expect(holed.x).toEqual([0, 10, 55, 100, 110]);
    expect(holed.value).toEqual([0, 1_000, null, 10_000, 11_000]);
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
    const band = (shortest: number) => drawn({ ...points(t, shortest), min: t.map(() => 0), max: t.map(() => 1) }, []).min?.length;
    expect([band(30), band(60)]).toEqual([7, 6]);
    const pairs = every(4_800, 0, 48_000).flatMap((at) => [at, at + 600]);
    expect(drawn(points(pairs, 10_000), []).x).toEqual(pairs.map((at) => at / 1_000));
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

describe("growing points", () => {
  const every = (interval: number, from: number, to: number) => Array.from({ length: (to - from) / interval }, (_, n) => from + n * interval);
  const tail = (t: number[]) => t.map((at) => ({ t: at, value: at / 10, quality: "good" }));

  it("are what they would be if all had been stored at once, wherever the live part begins", () => {
    const t = [...every(1_000, 0, 40_000), ...every(1_000, 60_000, 90_000), ...every(100, 90_000, 95_000)];
    const whole = drawn(points(t), []);
    expect(whole.value.filter((one) => one === null)).toHaveLength(1);
    for (const cut of [1, 5, 20, 39, 40, 41, 60, 80, 110]) expect(drawn(points(t.slice(0, cut)), tail(t))).toEqual(whole);
  });

  it("tell what is not good of either part", () => {
    const stored = { ...points([0, 10]), quality: ["good", "estimated"] };
    const grown = drawn(stored, [{ t: 20, value: null, quality: "sensor_failure" }]);
    expect(grown.flaws.map(({ t, doubt }) => [t, doubt])).toEqual([[10, "estimated"], [20, "bad"]]);
  });
});

describe("tables of different times", () => {
  it("share one axis, and break a line only where its own gap is", () => {
    const data = merged([
      { x: [1, 3, 4, 5], columns: [[10, null, null, 50]] },
      { x: [2, 3, 4.5], columns: [[20, 30, 40]] },
    ]);
    expect(data).toEqual([
      [1, 2, 3, 4, 4.5, 5],
      [10, null, null, null, null, 50],
      [undefined, 20, 30, undefined, 40, undefined],
    ]);
  });

  it("are taken as they are where their times are the same", () => {
    const [x, one, other] = [[1, 2], [10, 20], [30, 40]];
    expect(merged([{ x, columns: [one] }, { x: [1, 2], columns: [other] }])[2]).toBe(other);
  });
});

describe("what is not good", () => {
  it("was estimated, is suspect, or is bad", () => {
    expect(["estimated", "substituted", "uncertain", "no_communication", "manual", "good"].map(doubtOf)).toEqual(["estimated", "estimated", "suspect", "bad", null, null]);
  });

  it("is found by its time", () => {
    const found = flaws({ t: [0, 10, 20, 30], value: [1, 2, 3, 4], quality: ["bad", "good", "uncertain", "estimated"] });
    expect([0, 10, 20.0000001, 30, 31].map((at) => flawAt(found, at)?.quality)).toEqual(["bad", undefined, "uncertain", "estimated", undefined]);
    expect(flawAt([], 0)).toBeUndefined();
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

  it("end now at the latest, as long as they are", () => {
    expect(untilNow({ from: now - 10, to: now + 5, live: false }, now)).toEqual({ from: now - 15, to: now, live: false });
  });

  it("never reach into the future when they grow", () => {
    expect(zoomed(spanOf("1h", now), 2, now).to).toBe(now);
    expect(zoomed(spanOf("1h", now), 0.5, now)).toEqual({ from: now - 2_700_000, to: now - 900_000, live: false });
  });
});
