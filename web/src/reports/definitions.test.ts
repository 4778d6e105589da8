import { describe, expect, it } from "vitest";
import { channelChoices, deviceChoices, fitting, heeds, relatives, scheduleOf, schedules, speaksOfWeeks, weekBegins, weekText, words } from "./definitions";

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

  it("offers devices and channels by name, and keeps what was chosen before", () => {
    const found = [
      { key: "p1", name: "Bomba 1", channels: [{ key: "flow", name: "Vazão", unit: "m³/h" }, { key: "on", name: "", unit: "" }] },
      { key: "p2", name: "", channels: [{ key: "level", name: "Nível", unit: "m" }] },
    ];
    expect(deviceChoices(found, ["old"]).map(({ label }) => label)).toEqual(["Bomba 1 (p1)", "p2", "old"]);
    const title = (name: unknown) => String(name);
    expect(channelChoices(found, [], [], title).map(({ value }) => value)).toEqual(["flow", "on", "level"]);
    expect(channelChoices(found, ["p1"], ["gone"], title).map(({ label }) => label)).toEqual(["Vazão (flow), m³/h", "on", "gone"]);
  });

  it("has weeks that begin as they do where the person is, and says on which days", () => {
    expect(["pt-BR", "en-GB", "ar-EG"].map(weekBegins)).toEqual(["sunday", "monday", "saturday"]);
    expect(weekText("sunday", "en")).toBe("Sun – Sat");
    expect(weekText("monday", "pt-BR")).toBe("seg. – dom.");
    expect(relatives.filter(speaksOfWeeks)).toEqual(["last_week", "this_week"]);
  });

  it("reads addresses however they are parted", () => {
    expect(words("ana@example.org, rui@example.org;\nana@example.org ")).toEqual(["ana@example.org", "rui@example.org"]);
    expect(words("  ")).toEqual([]);
  });
});
