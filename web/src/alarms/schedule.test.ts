import { describe, expect, it } from "vitest";
import { DAYS, periodsOf, stretchesOf } from "./schedule";

describe("the week's windows of a rule", () => {
  it("are for all days where none are named", () => {
    expect(periodsOf([{ from: "02:00", until: "05:00" }])).toEqual([{ days: [...DAYS], from: "02:00", until: "05:00" }]);
    expect(periodsOf(undefined)).toEqual([]);
  });

  it("go over midnight into the next day, also from Sunday to Monday", () => {
    const night = periodsOf([{ days: ["sun"], from: "18:00", until: "06:00" }]);
    expect(stretchesOf(night, "sun")).toEqual([[0.75, 1]]);
    expect(stretchesOf(night, "mon")).toEqual([[0, 0.25]]);
    expect(stretchesOf(night, "tue")).toEqual([]);
  });

  it("last the whole day from a time to the same time", () => {
    const whole = periodsOf([{ days: ["sat"] }]);
    expect([stretchesOf(whole, "sat"), stretchesOf(whole, "sun")]).toEqual([[[0, 1]], []]);
  });
});
