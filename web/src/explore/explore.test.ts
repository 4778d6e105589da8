import { describe, expect, it } from "vitest";
import { asRule, searchOf, seriesIn, withoutSeries, withSeries, written } from "./address";
import { momentOf, shiftOf, wallOf } from "./zoned";

describe("the address", () => {
  const [first, second, third] = [{ device: "a", channel: "flow" }, { device: "b", channel: "pH, raw" }, { device: "c.1", channel: "50%/h" }] as const;
  const three = [first, second, third];

  it("names series, whatever their channels are called", () => {
    expect(seriesIn(written(three))).toEqual(three);
    expect(seriesIn("a/flow,a/flow,nothing,/x,y/")).toEqual([first]);
  });

  it("gains a series once", () => {
    const one = withSeries({ range: "1h" }, { device: "a", channel: "flow" });
    expect(one).toEqual({ range: "1h", s: "a/flow" });
    expect(withSeries(one, { device: "a", channel: "flow" })).toEqual(one);
  });

  it("loses a series with what was calculated from it; other formulas still mean the same", () => {
    const sum = { name: "sum", unit: "", formula: "max(a, c) / 2" };
    const search = { s: written(three), f: [sum, { name: "b twice", unit: "", formula: "2 * b" }] };
    expect(withoutSeries(search, { device: "b", channel: "pH, raw" })).toEqual({ s: written([first, third]), f: [{ ...sum, formula: "max(a, b) / 2" }] });
  });

  it("keeps what can be used of what is given", () => {
    expect(searchOf({ s: "a/flow", range: "7d", past: "week", zone: "America/Sao_Paulo", from: 5, to: 1, table: "yes" })).toEqual({ s: "a/flow", range: "7d", past: "week", zone: "America/Sao_Paulo" });
    expect(searchOf({ s: 5, f: [{ name: "x" }], zone: "Nowhere/At_All", past: "century" })).toEqual({});
  });

  it("gives a rule the formula with the keys of one device's channels, and none over several", () => {
    const of = [{ device: "a", channel: "flow" }, { device: "a", channel: "ph-1" }, { device: "b", channel: "flow" }];
    expect(asRule("mean(a, b) > 5", of)).toEqual({ device: "a", formula: "mean(flow, [ph-1]) > 5" });
    expect([asRule("a - c", of), asRule("z", of)]).toEqual([null, null]);
  });
});

describe("a zone's clock", () => {
  const zone = "America/New_York"; // has summer time

  it("shows a time, and the time is found again", () => {
    for (const at of ["2026-01-31T12:00:00Z", "2026-07-01T03:30:00Z", "2026-03-08T07:00:00Z", "2026-11-01T05:30:00Z"]) expect(momentOf(wallOf(Date.parse(at), zone), zone)).toBe(Date.parse(at));
    expect(momentOf("soon", zone)).toBeNaN();
  });

  it("goes back by days and months as long as they are", () => {
    const hours = (ms: number) => ms / 3_600_000;
    const noon = (day: string) => momentOf(`${day}T12:00:00`, zone);
    expect(hours(shiftOf(noon("2026-03-08"), "day", zone))).toBe(23);
    expect(hours(shiftOf(noon("2026-11-01"), "week", zone))).toBe(7 * 24 + 1);
    expect(wallOf(noon("2026-03-31") - shiftOf(noon("2026-03-31"), "month", zone), zone)).toBe("2026-02-28T12:00:00");
    expect(wallOf(noon("2028-02-29") - shiftOf(noon("2028-02-29"), "year", zone), zone)).toBe("2027-02-28T12:00:00");
    expect(wallOf(noon("2026-01-15") - shiftOf(noon("2026-01-15"), "month", zone), zone)).toBe("2025-12-15T12:00:00");
  });
});
