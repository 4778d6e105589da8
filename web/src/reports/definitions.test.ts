import { describe, expect, it } from "vitest";
import { fitting, heeds, scheduleOf, schedules, words } from "./definitions";

describe("what a report is asked for", () => {
  it("keeps a step that the kind knows and takes the usual one otherwise", () => {
    expect(fitting("flow", "raw")).toBe("raw");
    expect(fitting("consumption", "raw")).toBe("1d");
    expect(fitting("data_quality", "1h")).toBe("1d");
  });

  it("knows by what a report can be made smaller", () => {
    expect(heeds("water_balance", "devices")).toBe(false);
    expect(heeds("alarms", "devices")).toBe(true);
    expect(heeds("alarms", "qualities")).toBe(false);
    expect(heeds("consumption", "channels")).toBe(true);
  });

  it("knows the usual schedules by their cron", () => {
    expect(scheduleOf(schedules.weekly)).toBe("weekly");
    expect(scheduleOf("")).toBe("never");
    expect(scheduleOf("30 6 * * 2")).toBe("other");
  });

  it("reads addresses however they are parted", () => {
    expect(words("ana@example.org, rui@example.org;\nana@example.org ")).toEqual(["ana@example.org", "rui@example.org"]);
    expect(words("  ")).toEqual([]);
  });
});
