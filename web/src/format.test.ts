import { beforeAll, describe, expect, it } from "vitest";
import { foreignZone, formatAge, formatBytes, formatNumber, formatTime, formatValue, presence } from "./format";
import { loadTexts, translate } from "./i18n";
import { Rhythm } from "./live/rhythm";

const t = (key: Parameters<typeof translate>[1], values?: Record<string, string | number>) => translate("en", key, values);
beforeAll(() => loadTexts("en"));

const own = (text: string | Record<string, string>) => (typeof text === "string" ? text : (text.pt ?? ""));

describe("values", () => {
  it("have the channel's decimals and the language's separators", () => {
    expect(formatNumber(1234.5, 2, "pt-BR")).toBe("1.234,50");
    expect(formatNumber(1234.5, 2, "en")).toBe("1,234.50");
    expect(formatNumber(0.000123456789, null, "en")).toBe("0.000123457");
  });

  it("are no rounder than a register, whatever their size", () => {
    const plain = (value: number) => formatNumber(value, null, "pt-BR");
    expect([12_345_678, 123_456.789, 1_234.5678, 12.3456789, 0.1 + 0.2].map(plain)).toEqual(["12.345.678", "123.456,789", "1.234,568", "12,3457", "0,3"]);
  });

  it("have an exponent where digits would have no room, and no sign for nothing", () => {
    expect([1e300, -2.5e15, 1e-12].map((value) => formatNumber(value, null, "en"))).toEqual(["1E300", "-2.5E15", "1E-12"]);
    expect([formatNumber(1e300, 2, "en"), formatNumber(-0.001, 2, "en"), formatNumber(-0, null, "en")]).toEqual(["1E300", "0.00", "0"]);
  });

  it("are a state's text, and a dash for a failed read", () => {
    const state = { kind: "state", precision: null, states: { "1": { pt: "ligada", en: "running" } } } as const;
    expect(formatValue(1, state, "pt-BR", own)).toBe("ligada");
    expect(formatValue(7, state, "pt-BR", own)).toBe("7");
    expect(formatValue(null, state, "pt-BR", own)).toBe("—");
  });
});

describe("ages", () => {
  it("are told in the largest unit that fits", () => {
    expect([500, 30_000, 600_000, 7_200_000, 400_000_000].map((age) => formatAge(age, t))).toEqual(["now", "30 s ago", "10 min ago", "2 h ago", "5 d ago"]);
  });

  it("tell whether a device still speaks, by the rhythm it usually has", () => {
    const now = 100_000_000;
    const seen = (ageS: number, intervalS?: number) => presence(now - ageS * 1000, now, intervalS === undefined ? undefined : intervalS * 1000);
    expect(presence(undefined, now)).toBe("never");
    expect([seen(1), seen(300), seen(700), seen(9_000)]).toEqual(["live", "live", "late", "silent"]);
    expect([seen(50, 1), seen(70, 1)]).toEqual(["live", "late"]);
    expect([seen(500, 180), seen(600, 180)]).toEqual(["live", "late"]);
    expect(seen(9_000, 3_600)).toBe("live");
  });
});

describe("a rhythm", () => {
  const learnt = (...times: number[]) => {
    const rhythm = new Rhythm();
    times.forEach((at) => rhythm.beat(at));
    return rhythm.intervalMs;
  };

  it("is the median of the last distances, so that one pause changes nothing", () => {
    expect(learnt(0, 5_000, 10_000, 95_000, 100_000)).toBe(5_000);
  });

  it("is unknown until there are a few readings", () => {
    expect([learnt(), learnt(0), learnt(0, 10)]).toEqual([undefined, undefined, undefined]);
  });
});

it("times of another zone say which one it is", () => {
  const at = Date.UTC(2026, 6, 4, 15, 30);
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  expect(formatTime(at, "en", here)).toBe(formatTime(at, "en"));
  expect([foreignZone(at, "en", here), foreignZone(at, "en", "Pacific/Kiritimati")]).toEqual(["", "GMT+14"]);
  expect(formatTime(at, "en", "Pacific/Kiritimati")).toBe("7/5/26, 5:30:00 AM GMT+14");
});

it("sizes are binary", () => {
  expect([0, 1536, 5 * 1024 ** 3].map((size) => formatBytes(size, "en"))).toEqual(["0 B", "1.5 KiB", "5 GiB"]);
});
