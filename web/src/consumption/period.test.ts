import { describe, expect, it } from "vitest";
import { dayAt, edges, inside, intervalName, isDay, moved, newestDay, periodOf, seenAs, titleOf } from "./period";

describe("a period", () => {
  it("holds the day that it was made of", () => {
    expect(periodOf("day", "2026-02-17")).toEqual({ view: "day", at: "2026-02-17" });
    expect(periodOf("month", "2026-02-17")).toEqual({ view: "month", at: "2026-02-01" });
    expect(periodOf("year", "2026-02-17")).toEqual({ view: "year", at: "2026-01-01" });
  });

  it("that goes on is seen more closely at today, one that is over at its begin", () => {
    expect(seenAs("day", periodOf("month", "2026-02-17"), "2026-02-17")).toEqual({ view: "day", at: "2026-02-17" });
    expect(seenAs("month", periodOf("year", "2026-02-17"), "2026-02-17")).toEqual({ view: "month", at: "2026-02-01" });
    expect(seenAs("day", periodOf("month", "2026-01-17"), "2026-02-17")).toEqual({ view: "day", at: "2026-01-01" });
    expect(seenAs("month", periodOf("day", "2026-01-17"), "2026-02-17")).toEqual({ view: "month", at: "2026-01-01" });
  });

  it("is followed by the next one, over the end of months and years", () => {
    expect(moved(periodOf("day", "2024-02-28"), 1).at).toBe("2024-02-29");
    expect(moved(periodOf("month", "2025-12-31"), 1).at).toBe("2026-01-01");
    expect(moved(periodOf("year", "2026-05-05"), -1).at).toBe("2025-01-01");
    expect(edges(periodOf("month", "2026-02-17"))).toEqual({ from: "2026-02-01", to: "2026-03-01" });
  });

  it("opens into the one below it", () => {
    expect(inside(periodOf("year", "2026-02-17"), "2026-03-01")).toEqual({ view: "month", at: "2026-03-01" });
    expect(inside(periodOf("month", "2026-02-17"), "2026-02-05")).toEqual({ view: "day", at: "2026-02-05" });
    expect(inside(periodOf("day", "2026-02-17"), "2026-02-17")).toBeNull();
  });

  it("is told from an address that was typed by hand", () => {
    expect(isDay("2026-02-17")).toBe(true);
    for (const wrong of ["2026-2-17", "2026-13-01", 20260217, undefined]) expect(isDay(wrong)).toBe(false);
  });
});

describe("names", () => {
  const midnight = Date.UTC(2026, 0, 15, 3);
  it("are local to the meter", () => {
    expect(dayAt(midnight - 1, "America/Sao_Paulo")).toBe("2026-01-14");
    expect(dayAt(midnight, "America/Sao_Paulo")).toBe("2026-01-15");
    expect(intervalName("day", midnight, "pt-BR", "America/Sao_Paulo", false)).toBe("00:00");
    expect(intervalName("month", midnight, "pt-BR", "America/Sao_Paulo", true)).toBe("15");
  });

  it("are in the person's language", () => {
    expect(titleOf(periodOf("month", "2026-01-15"), "pt-BR")).toBe("janeiro de 2026");
    expect(titleOf(periodOf("month", "2026-01-15"), "en")).toBe("January 2026");
  });
});

it("takes for today the newest day that has begun where one of the meters stands, wherever who looks is", () => {
  const evening = Date.parse("2026-07-01T01:30:00Z");
  expect(newestDay(evening, ["America/Sao_Paulo"])).toBe("2026-06-30");
  expect(newestDay(evening, ["America/Sao_Paulo", "America/Noronha", "Europe/Lisbon"])).toBe("2026-07-01");
  expect(newestDay(evening, [])).toBe(dayAt(evening, Intl.DateTimeFormat().resolvedOptions().timeZone));
});
